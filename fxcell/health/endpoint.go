package health

import "net/http"

// Endpoint is one path of the ops listener, for operators and their machines only. Runtime modules feed it into the group fxcell.ops.
type Endpoint struct {
	// Path is unique in an app, e.g. /readyz.
	Path string
	// Handler answers whatever method comes. It is safe for concurrent use.
	Handler http.Handler
}
