package fxcell_test

import (
	"context"
	"testing"
	"testing/fstest"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/outbox"
)

type svc struct{}

func newSvc() *svc                                   { return &svc{} }
func takesTx(db.Transactor) *svc                     { return &svc{} }
func (*svc) get(context.Context, none) (none, error) { return none{}, nil }
func (*svc) on(context.Context, event.Message[done]) error {
	return nil
}

type (
	none struct{}
	done struct {
		ID string `json:"id"`
	}
)

var (
	schemas = fstest.MapFS{"event/mine/done/v1/payload.schema.json": {Data: []byte(`{"type": "object"}`)}}
	getV1   = contract.HTTP[none, none]{ID: "http.mine.get.v1", Owner: "mine", Level: level.L0, Method: "GET", Path: "/mine", Policy: "public"}
	theirV1 = contract.HTTP[none, none]{ID: "http.their.get.v1", Owner: "their", Level: level.L0, Method: "GET", Path: "/their", Policy: "public"}
	doneV1  = contract.Event[done]{
		ID: "event.mine.done.v1", Owner: "mine", Level: level.L2, Key: func(d done) string { return d.ID }, Payload: "payload.schema.json", Files: schemas,
	}
)

// adapters stand in for what the assembly's parts take.
type adapters struct{}

func (adapters) Durability() durability.Grade                                   { return durability.Volatile }
func (adapters) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }
func (adapters) Write(context.Context, ...event.Event) error                    { return nil }

type adaptersOut struct {
	fx.Out

	Tx     db.Transactor
	Writer outbox.Writer
	Claim  durability.Claim `group:"fxcell.claims"`
}

var memory = fx.Module("infra/memory", fx.Provide(zap.NewNop, func() adaptersOut {
	return adaptersOut{Tx: adapters{}, Writer: adapters{}, Claim: durability.Claim{Port: "db.Transactor", Module: "infra/memory", Subject: adapters{}}}
}))

func demo(o ...fx.Option) fx.Option {
	return fxcell.Assembly("shop", durability.Demo, append([]fx.Option{memory}, o...)...)
}

func cell(l level.Level, slices ...fxcell.Part) fx.Option {
	return fxcell.Cell(fxcell.CellMeta{ID: "mine", Level: l}, slices...)
}

func slice(meta fxcell.SliceMeta, parts ...fxcell.Part) fxcell.Part {
	meta.ID, meta.Cell = "s", "mine"
	return fxcell.Slice(meta, parts...)
}

const emptyPart = "an empty Part: parts come from fxcell.Provide, fxcell.Slice and the packages of ports"

