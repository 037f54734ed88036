// Package sessionlogin opens sessions by username and password.
package sessionlogin

import (
	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
)

// Module opens sessions.
var Module = fxcell.Slice(meta.SessionLogin,
	fxcell.Provide(New),
	contract.Publish(accessapi.SessionCreatedV1),
	contract.Serve(accessapi.LoginV1, (*Service).Login),
)
