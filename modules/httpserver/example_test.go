package httpserver_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/modules/httpserver"
)

type greeting struct {
	Text string `json:"text"`
}

type greeter struct{}

// Greet is what the contract's route calls.
func (greeter) Greet(_ context.Context, r byID) (greeting, error) {
	return greeting{"hello " + r.ID}, nil
}

// greetV1 is generated from the contract's files in a cell of yours.
var greetV1 = contract.HTTP[byID, greeting]{
	ID: "http.greet.v1", Owner: "hall", Level: level.L0, Method: http.MethodGet, Path: "/api/v1/greetings/{id}", Policy: "public",
	Parameters: []contract.Parameter{{Name: "id", In: "path", Schema: `{"type": "string", "maxLength": 8}`}},
}

// The handler answers what the cells of an assembly serve, and by itself what nobody serves. An app that lists Module gets it on a listener.
func ExampleNewHandler() {
	hall := fxcell.Cell(fxcell.CellMeta{ID: "hall", Level: level.L0}, fxcell.Slice(fxcell.SliceMeta{ID: "greet", Cell: "hall", Serves: []string{greetV1.ID}},
		fxcell.Provide(func() greeter { return greeter{} }), contract.Serve(greetV1, greeter.Greet)))
	var routes []contract.Route
	app := fx.New(fx.NopLogger, fxcell.Assembly("hall", durability.Demo, hall, fx.Provide(zap.NewNop)), fx.Invoke(func(in routesIn) { routes = in.Routes }))
	handler, err := httpserver.NewHandler(httpserver.Config{}, routes, callers{}, zap.NewNop(), noop.NewTracerProvider().Tracer(""))
	fmt.Println(app.Err(), err)
	for _, request := range [][2]string{
		{http.MethodGet, "/api/v1/greetings/ada"},
		{http.MethodHead, "/api/v1/greetings/ada"},
		{http.MethodGet, "/api/v1/greetings/somebody-else"},
		{http.MethodPost, "/api/v1/greetings/ada"},
		{http.MethodGet, "//api/v1/greetings/ada"},
	} {
		r := httptest.NewRequest(request[0], "http://example.org"+request[1], http.NoBody) //nolint:noctx // nothing ends it
		r.Header.Set("X-Request-Id", "r-1")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Printf("%d %q %s.\n", w.Code, w.Header().Get("Allow"), w.Body)
	}
	// Output:
	// <nil> <nil>
	// 200 "" {"data":{"text":"hello ada"}}.
	// 200 "" .
	// 400 "" {"type":"about:blank","title":"The request does not fit its contract","status":400,"detail":"The request has faults.","code":"ERR_REQUEST_INVALID","requestId":"r-1","errors":[{"pointer":"","in":"path","name":"id","rule":"maxLength","message":"must have at most 8 characters"}]}.
	// 405 "GET, HEAD, OPTIONS" {"type":"about:blank","title":"The method is not allowed here","status":405,"detail":"The header Allow lists the methods of this path.","code":"ERR_METHOD_NOT_ALLOWED","requestId":"r-1"}.
	// 404 "" {"type":"about:blank","title":"There is nothing here","status":404,"code":"ERR_NOT_FOUND","requestId":"r-1"}.
}
