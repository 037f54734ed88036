package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
)

// Subscription is what one slice does with the events of some contracts. Its group is fxcell.subscriptions; all subscriptions of a slice are one
// reader.
type Subscription struct {
	Slice     string // the slice's module, which names the reader: cells/audit/auditappend
	Contracts []Info // sorted as listed; two subscriptions of a slice never share one
	Mode      event.Mode

	// Handle runs the slice's method. In modes each and external it is given one delivery. An error that event.IsPermanent marks is not worth
	// another attempt.
	Handle func(ctx context.Context, deliveries []event.Delivery) error
}

type subscriptionOut struct {
	fx.Out

	Subscription Subscription `group:"fxcell.subscriptions"`
}

// Info returns what subscribers need to know of the contract.
func (e Event[P]) Info() Info {
	retry := e.Retry
	if retry == (event.Retry{}) {
		retry = event.DefaultRetry()
	}
	return Info{
		ID: e.ID, Owner: e.Owner, Topic: cmp.Or(e.Topic, e.Owner), Level: e.Level, Retry: retry, OnPoison: cmp.Or(e.OnPoison, event.Park),
		Sensitive: e.Sensitive, check: e.check(), schema: func() (payloadSchema, error) { return compilePayload(e.Files, e.ID, e.Payload) },
	}
}

// ErrMode is the fault of a subscription whose mode in slice.yaml is not the one that the code can do.
var ErrMode = errors.New("slice.yaml and module.go disagree on the mode of a subscription")

// Subscribe feeds one subscription: method is called for each event, in the mode that slice.yaml says (each or external).
func Subscribe[S, P any](h Event[P], method func(S, context.Context, event.Message[P]) error) part.Part {
	info := h.Info()
	newSubscription := func(s S, scope part.Scope) (subscriptionOut, error) {
		mode := cmp.Or(scope.Modes[h.ID], event.Each)
		if mode == event.Batched {
			return subscriptionOut{}, fmt.Errorf("%s: %w: %s is batch, contract.Subscribe takes one event at a time", scope.Name(), ErrMode, h.ID)
		}
		schema, err := info.schema()
		if err != nil {
			return subscriptionOut{}, err
		}
		handle := func(ctx context.Context, ds []event.Delivery) error {
			for _, d := range ds {
				m, err := message[P](schema, d)
				if err != nil {
					return err
				}
				if err := method(s, ctx, m); err != nil {
					return err
				}
			}
			return nil
		}
		return subscriptionOut{Subscription: Subscription{scope.Name(), []Info{info}, mode, handle}}, nil
	}
	return part.New(fx.Provide(newSubscription), subscribes(info, ""))
}

// SubscribeBatch feeds one subscription to the events of several contracts: method is given many at once, in order, inside one transaction of the
// consumer. Payloads come as they were stored.
func SubscribeBatch[S any](method func(S, context.Context, []event.Delivery) error, handles ...AnyEvent) part.Part {
	facts := part.Facts{}
	infos := make([]Info, 0, len(handles))
	for _, h := range handles {
		info := h.Info()
		infos = append(infos, info)
		f := subscribes(info, event.Batched)
		facts.Usages = append(facts.Usages, f.Usages...)
		facts.Err = errors.Join(facts.Err, f.Err)
		facts.Need(f.Needs, f.Why)
	}
	newSubscription := func(s S, scope part.Scope) (subscriptionOut, error) {
		for _, info := range infos {
			if scope.Modes[info.ID] != event.Batched {
				return subscriptionOut{}, fmt.Errorf("%s: %w: contract.SubscribeBatch lists %s, which is not batch", scope.Name(), ErrMode, info.ID)
			}
		}
		handle := func(ctx context.Context, ds []event.Delivery) error { return method(s, ctx, ds) }
		return subscriptionOut{Subscription: Subscription{scope.Name(), infos, event.Batched, handle}}, nil
	}
	return part.New(fx.Provide(newSubscription), facts)
}

func subscribes(info Info, mode event.Mode) part.Facts {
	f := part.Facts{
		Usages: []part.Usage{{Role: part.Subscribe, Contract: info.ID, Owner: info.Owner, Mode: mode}},
		Err:    info.check,
	}
	f.Need(level.L1, "it subscribes "+info.ID)
	return f
}

// message decodes a delivery. A payload that does not fit its contract is not worth another attempt.
func message[P any](schema payloadSchema, d event.Delivery) (event.Message[P], error) {
	m := event.Message[P]{
		ID: d.ID, Contract: d.Contract, Key: d.Key, Time: d.Time, Source: d.Source, Actor: d.Actor, Subject: d.Subject,
		Attempt: d.Attempt, Replayed: d.Replayed, Raw: d.Payload,
	}
	if err := schema.decode(d.Payload, &m.Payload); err != nil {
		return m, event.Permanent(fmt.Errorf("contract %s: %w", d.Contract, err))
	}
	return m, nil
}