// Each fault is one line, and these are the lines.
func TestWhatIsWiredIsHeldAgainstWhatIsDeclared(t *testing.T) {
	t.Parallel()
	type m = fxcell.SliceMeta
	serve := contract.Serve(getV1, (*svc).get)
	unrouted := getV1
	unrouted.Policy = ""
	twice := slice(m{}, fxcell.Provide(newSvc))
	subscribes := func(mode event.Mode) m {
		return m{Subscribes: []fxcell.Subscribes{{Contract: doneV1.ID, Mode: mode}}}
	}
	calling := subscribes(event.Each)
	calling.Calls = []string{theirV1.ID}
	for _, tt := range []struct {
		name string
		opt  fx.Option
		want string // "" means that it builds
	}{
		{"a cell as it should be", demo(cell(level.L0, slice(m{Serves: []string{getV1.ID}}, fxcell.Provide(newSvc), serve))), ""},
		{"L0 takes a transactor", demo(cell(level.L0, slice(m{}, fxcell.Provide(takesTx)))), "cell mine is L0: slice s needs L1 (func(db.Transactor) *fxcell_test.svc takes db.Transactor)"},
		{"L1 publishes", demo(cell(level.L1, slice(m{Publishes: []string{doneV1.ID}}, contract.Publish(doneV1)))), "cell mine is L1: slice s needs L2 (it publishes event.mine.done.v1)"},
		{"a level that was never declared", demo(cell(level.Unset, slice(m{Serves: []string{getV1.ID}}, fxcell.Provide(newSvc), serve))), "cell mine declares no level: set consistencyLevel in its cell.yaml"},
		{"publishes what slice.yaml does not declare", demo(cell(level.L2, slice(m{}, contract.Publish(doneV1)))), "slice mine/s: module.go lists publish event.mine.done.v1, slice.yaml does not declare it"},
		{"serves what slice.yaml does not declare", demo(cell(level.L2, slice(m{}, fxcell.Provide(newSvc), serve))), "slice mine/s: module.go lists serve http.mine.get.v1, slice.yaml does not declare it"},
		{"declares what module.go does not list", demo(cell(level.L2, slice(m{Serves: []string{getV1.ID}}))), "slice mine/s: slice.yaml declares serve http.mine.get.v1, module.go does not list it"},
		{"a subscription was removed", demo(cell(level.L2, slice(subscribes(event.Each), fxcell.Provide(newSvc)))), "slice mine/s: slice.yaml declares subscribe event.mine.done.v1, module.go does not list it"},
		{"one event published twice in a slice", demo(cell(level.L2, slice(m{Publishes: []string{doneV1.ID}}, contract.Publish(doneV1), contract.Publish(doneV1)))), "slice mine/s: module.go lists publish event.mine.done.v1 twice"},
		{"a route without a policy", demo(cell(level.L2, slice(m{Serves: []string{getV1.ID}}, fxcell.Provide(newSvc), contract.Serve(unrouted, (*svc).get)))), "contract http.mine.get.v1: no policy: a route without one is not served"},
		{"serves another cell's contract", demo(cell(level.L2, slice(m{Serves: []string{theirV1.ID}}, fxcell.Provide(newSvc), contract.Serve(theirV1, (*svc).get)))), "slice mine/s: serve http.their.get.v1 belongs to cell their, only its owner may"},
		{"a slice listed twice", demo(cell(level.L2, twice, twice)), "cell mine: slice s is listed twice"},
		{"a slice without its cell", demo(fx.Module("raw", twice)), "slice mine/s is listed without its cell: list the cell mine"},
		{"a slice in an assembly", demo(twice), "slice mine/s is listed without its cell: list the cell mine"},
		{"a slice of another cell", demo(fxcell.Cell(fxcell.CellMeta{ID: "their", Level: level.L2}, twice)), "cell their lists slice s, which belongs to cell mine"},
		{"two cells of one id", demo(cell(level.L0), fx.Module("again", cell(level.L0))), "cell mine is listed twice: each cell has an id of its own"},
		{"a contract served twice", demo(cell(level.L0, slice(m{Serves: []string{getV1.ID}}, fxcell.Provide(newSvc), serve)), fx.Module("again", cell(level.L0, slice(m{Serves: []string{getV1.ID}}, fxcell.Provide(newSvc), serve)))), "contract http.mine.get.v1 is served twice: by cells/mine/s and by cells/mine/s"},
		{"subscribes in a transaction and calls", demo(cell(level.L2, slice(calling, fxcell.Provide(newSvc), contract.Subscribe(doneV1, (*svc).on), contract.Call(theirV1)))), "slice mine/s calls contracts and subscribes event.mine.done.v1 in a transaction: its mode must be external"},
		{"an empty part in a slice", demo(cell(level.L2, slice(m{}, fxcell.Part{}))), "slice mine/s lists " + emptyPart},
		{"an empty part in a cell", demo(cell(level.L2, fxcell.Part{})), "cell mine lists " + emptyPart},
		{"an empty part in an assembly", demo(fxcell.Part{}), "assembly shop lists " + emptyPart},
		{"a value where a constructor should be", demo(cell(level.L2, slice(m{}, fxcell.Provide(42)))), "fxcell: Provide takes constructors, got int"},
		{"an export of something that is no port", demo(cell(level.L2, slice(m{}, fxcell.Export(newSvc)))), "fxcell: Export offers ports, which packages under fxcell/ declare, got *fxcell_test.svc"},
		{"an adapter that is missing", fxcell.Assembly("shop", durability.Demo, fx.Provide(zap.NewNop), cell(level.L1, slice(m{}, fxcell.Provide(takesTx)))), "inspect: nothing provides db.Transactor, which fxcell.dev/fxcell_test.takesTx takes: list infra/memory.Module"},
		{"an adapter that is missing in durable", fxcell.Assembly("shop", durability.Durable, fx.Provide(zap.NewNop), cell(level.L1, slice(m{}, fxcell.Provide(takesTx)))), "inspect: nothing provides db.Transactor, which fxcell.dev/fxcell_test.takesTx takes: list infra/postgres.Module"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := fxcelltest.Fault(tt.opt)
			switch {
			case tt.want == "":
				if err != nil {
					t.Fatalf("does not build: %v", err)
				}
			case err == nil:
				t.Fatalf("builds, want %s", tt.want)
			case err.Error() != tt.want:
				t.Fatalf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
