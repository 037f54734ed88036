package health_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"go.uber.org/zap"

	port "fxcell.dev/fxcell/health"
	"fxcell.dev/modules/health"
)

// An app stays ready while a check fails that is not critical, and is not ready before its start and from its stop on. In an app the checks come by
// the group fxcell.checks, and Module calls the rest.
func ExampleChecker_Endpoints() {
	checker, err := health.New(health.Config{}, zap.NewNop())
	if err != nil {
		fmt.Println(err)
		return
	}
	err = checker.Watch([]port.Check{
		{Name: "infra/postgres", Critical: true, Probe: func(context.Context) error { return nil }},
		{Name: "cells/order/stock/backlog", Probe: func(context.Context) error { return errors.New("two thousand orders behind") }},
	})
	fmt.Println(err)
	ask := func(path string) {
		for _, e := range checker.Endpoints() {
			if e.Path == path {
				w := httptest.NewRecorder()
				e.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody)) //nolint:noctx // nothing ends it
				fmt.Println(path, w.Code, w.Body)
			}
		}
	}
	ask("/readyz")
	checker.Ready()
	ask("/readyz")
	checker.Drain()
	ask("/readyz")
	ask("/healthz")
	// Output:
	// <nil>
	// /readyz 503 {"status":"starting"}
	// /readyz 200 {"status":"degraded","checks":[{"name":"cells/order/stock/backlog","critical":false,"status":"failing","reason":"two thousand orders behind"},{"name":"infra/postgres","critical":true,"status":"passing"}]}
	// /readyz 503 {"status":"draining"}
	// /healthz 200 {"status":"alive"}
}
