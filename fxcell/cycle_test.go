package fxcell_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/level"
)

type (
	cA struct{}
	cB struct{}
	cC struct{}
	gG int
)

type gIn struct {
	fx.In

	Gs []gG `group:"g"`
}

type gOut struct {
	fx.Out

	G gG `group:"g"`
}

// Each of these kills the process with a stack overflow, or is reported by dig, when it is given to fx.New as it is.
func TestCyclesAreRefusedBeforeAnythingIsBuilt(t *testing.T) {
	t.Parallel()
	private := func() fx.Option { return fx.Provide(func(*cB) *cA { return nil }, fx.Private) }
	for _, tt := range []struct {
		name string
		opts []fx.Option
	}{
		{"across modules, through a private provider", []fx.Option{
			fx.Module("m1", private(), fx.Provide(func(*cA) *cC { return nil })),
			fx.Module("m2", fx.Provide(func(*cC) *cB { return nil })), fx.Invoke(func(*cB) {}),
		}},
		{"the same, listed the other way", []fx.Option{
			fx.Module("m2", fx.Provide(func(*cC) *cB { return nil })),
			fx.Module("m1", fx.Provide(func(*cA) *cC { return nil }), private()), fx.Invoke(func(*cB) {}),
		}},
		{"consumed inside the private module", []fx.Option{
			fx.Module("m1", private(), fx.Provide(func(*cA) *cC { return nil }), fx.Invoke(func(*cA) {})),
			fx.Module("m2", fx.Provide(func(*cC) *cB { return nil })),
		}},
		{"through a group and a private provider", []fx.Option{
			fx.Module("m1", fx.Provide(func(gIn) *cA { return nil }, fx.Private), fx.Provide(func(*cA) gOut { return gOut{} })),
			fx.Invoke(func(gIn) {}),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := fxcelltest.Fault(demo(tt.opts...)); !errors.Is(err, inspect.ErrCycle) {
				t.Fatalf("err = %v, want a cycle", err)
			}
		})
	}
}

func newA(*cB) *cA { return &cA{} }
func newB(*cC) *cB { return &cB{} }
func newC(*cA) *cC { return &cC{} }

func TestACycleIsOneLineThatNamesItsWay(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(demo(
		fx.Module("m1", fx.Provide(newA, fx.Private), fx.Provide(newC)), fx.Module("m2", fx.Provide(newB)), fx.Invoke(func(*cB) {})))
	const want = `inspect: dependency cycle: fxcell.dev/fxcell_test.newC → fxcell.dev/fxcell_test.newA → fxcell.dev/fxcell_test.newB → fxcell.dev/fxcell_test.newC (through *fxcell_test.cC)`
	if err == nil || err.Error() != want {
		t.Fatalf("got  %v\nwant %s", err, want)
	}
}

func TestEveryMissingTypeIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(demo(fx.Provide(func(*cA) *cC { return nil }, func(*cB, *cA) gG { return 0 }), fx.Invoke(func(*cC) {})))
	for _, want := range []string{"nothing provides *fxcell_test.cA", "nothing provides *fxcell_test.cB"} {
		if err == nil || !contains(err, want) {
			t.Errorf("err = %v, want a line with %q", err, want)
		}
	}
}

type (
	ping struct {
		N int `json:"-" query:"n"`
	}
	pong struct {
		N int `json:"n"`
	}
)

func peer(cell, id, path string) contract.HTTP[ping, pong] {
	return contract.HTTP[ping, pong]{
		ID: id, Owner: cell, Level: level.L1, Method: "GET", Path: path, Policy: "authenticated",
		Parameters: []contract.Parameter{{Name: "n", In: "query", Schema: `{"type": "integer"}`}},
	}
}

var (
	pingV1 = peer("a", "http.a.ping.v1", "/ping")
	pongV1 = peer("b", "http.b.pong.v1", "/pong")
)

type player struct{ other contract.Client[ping, pong] }

func newPlayer(other contract.Client[ping, pong]) *player { return &player{other} }

