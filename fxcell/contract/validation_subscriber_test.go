package contract_test

import (
	"context"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/level"
)

type labelReader struct{ tb testing.TB }

// Made implements the subscription.
func (r *labelReader) Made(context.Context, event.Message[labelMade]) error {
	r.tb.Error("the handler was given a payload that does not fit")
	return nil
}

type labelSubscriptions struct {
	fx.In

	Subscriptions []contract.Subscription `group:"fxcell.subscriptions"`
}

// deliverLabel gives the event to a subscriber in an app that only reports what goes out, and returns what it saidSource.
func deliverLabel(t *testing.T, e event.Event) error {
	t.Helper()
	cell := fxcell.Cell(fxcell.CellMeta{ID: "reader", Level: level.L1}, fxcell.Slice(
		fxcell.SliceMeta{ID: "read", Cell: "reader", Subscribes: []fxcell.Subscribes{{Contract: labelMadeV1.ID}}},
		fxcell.Provide(func() *labelReader { return &labelReader{t} }), contract.Subscribe(labelMadeV1, (*labelReader).Made)))
	var in labelSubscriptions
	app := fx.New(fxcell.Assembly("reader", durability.Durable, fx.Provide(zap.NewNop), cell), fx.NopLogger, fx.Invoke(func(i labelSubscriptions) { in = i }))
	if err := app.Err(); err != nil || len(in.Subscriptions) != 1 {
		t.Fatalf("%d subscriptions, %v", len(in.Subscriptions), err)
	}
	err := in.Subscriptions[0].Handle(t.Context(), []event.Delivery{{Event: e}})
	if !event.IsPermanent(err) {
		t.Errorf("%v is worth another attempt", err)
	}
	return err
}
