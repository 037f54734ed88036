package durability_test

import (
	"strings"
	"testing"

	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	foreign "fxcell.dev/fxcell/internal/foreign/durability"
	"fxcell.dev/fxcell/outbox"
)

type attack struct {
	name string
	opts []fx.Option
	want string // part of the error; "" means that it must build
}

func requireBuild(t *testing.T, want string, opts ...fx.Option) {
	t.Helper()
	err := fxcelltest.Fault(opts...)
	switch {
	case want == "" && err != nil:
		t.Fatalf("does not build: %v", err)
	case want != "" && err == nil:
		t.Fatalf("builds, want an error with %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Fatalf("error\n%v\ndoes not contain\n%s", err, want)
	}
}

func run(t *testing.T, attacks []attack) {
	t.Helper()
	for _, tt := range attacks {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			requireBuild(t, tt.want, tt.opts...)
		})
	}
}

// in builds a Durable assembly of nothing but o.
func in(o ...fx.Option) fx.Option { return assembly(durability.Durable, o...) }

func TestHonestAssembliesBuild(t *testing.T) {
	t.Parallel()
	run(t, []attack{
		{"durable as it should be", []fx.Option{durable()}, ""},
		{"demo as it should be", []fx.Option{assembly(durability.Demo, memory, orderMemory, order)}, ""},
		{"a cell beside the assembly", []fx.Option{durable(), mine(fxcell.Provide(takesWriter))}, ""},
		{"a port taken in an fx.In struct", []fx.Option{durable(mine(fxcell.Provide(takesParams)))}, ""},
		{"a judged wrapper in a raw module", []fx.Option{in(postgres, orderPostgres, fx.Module("around", durability.Wrap(func(w outbox.Writer) outbox.Writer { return wrapped{w} }), order))}, ""},
		{"root replace with a fake in demo", []fx.Option{assembly(durability.Demo, memory, orderMemory, order), fx.Replace(fx.Annotate(memoryWriter{adapter{durability.Volatile}}, fx.As(new(outbox.Writer))))}, ""},
		{"a fake in a test that relaxed the assembly", []fx.Option{durable(), fxcelltest.Relax(t), fxcelltest.Override[outbox.Writer](memoryWriter{adapter{durability.Volatile}})}, ""},
	})
}

func TestProvidersBelowTheFloorAreRefused(t *testing.T) {
	t.Parallel()
	run(t, []attack{
		{"no-op consumed", []fx.Option{in(noop, mine(fxcell.Provide(takesWriter)))}, `durability: mode durable needs a persistent outbox.Writer, got durability_test.noopWriter (discards) in module "infra/noop"; list infra/postgres.Module instead`},
		{"no-op listed, consumed by nobody", []fx.Option{in(noop)}, `durability_test.noopWriter (discards) in module "infra/noop"`},
		{"no-op in demo", []fx.Option{assembly(durability.Demo, noop)}, "mode demo needs a volatile outbox.Writer"},
		{"memory adapter listed alone", []fx.Option{in(memory)}, `durability_test.memoryTx (volatile) in module "infra/memory"; list infra/postgres.Module instead`},
		{"memory store beside a durable adapter", []fx.Option{in(postgres, orderMemory)}, `got durability_test.store (volatile) in module "stores/order/memory"; list a storage of cell order that persists instead`},
		{"volatile type unknown to the framework", []fx.Option{durable(geo())}, `needs a persistent geo.Index, got durability_test.index (volatile) in module "infra/geo"`},
		{"adapter without a claim", []fx.Option{in(postgres, fx.Module("infra/quiet", fx.Provide(func() *svc { return nil })))}, `module "infra/quiet" provides something and makes no claim`},
		{"silent no-op, consumed", []fx.Option{in(silent, mine(fxcell.Provide(takesWriter)))}, `module "infra/silent" provides something and makes no claim`},
		{"empty claim", []fx.Option{durable(fx.Module("infra/x", fx.Provide(func() indexOut { return indexOut{} })))}, `module "" makes an empty claim`},
		{"private no-op given to a service", []fx.Option{durable(mine(fxcell.Provide(newQuiet, takesQuiet)))}, "durability_test.quiet (discards) in cells/mine/s"},
		{"private no-op in an fx.In struct", []fx.Option{durable(mine(fxcell.Provide(newQuiet, takesQuietParams)))}, "durability_test.quiet (discards) in cells/mine/s"},
	})
}

