package assembly_test

import (
	"context"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/event/eventtest"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/infra/memory"
	"fxcell.dev/modules/config"
	"fxcell.dev/modules/logsource"
)

// The log as a source, on the memory adapter: here, because neither of the two may import the other.
func TestTheLogIsASource(t *testing.T) {
	t.Parallel()
	eventtest.RunSource(t, func(t *testing.T) eventtest.SourceSubject {
		t.Helper()
		var s eventtest.SourceSubject
		var writer outbox.Writer
		fxcelltest.New(t, fxcell.Assembly("source", durability.Demo, config.Module, memory.Module, logsource.Module, fx.Provide(zap.NewNop)),
			fx.Populate(&s.Source, &s.Tx, &writer))
		s.Publish = publishIn(s.Tx, writer)
		return s
	}, eventtest.Features{Bubble: true})
}

func publishIn(tx db.Transactor, w outbox.Writer) func(context.Context, ...event.Event) error {
	return func(ctx context.Context, events ...event.Event) error {
		return tx.InTx(ctx, func(ctx context.Context) error { return w.Write(ctx, events...) })
	}
}
