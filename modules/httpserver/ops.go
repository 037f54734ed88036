package httpserver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/log"
	"fxcell.dev/fxcell/problem"
)

// Ops answers the requests of the ops listener. It is safe for concurrent use.
type Ops struct {
	endpoints map[string]http.Handler
	log       *zap.Logger
}

// NewOps returns a handler of the endpoints. Two of one path are refused.
func NewOps(endpoints []health.Endpoint, logger *zap.Logger) (*Ops, error) {
	o := &Ops{map[string]http.Handler{}, logger}
	var errs []error
	for _, e := range endpoints {
		switch _, taken := o.endpoints[e.Path]; {
		case !strings.HasPrefix(e.Path, "/") || e.Handler == nil:
			errs = append(errs, fmt.Errorf("modules/httpserver: the ops endpoint %q has no path that starts with /, or no handler", e.Path))
		case taken:
			errs = append(errs, fmt.Errorf("modules/httpserver: two ops endpoints have the path %s: one of them needs another", e.Path))
		}
		o.endpoints[e.Path] = e.Handler
	}
	return o, errors.Join(errs...)
}

// ServeHTTP implements http.Handler. Probes come every few seconds, so there is no access log.
func (o *Ops) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ids := idsOf(r.Header)
	a := newAnswer(w, r, ids)
	ctx := log.WithIDs(r.Context(), ids)
	defer a.finish()
	defer rescue(a, log.For(ctx, o.log), ids.Request)
	endpoint, ok := o.endpoints[r.URL.Path]
	if !ok {
		problem.Write(a, problem.New(problem.NotFound, ""), ids.Request)
		return
	}
	endpoint.ServeHTTP(a, r.WithContext(ctx))
}
