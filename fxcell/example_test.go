package fxcell_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/level"
)

type (
	greetRequest struct {
		Name string `path:"name"`
	}
	greeting struct {
		Text string `json:"text"`
	}
)

// greetV1 is what fxcell generates from the contract's files.
var greetV1 = contract.HTTP[greetRequest, greeting]{
	ID: "http.greeter.greet.v1", Owner: "greeter", Level: level.L0, Method: "GET", Path: "/api/v1/greetings/{name}", Policy: "public",
	Parameters: []contract.Parameter{{Name: "name", In: "path", Required: true, Schema: `{"type": "string", "maxLength": 20}`}},
	Response:   "response.schema.json",
	Files: fstest.MapFS{"http/greeter/greet/v1/response.schema.json": {
		Data: []byte(`{"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}`),
	}},
}

// greeter is the service of a slice.
type greeter struct{}

func newGreeter() *greeter { return &greeter{} }

// Greet serves http.greeter.greet.v1.
func (*greeter) Greet(_ context.Context, req greetRequest) (greeting, error) {
	return greeting{Text: "Hello, " + req.Name + "."}, nil
}

// routes are what a runtime module such as modules/httpserver reads.
type routes struct {
	fx.In

	All []contract.Route `group:"fxcell.routes"`
}

// An app is an assembly of cells, and a cell of slices that list what they serve, publish, subscribe to and call.
func Example() {
	greet := fxcell.Slice(fxcell.SliceMeta{ID: "greet", Cell: "greeter", Serves: []string{greetV1.ID}},
		fxcell.Provide(newGreeter),
		contract.Serve(greetV1, (*greeter).Greet),
	)
	cell := fxcell.Cell(fxcell.CellMeta{ID: "greeter", Level: level.L0}, greet)
	app := fx.New(fxcell.Assembly("hello", durability.Demo, fx.Provide(zap.NewNop), cell), fx.NopLogger, fx.Invoke(func(in routes) {
		mux := http.NewServeMux()
		for _, route := range in.All {
			mux.Handle(route.Method+" "+route.Path, route)
		}
		for _, path := range []string{"/api/v1/greetings/Ada", "/api/v1/greetings/somebody-with-a-long-name"} {
			answer := httptest.NewRecorder()
			mux.ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody))
			fmt.Println(answer.Code, answer.Body)
		}
	}))
	fmt.Println(app.Err())
	// Output:
	// 200 {"data":{"text":"Hello, Ada."}}
	// 400 {"type":"about:blank","title":"The request does not fit its contract","status":400,"detail":"The request has faults.","code":"ERR_REQUEST_INVALID","errors":[{"pointer":"","in":"path","name":"name","rule":"maxLength","message":"must have at most 20 characters"}]}
	// <nil>
}

// What is wired is held against what is declared, before anything is built.
func ExampleSlice() {
	greet := fxcell.Slice(fxcell.SliceMeta{ID: "greet", Cell: "greeter", Serves: []string{greetV1.ID}}, fxcell.Provide(newGreeter))
	app := fx.New(fxcell.Cell(fxcell.CellMeta{ID: "greeter", Level: level.L0}, greet), fx.NopLogger)
	fmt.Println(app.Err())
	// Output: slice greeter/greet: slice.yaml declares serve http.greeter.greet.v1, module.go does not list it
}