// Hit plays back and forth n times.
func (p *player) Hit(ctx context.Context, req ping) (pong, error) {
	if req.N == 0 {
		return pong{}, nil
	}
	res, err := p.other.Call(ctx, ping{req.N - 1})
	return pong{res.N + 1}, err
}

func playing(cell string, own, other contract.HTTP[ping, pong]) fx.Option {
	return fxcell.Cell(fxcell.CellMeta{ID: cell, Level: level.L1}, fxcell.Slice(
		fxcell.SliceMeta{ID: "s", Cell: cell, Serves: []string{own.ID}, Calls: []string{other.ID}},
		fxcell.Provide(newPlayer), contract.Call(other), contract.Serve(own, (*player).Hit)))
}

// caller is a third cell, which starts the game.
type caller struct{ first contract.Client[ping, pong] }

func newCaller(first contract.Client[ping, pong]) *caller { return &caller{first} }

// Two cells that call each other are no dependency cycle: clients hold the dispatcher.
func TestCellsMayCallEachOther(t *testing.T) {
	t.Parallel()
	var d *contract.Dispatcher
	got := 0
	start := fxcell.Cell(fxcell.CellMeta{ID: "c", Level: level.L1}, fxcell.Slice(
		fxcell.SliceMeta{ID: "s", Cell: "c", Calls: []string{pingV1.ID}}, contract.Call(pingV1), fxcell.Provide(newCaller),
		inspect.Announce(0, func(c *caller, _ string) []string {
			res, err := c.first.Call(t.Context(), ping{5})
			got = res.N
			return []string{fmt.Sprint(err)}
		})))
	var report *inspect.Report
	fxcelltest.New(t, demo(playing("a", pingV1, pongV1), playing("b", pongV1, pingV1), start), fx.Populate(&d, &report))
	if ids := d.IDs(); !slices.Equal(ids, []string{pingV1.ID, pongV1.ID}) {
		t.Fatalf("routes = %v", ids)
	}
	if lines := report.Lines(); !slices.Contains(lines, "<nil>") || got != 5 {
		t.Fatalf("after five calls got %d, report %q", got, lines)
	}
}

func BenchmarkNew(b *testing.B) {
	serve := func(cell, slice string) (string, fxcell.Part) {
		h := contract.HTTP[none, none]{ID: "http." + cell + "." + slice + ".v1", Owner: cell, Level: level.L0, Method: "GET", Path: "/" + cell + slice, Policy: "public"}
		return h.ID, contract.Serve(h, (*svc).get)
	}
	cells := func() []fx.Option {
		var out []fx.Option
		for c := range 3 {
			var parts []fxcell.Part
			for s := range 8 {
				id, route := serve(fmt.Sprint("c", c), fmt.Sprint("s", s))
				meta := fxcell.SliceMeta{ID: fmt.Sprint("s", s), Cell: fmt.Sprint("c", c), Serves: []string{id}}
				parts = append(parts, fxcell.Slice(meta, fxcell.Provide(takesTx), route))
			}
			out = append(out, fxcell.Cell(fxcell.CellMeta{ID: fmt.Sprint("c", c), Level: level.L1}, parts...))
		}
		return out
	}
	plain := func() []fx.Option {
		var out []fx.Option
		for c := range 3 {
			var parts []fx.Option
			for s := range 8 {
				parts = append(parts, fx.Module(fmt.Sprint("s", s), fx.Provide(takesTx, fx.Private), fx.Provide(
					fx.Annotate(func(s *svc) func(context.Context, none) (none, error) { return s.get }, fx.ResultTags(`group:"routes"`)))))
			}
			out = append(out, fx.Module(fmt.Sprint("c", c), parts...))
		}
		return append(out, fx.Invoke(fx.Annotate(func([]func(context.Context, none) (none, error)) {}, fx.ParamTags(`group:"routes"`))))
	}
	b.Run("fx alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := fx.New(append(plain(), fx.NopLogger, memory)...).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("fxcell", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := fx.New(fx.NopLogger, fxcell.Assembly("x", durability.Demo, append(cells(), memory)...)).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