func TestDecorationsAreRefused(t *testing.T) {
	t.Parallel()
	raw := func(o ...fx.Option) fx.Option {
		return in(postgres, fx.Module("raw", append(o, fx.Invoke(func(outbox.Writer) {}))...))
	}
	around := func(o fx.Option, more ...fx.Option) fx.Option {
		return in(postgres, orderPostgres, fx.Module("around", append(more, o, order)...))
	}
	run(t, []attack{
		{"decorate in a raw module around a cell", []fx.Option{around(decorateNoop())}, `module "around" decorates outbox.Writer`},
		{"the same with its events silenced", []fx.Option{around(decorateNoop(), fx.NopLogger)}, "no module may have a logger of its own"},
		{"replace in a raw module around a cell", []fx.Option{around(replaceNoop())}, `module "around" replaces durability_test.noopWriter`},
		{"replace with its events silenced", []fx.Option{around(replaceNoop(), fx.NopLogger)}, "no module may have a logger of its own"},
		{"decorate in a raw module, nothing of ours inside", []fx.Option{raw(decorateNoop())}, `module "raw" decorates outbox.Writer`},
		{"a raw module that silences its own events", []fx.Option{raw(fx.Options(fx.NopLogger), decorateNoop())}, "no module may have a logger of its own (fx.WithLogger, fx.NopLogger)"},
		{"a judged wrapper that drops", []fx.Option{around(durability.Wrap(func(outbox.Writer) outbox.Writer { return dropping() }))}, "durability_test.noopWriter (discards) in a wrapper"},
		{"a wrapper of a foreign package that is named durability", []fx.Option{raw(foreign.Wrap(func(outbox.Writer) outbox.Writer { return dropping() }))}, `module "raw" decorates outbox.Writer`},
		{"root decorate with a no-op", []fx.Option{durable(), decorateNoop()}, "durability_test.noopWriter (discards)"},
		{"root replace, annotated", []fx.Option{durable(), replaceNoop()}, "durability_test.noopWriter (discards)"},
		{"root NopLogger does not silence the audit", []fx.Option{raw(decorateNoop()), fx.NopLogger}, `module "raw" decorates`},
		{"a cell beside the assembly with a no-op around it", []fx.Option{durable(), fx.Module("x", decorateNoop(), mine(fxcell.Provide(takesWriter)))}, "durability_test.noopWriter (discards)"},
		{"a no-op around a service that takes it in an fx.In struct", []fx.Option{durable(), fx.Module("x", decorateNoop(), mine(fxcell.Provide(takesParams)))}, "durability_test.noopWriter (discards)"},
		{"a port taken by name", []fx.Option{durable(mine(fxcell.Provide(takesNamed)))}, "a port is taken plainly, or it escapes its judge"},
		{"override of something nobody provides", []fx.Option{durable(), fxcelltest.Override[*index](nil)}, "missing type: *durability_test.index"},
	})
}

// A store that persists takes the transactor before the assembly has ruled: what was noted of it by then counts.
func TestAPortThatOnlyAStorageTakesIsJudged(t *testing.T) {
	t.Parallel()
	volatile := memoryTx{adapter{durability.Volatile}}
	only := func() fx.Option { return in(postgres, orderPostgres) }
	run(t, []attack{
		{"replaced at the root", []fx.Option{only(), fx.Replace(fx.Annotate(volatile, fx.As(new(db.Transactor))))}, "needs a persistent db.Transactor, got durability_test.memoryTx (volatile) in the assembly"},
		{"decorated at the root", []fx.Option{only(), fx.Decorate(func(db.Transactor) db.Transactor { return volatile })}, "needs a persistent db.Transactor, got durability_test.memoryTx (volatile) in the assembly"},
	})
}

func TestTheModeAndTheJudgeCannotBeSwapped(t *testing.T) {
	t.Parallel()
	forgetful := func() fx.Option { return in(memory, orderMemory, order) }
	forged, demo := handMade(durability.NewJudge), taken(t)
	run(t, []attack{
		{"zero mode", []fx.Option{assembly(0, memory)}, "mode unset is neither Demo nor Durable"},
		{"replace of the mode", []fx.Option{in(memory), fx.Replace(durability.Demo)}, "volatile"},
		{"replace of the judge by a zero one", []fx.Option{durable(), fx.Replace(&durability.Judge{})}, "no assembly"},
		{"replace of the judge by a hand-made one", []fx.Option{forgetful(), fx.Replace(forged)}, "no assembly"},
		{"decorate of the judge with a hand-made one", []fx.Option{forgetful(), decorateJudge(forged)}, "no assembly"},
		{"replace of the judge by another app's", []fx.Option{forgetful(), fx.Replace(demo)}, "judged by its own assembly's judge only"},
		{"another app's judge written over it", []fx.Option{forgetful(), fx.Decorate(func(j *durability.Judge) *durability.Judge { *j = *demo; return j })}, "no assembly"},
		{
			"another app's judge in a raw module, for a wrapper that drops",
			[]fx.Option{in(postgres, fx.Module("raw", decorateJudge(demo), durability.Wrap(func(outbox.Writer) outbox.Writer { return memoryWriter{adapter{durability.Volatile}} }), fx.Invoke(func(outbox.Writer) {})))},
			`module "raw" decorates *durability.Judge`,
		},
		{"another app's judge around a cell beside the assembly", []fx.Option{durable(), fx.Module("x", decorateJudge(demo), mine())}, "judged by its own assembly's judge only"},
		{"a cell without any assembly", []fx.Option{mine()}, "list this module in an fxcell.Assembly"},
		{"relaxed by no test", []fx.Option{forgetful(), fxcelltest.Relax(nil)}, "Relax is for tests only"},
	})
}

func TestAllShortfallsComeInOneError(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(in(noop, orderMemory, fx.Module("infra/quiet", fx.Provide(func() *svc { return nil })),
		fx.Module("around", replaceNoop()), fx.Provide(func() postgresTx { return postgresTx{} }), fx.Module("infra/tx", fx.Provide(newTx))))
	if err == nil {
		t.Fatal("builds")
	}
	got := strings.Split(err.Error(), "\n")
	want := []string{
		`durability: mode durable needs a persistent outbox.Writer, got durability_test.noopWriter (discards) in module "infra/noop"; list infra/postgres.Module instead`,
		`durability: mode durable needs a persistent durability_test.orders, got durability_test.store (volatile) in module "stores/order/memory"; list a storage of cell order that persists instead`,
		`durability: in mode durable module "around" replaces durability_test.noopWriter at `,
		`durability: module "infra/quiet" provides something and makes no claim`,
		`durability: module "infra/tx" provides something and makes no claim`,
	}
	if len(got) != len(want) {
		t.Fatalf("got %d lines, want %d:\n%v", len(got), len(want), err)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("line %d\ngot  %s\nwant %s", i, got[i], want[i])
		}
	}
}
