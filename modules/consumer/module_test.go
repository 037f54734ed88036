package consumer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/infra/memory" //nolint:depguard // fakes of ports are the memory adapters
	"fxcell.dev/modules/consumer"
	"fxcell.dev/modules/logsource"
)

type silent struct{}

func (silent) Decode(string, any) error { return nil }

type parts struct {
	fx.In

	Tx     db.Transactor
	Writer outbox.Writer
	Checks []health.Check `group:"fxcell.checks"`
}

type subscriptionOut struct {
	fx.Out

	Subscription contract.Subscription `group:"fxcell.subscriptions"`
}

func newApp(p *parts, options ...fx.Option) *fx.App {
	return fx.New(append(options, memory.Module, logsource.Module, consumer.Module, fx.NopLogger,
		fx.Provide(func() config.Source { return silent{} }, clock.System, zap.NewNop),
		fx.Invoke(func(in parts) { *p = in }),
	)...)
}

func (p parts) publish(t *testing.T, id string) {
	t.Helper()
	err := p.Tx.InTx(t.Context(), func(ctx context.Context) error {
		return p.Writer.Write(ctx, event.Event{ID: id, Contract: "event.a.v1", Topic: "a", Key: "k"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (p parts) check(t *testing.T) health.Check {
	t.Helper()
	for _, c := range p.Checks {
		if c.Name == "modules/consumer" {
			return c
		}
	}
	t.Fatal("no check of modules/consumer")
	return health.Check{}
}

func TestModuleRunsTheSubscriptionsAndTellsOfParkedKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p parts
		handled := make(chan string, 10)
		app := newApp(&p, fx.Provide(func() subscriptionOut {
			return subscriptionOut{Subscription: contract.Subscription{
				Slice: "cells/c/s", Contracts: []contract.Info{{ID: "event.a.v1"}}, Mode: event.Each,
				Handle: func(_ context.Context, ds []event.Delivery) error {
					if ds[0].ID == "bad" {
						return event.Permanent(errors.New("bad"))
					}
					handled <- ds[0].ID
					return nil
				},
			}}
		}))
		if err := app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.publish(t, "1")
		if got := <-handled; got != "1" {
			t.Errorf("handled %s", got)
		}
		check := p.check(t)
		if err := check.Probe(t.Context()); err != nil || check.Critical {
			t.Errorf("check = %v, critical %v, want healthy, not critical", err, check.Critical)
		}
		p.publish(t, "bad")
		p.publish(t, "2") // waits behind it: one key is parked
		synctest.Wait()
		if err := check.Probe(t.Context()); err == nil || err.Error() != "consumer: 1 parked keys: cells/c/s 1" {
			t.Errorf("check = %v, want one parked key", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := app.Stop(ctx); err != nil {
			t.Errorf("Stop = %v", err)
		}
	})
}

func TestModuleToleratesAnAssemblyWithoutSubscriptions(t *testing.T) {
	t.Parallel()
	var p parts
	app := newApp(&p)
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.check(t).Probe(t.Context()); err != nil {
		t.Errorf("check = %v", err)
	}
	if err := app.Stop(t.Context()); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

func TestModuleRefusesAWrongConfiguration(t *testing.T) {
	t.Parallel()
	var p parts
	err := newApp(&p, fx.Replace(consumer.Config{Lanes: -1})).Err()
	if err == nil || !strings.Contains(err.Error(), "modules/consumer: consumer.lanes must be at least 1") {
		t.Errorf("fx.New = %v, want the key and the cure", err)
	}
}

// blind is a parking that cannot be read.
type blind struct{ event.Parking }

func (blind) List(context.Context, string) ([]event.Parked, error) { return nil, errors.New("blind") }

func TestCheckReportsAParkingThatCannotBeRead(t *testing.T) {
	t.Parallel()
	var p parts
	app := newApp(&p, fx.Decorate(func(p event.Parking) event.Parking { return blind{p} }), fx.Provide(func() subscriptionOut {
		return subscriptionOut{Subscription: contract.Subscription{
			Slice: "cells/c/s", Contracts: []contract.Info{{ID: "event.a.v1"}}, Mode: event.Each,
			Handle: func(context.Context, []event.Delivery) error { return nil },
		}}
	}))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	if err := p.check(t).Probe(t.Context()); err == nil || err.Error() != "consumer: count parked keys of cells/c/s: blind" {
		t.Errorf("check = %v", err)
	}
}
