package durability_test

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
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/outbox"
)

// adapter is a transactor and writer that states what it is told to; what it does with the work is not what these tests are about.
type adapter struct{ grade durability.Grade }

func (a adapter) Durability() durability.Grade { return a.grade }
func (adapter) InTx(ctx context.Context, fn func(context.Context) error) error {
	return fn(ctx)
}
func (adapter) Write(context.Context, ...event.Event) error { return nil }

type (
	postgresTx     struct{ adapter }
	postgresWriter struct{ adapter }
	memoryTx       struct{ adapter }
	memoryWriter   struct{ adapter }
	noopWriter     struct{ adapter }
)

type adapterOut struct {
	fx.Out

	Transactor db.Transactor
	Writer     outbox.Writer
	Tx         durability.Claim `group:"fxcell.claims"`
	Outbox     durability.Claim `group:"fxcell.claims"`
}

func adapterModule(name string, tx db.Transactor, w outbox.Writer) fx.Option {
	return fx.Module(name, fx.Provide(func() adapterOut {
		return adapterOut{
			Transactor: tx, Writer: w,
			Tx:     durability.Claim{Port: "db.Transactor", Module: name, Subject: tx},
			Outbox: durability.Claim{Port: "outbox.Writer", Module: name, Subject: w},
		}
	}))
}

var (
	postgres = adapterModule("infra/postgres", postgresTx{adapter{durability.Persistent}}, postgresWriter{adapter{durability.Persistent}})
	memory   = adapterModule("infra/memory", memoryTx{adapter{durability.Volatile}}, memoryWriter{adapter{durability.Volatile}})
	noop     = fx.Module("infra/noop", fx.Provide(newNoop))
	silent   = fx.Module("infra/silent", fx.Provide(func() outbox.Writer { return dropping() }))
	logging  = fx.Provide(zap.NewNop)
)

func dropping() noopWriter { return noopWriter{adapter{durability.Discards}} }

type writerOut struct {
	fx.Out

	Writer outbox.Writer
	Claim  durability.Claim `group:"fxcell.claims"`
}

func newNoop() writerOut {
	w := dropping()
	return writerOut{Writer: w, Claim: durability.Claim{Port: "outbox.Writer", Module: "infra/noop", Subject: w}}
}

// orders is a cell's store.
type orders interface {
	durability.Stated
	Insert(ctx context.Context, id string) error
}

type store struct{ adapter }

func (store) Insert(context.Context, string) error { return nil }

func newStore(g durability.Grade) func(db.Transactor) orders {
	return func(db.Transactor) orders { return store{adapter{g}} }
}

var (
	orderMemory   = fxcell.Storage("order", "memory", newStore(durability.Volatile))
	orderPostgres = fxcell.Storage("order", "postgres", newStore(durability.Persistent))
)

type (
	item struct {
		ID string `json:"id"`
	}
	none struct{}
)

var files = fstest.MapFS{"event/order/created/v1/payload.schema.json": {Data: []byte(`{"type": "object"}`)}}

var (
	createV1  = contract.HTTP[none, none]{ID: "http.order.create.v1", Owner: "order", Level: level.L2, Method: "POST", Path: "/orders", Policy: "authenticated"}
	createdV1 = contract.Event[item]{
		ID: "event.order.created.v1", Owner: "order", Level: level.L2, Key: func(i item) string { return i.ID }, Payload: "payload.schema.json", Files: files,
	}
)

type orderService struct{}

func newOrderService(db.Transactor, orders, contract.Publisher[item]) *orderService {
	return &orderService{}
}

func (*orderService) Create(context.Context, none) (none, error) { return none{}, nil }

// order is a cell as it should be.
var order = fxcell.Cell(fxcell.CellMeta{ID: "order", Level: level.L2}, fxcell.Slice(
	fxcell.SliceMeta{ID: "ordercreate", Cell: "order", Serves: []string{createV1.ID}, Publishes: []string{createdV1.ID}},
	fxcell.Provide(newOrderService),
	contract.Publish(createdV1),
	contract.Serve(createV1, (*orderService).Create),
))

// svc is the service of the cell "mine", which tests make up.
type svc struct{}

func takesWriter(outbox.Writer) *svc { return &svc{} }

type params struct {
	fx.In

	Writer outbox.Writer
}

func takesParams(params) *svc { return &svc{} }

type namedParams struct {
	fx.In

	Writer outbox.Writer `name:"other"`
}

func takesNamed(namedParams) *svc { return &svc{} }

func mine(parts ...fxcell.Part) fx.Option { return mineAt(level.L2, parts...) }

func mineAt(l level.Level, parts ...fxcell.Part) fx.Option {
	return fxcell.Cell(fxcell.CellMeta{ID: "mine", Level: l}, fxcell.Slice(fxcell.SliceMeta{ID: "s", Cell: "mine"}, parts...))
}

// quiet is private to a slice and states that it keeps nothing.
type quiet struct{ adapter }

func newQuiet() quiet       { return quiet{adapter{durability.Discards}} }
func takesQuiet(quiet) *svc { return &svc{} }

// index is a type that the framework has never heard of.
type index struct{ adapter }

type indexOut struct {
	fx.Out

	Index index
	Claim durability.Claim `group:"fxcell.claims"`
}

func geo() fx.Option {
	return fx.Module("infra/geo", fx.Provide(func() indexOut {
		return indexOut{Claim: durability.Claim{Port: "geo.Index", Module: "infra/geo", Subject: index{adapter{durability.Volatile}}}}
	}))
}

func assembly(m durability.Mode, o ...fx.Option) fx.Option {
	return fxcell.Assembly("shop", m, append([]fx.Option{logging}, o...)...)
}

func durable(o ...fx.Option) fx.Option {
	return assembly(durability.Durable, append([]fx.Option{postgres, orderPostgres, order}, o...)...)
}

func decorateNoop() fx.Option {
	return fx.Decorate(func(outbox.Writer) outbox.Writer { return dropping() })
}

func replaceNoop() fx.Option {
	return fx.Replace(fx.Annotate(dropping(), fx.As(new(outbox.Writer))))
}

// wrapped is an honest wrapper: it embeds the port and so keeps the grade.
type wrapped struct{ outbox.Writer }

// handMade calls durability.NewJudge as an outsider can: the seal's type is inferred, and its value is zero.
func handMade[Seal any](newJudge func(Seal, durability.Mode, bool, map[string]string) *durability.Judge) *durability.Judge {
	var zero Seal
	return newJudge(zero, durability.Demo, true, nil)
}

// taken is the judge of another app, in Demo.
func taken(t *testing.T) (j *durability.Judge) {
	t.Helper()
	requireBuild(t, "", assembly(durability.Demo, memory), fx.Populate(&j))
	return j
}

func decorateJudge(j *durability.Judge) fx.Option {
	return fx.Decorate(func(*durability.Judge) *durability.Judge { return j })
}

func newTx() db.Transactor { return postgresTx{adapter{durability.Persistent}} }

type quietParams struct {
	fx.In

	Quiet quiet
}

func takesQuietParams(quietParams) *svc { return &svc{} }
