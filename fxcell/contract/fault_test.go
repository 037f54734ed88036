package contract_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/level"
)

type anything struct{}

func serveAny[Req, Res any](h contract.HTTP[Req, Res]) fx.Option {
	meta := fxcell.SliceMeta{ID: "s", Cell: "any", Serves: []string{h.ID}}
	return fxcell.Cell(fxcell.CellMeta{ID: "any", Type: "core", Level: level.L1}, fxcell.Slice(meta, fxcell.Provide(func() *anything { return &anything{} }),
		contract.Serve(h, func(*anything, context.Context, Req) (res Res, err error) { return res, nil })))
}

func base[Req, Res any](change func(*contract.HTTP[Req, Res])) fx.Option {
	h := contract.HTTP[Req, Res]{
		ID: "http.any.v1", Owner: "any", Level: level.L0, Method: http.MethodGet, Path: "/any/{id}", Policy: "public",
		Parameters: []contract.Parameter{{Name: "id", In: "path"}},
		Files:      fstest.MapFS{"http/any/v1/bad.json": {Data: []byte(`{"type": 7}`)}, "http/any/v1/good.json": {Data: []byte(`{}`)}},
	}
	change(&h)
	return serveAny(h)
}

type (
	withChannel struct {
		ID string   `json:"-" path:"id"`
		C  chan int `json:"-" query:"c"`
	}
	withHeader struct {
		ID   string `json:"-" path:"id"`
		Etag string `json:"-" header:"ETag"`
	}
	withSlice struct {
		ID   string   `json:"-" path:"id"`
		Many []string `json:"-" query:"many"`
	}
)

// TestHandleThatDoesNotFitItsTypesDoesNotBuild: what is wrong with a contract is told before the first request, and names it.
func TestHandleThatDoesNotFitItsTypesDoesNotBuild(t *testing.T) {
	t.Parallel()
	type h = contract.HTTP[byID, none]
	cases := []struct {
		name string
		o    fx.Option
		want string
	}{
		{"no id", base(func(h *h) { h.ID = "" }), `contract "": the handle is incomplete: id, owner, method and path are required`},
		{"no level", base(func(h *h) { h.Level = level.Unset }), "contract http.any.v1: the handle is incomplete: no level"},
		{"no policy", base(func(h *h) { h.Policy = "" }), "contract http.any.v1: no policy: a route without one is not served"},
		{"an unknown policy", base(func(h *h) { h.Policy = "everybody" }), "contract http.any.v1: "},
		{"a policy of a parameter that is none", base(func(h *h) { h.Policy = "self-or-role:{user}:admin" }), "contract http.any.v1: policy self-or-role:{user}:admin names no path parameter"},
		{"schemas without files", base(func(h *h) { h.Request, h.Files = "good.json", nil }), "contract http.any.v1: the handle is incomplete: schemas without files"},
		{"a schema that is none", base(func(h *h) { h.Request = "bad.json" }), "contract http.any.v1: body: compile http/any/v1/bad.json: "},
		{"a schema that is missing", base(func(h *h) { h.Response = "gone.json" }), "http/any/v1/gone.json: file does not exist"},
		{"a list without a schema", base(func(h *h) { h.List = true }), "contract.yaml lists query cursor, no field of contract_test.byID binds it"},
		{"a parameter's schema that is none", base(func(h *h) { h.Parameters[0].Schema = `{"type": "strin"}` }), "contract http.any.v1: request: body: compile http/any/v1/contract.yaml: "},
		{
			"a parameter that no field binds", base(func(h *h) { h.Parameters = append(h.Parameters, contract.Parameter{Name: "q", In: "query"}) }),
			"contract http.any.v1: request: the Go type and the contract disagree: contract.yaml lists query q, no field of contract_test.byID binds it",
		},
		{
			"a field that binds no parameter", base(func(h *h) { h.Parameters = nil }),
			"field contract_test.byID.ID binds path id, which contract.yaml does not list",
		},
		{
			"a header that no field sets", base(func(h *h) { h.ResponseHeaders = []string{"Location"} }),
			"contract http.any.v1: response: the Go type and the contract disagree: contract.yaml lists header Location, no field of contract_test.none binds it",
		},
		{"a field that sets no header", base(func(*contract.HTTP[byID, withHeader]) {}), "field contract_test.withHeader.Etag binds header Etag, which contract.yaml does not list"},
		{"a request that is no struct", base(func(*contract.HTTP[string, none]) {}), "contract http.any.v1: request: the Go type and the contract disagree: string is no struct"},
		{"a parameter that is a channel", base(func(h *contract.HTTP[withChannel, none]) {
			h.Parameters = append(h.Parameters, contract.Parameter{Name: "c", In: "query"})
		}), "field contract_test.withChannel.C of type chan int cannot hold a parameter"},
		{"a parameter that is a list", base(func(h *contract.HTTP[withSlice, none]) {
			h.Parameters = append(h.Parameters, contract.Parameter{Name: "many", In: "query"})
		}), "field contract_test.withSlice.Many of type []string cannot hold a parameter"},
	}
	for _, c := range cases {
		if err := fault(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error\n\t%v\nwant one with\n\t%s", c.name, err, c.want)
		}
	}
}

func TestContractIsServedOnce(t *testing.T) {
	t.Parallel()
	again := func(cell string) fx.Option {
		h := rawV1
		h.Owner = cell
		meta := fxcell.SliceMeta{ID: "s", Cell: cell, Serves: []string{h.ID}}
		return fxcell.Cell(fxcell.CellMeta{ID: cell, Type: "core", Level: level.L1},
			fxcell.Slice(meta, fxcell.Provide(func() *shop { return &shop{} }), contract.Serve(h, (*shop).Raw)))
	}
	err := fault(again("b"), again("a"))
	if want := "contract http.raw.v1 is served twice: by cells/a/s and by cells/b/s"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestEventThatIsIncompleteDoesNotBuild(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*contract.Event[sold])
		want   string
	}{
		{"no key", func(e *contract.Event[sold]) { e.Key = nil }, `contract "event.sold.v1": the handle is incomplete: id, owner and key are required`},
		{"no level", func(e *contract.Event[sold]) { e.Level = level.Unset }, "contract event.sold.v1: the handle is incomplete: no level"},
		{"no schema", func(e *contract.Event[sold]) { e.Payload = "" }, "contract event.sold.v1: the handle is incomplete: an event has a payload schema"},
		{"a schema that is missing", func(e *contract.Event[sold]) { e.Payload = "gone.json" }, "contract event.sold.v1: body: compile: event/sold/v1/gone.json: file does not exist"},
	}
	for _, c := range cases {
		e := soldV1
		c.change(&e)
		publisher := fault((&ledger{}).module(), tillCell(&till{}, e))
		subscriber := fault(bookSlice(&book{}, []fxcell.Subscribes{{Contract: e.ID}}, contract.Subscribe(e, (*book).OnSold)), fx.Invoke(func(subscriptionGroup) {}))
		for who, err := range map[string]error{"publisher": publisher, "subscriber": subscriber} {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: got error\n\t%v\nwant one with\n\t%s", c.name, who, err, c.want)
			}
		}
	}
}
