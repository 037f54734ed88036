package contract

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/propagation"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/log"
	"fxcell.dev/fxcell/outbox"
)

// Publisher publishes one contract; a slice gets its own by listing Publish. It is safe for concurrent use.
type Publisher[P any] struct {
	write func(context.Context, P) error
}

// Publish writes the event into the transaction of ctx: it leaves with the commit or not at all. Outside a transaction it returns
// outbox.ErrNoTransaction, in every mode; a payload that does not fit its schema is an error, so the transaction fails,
// unless the assembly's Validation lets it pass.
func (p Publisher[P]) Publish(ctx context.Context, payload P) error { return p.write(ctx, payload) }

// NewTestPublisher returns a publisher that hands each payload to fn, for tests of a service without a container.
func NewTestPublisher[P any](fn func(ctx context.Context, payload P) error) Publisher[P] {
	return Publisher[P]{fn}
}

// Publish makes Publisher[P] injectable in this slice only.
func Publish[P any](h Event[P]) part.Part {
	newPublisher := func(w outbox.Writer, j *durability.Judge, s part.Scope, c clock.Clock, v *Validator, logger *zap.Logger) (Publisher[P], error) {
		schema, err := compilePayload(h.Files, h.ID, h.Payload)
		if err != nil {
			return Publisher[P]{}, err
		}
		if v.off() {
			schema = payloadSchema{}
		}
		p := publisher[P]{handle: h, schema: schema, writer: w, source: s.Name(), clock: c, validator: v, log: logger}
		return Publisher[P]{p.publish}, j.Judge("outbox.Writer", "publisher of "+h.ID, w)
	}
	facts := part.Facts{Usages: []part.Usage{{Role: part.Publish, Contract: h.ID, Owner: h.Owner}}, Err: h.check()}
	facts.Need(max(level.L2, h.Level), "it publishes "+h.ID)
	return part.New(fx.Provide(newPublisher, fx.Private), facts)
}

type publisher[P any] struct {
	handle    Event[P]
	schema    payloadSchema
	writer    outbox.Writer
	source    string
	clock     clock.Clock
	validator *Validator
	log       *zap.Logger
}

func (p publisher[P]) publish(ctx context.Context, payload P) error {
	if !db.InTx(ctx) {
		return fmt.Errorf("contract %s: %w", p.handle.ID, outbox.ErrNoTransaction)
	}
	encoded, err := p.schema.encode(payload)
	if err = p.validator.judge(ctx, p.log, p.handle.ID, err); err != nil {
		return fmt.Errorf("contract %s: %w", p.handle.ID, err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("contract %s: event id: %w", p.handle.ID, err)
	}
	ids := log.IDsOf(ctx)
	trace := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, trace)
	e := event.Event{
		ID: id.String(), Contract: p.handle.ID, Topic: cmp.Or(p.handle.Topic, p.handle.Owner), Key: p.handle.Key(payload),
		Source: p.source, Time: p.clock.Now(), Actor: auth.ActorOf(ctx), Request: ids.Request, Correlation: ids.Correlation,
		TraceParent: trace.Get("traceparent"), TraceState: trace.Get("tracestate"), Payload: encoded,
	}
	if err := p.writer.Write(ctx, e); err != nil {
		return fmt.Errorf("contract %s: %w", p.handle.ID, err)
	}
	return nil
}
