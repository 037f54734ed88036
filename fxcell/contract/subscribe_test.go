package contract_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/level"
)

// book notes what it is told.
type book struct {
	told    []event.Message[sold]
	batches [][]event.Delivery
	err     error
}

func (b *book) OnSold(_ context.Context, m event.Message[sold]) error {
	b.told = append(b.told, m)
	return b.err
}

func (b *book) OnMany(_ context.Context, ds []event.Delivery) error {
	b.batches = append(b.batches, ds)
	return b.err
}

func bookSlice(b *book, subscribes []fxcell.Subscribes, parts ...fxcell.Part) fx.Option {
	meta := fxcell.SliceMeta{ID: "keep", Cell: "book", Subscribes: subscribes}
	parts = append([]fxcell.Part{fxcell.Provide(func() *book { return b })}, parts...)
	return fxcell.Cell(fxcell.CellMeta{ID: "book", Type: "core", Level: level.L3}, fxcell.Slice(meta, parts...))
}

type subscriptionGroup struct {
	fx.In

	Subscriptions []contract.Subscription `group:"fxcell.subscriptions"`
}

// subscribed builds the one subscription of an assembly with the option.
func subscribed(t *testing.T, o fx.Option) contract.Subscription {
	t.Helper()
	var in subscriptionGroup
	build(t, o, fx.Invoke(func(i subscriptionGroup) { in = i }))
	if len(in.Subscriptions) != 1 {
		t.Fatalf("got %d subscriptions, want 1", len(in.Subscriptions))
	}
	return in.Subscriptions[0]
}

func delivery(payload string) event.Delivery {
	return event.Delivery{Attempt: 2, Replayed: true, Event: event.Event{
		ID: "e-1", Contract: soldV1.ID, Key: "i-1", Source: "cells/till/sale", Subject: "sub", Time: time.Unix(1, 0), Actor: auth.Actor{Kind: auth.User, ID: "u-1"},
		Payload: []byte(payload),
	}}
}

func TestSubscriberIsGivenTheDecodedEvent(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{"", event.Each, event.External} {
		b := &book{}
		s := subscribed(t, bookSlice(b, []fxcell.Subscribes{{Contract: soldV1.ID, Mode: mode}}, contract.Subscribe(soldV1, (*book).OnSold)))
		wantMode := mode
		if mode == "" {
			wantMode = event.Each
		}
		if s.Slice != "cells/book/keep" || s.Mode != wantMode || len(s.Contracts) != 1 {
			t.Errorf("got %s in mode %s with %d contracts, want cells/book/keep in mode %s with 1", s.Slice, s.Mode, len(s.Contracts), wantMode)
		}
		if err := s.Handle(t.Context(), []event.Delivery{delivery(`{"id":"i-1","price":5}`)}); err != nil {
			t.Fatal(err)
		}
		want := []event.Message[sold]{{
			ID: "e-1", Contract: soldV1.ID, Key: "i-1", Time: time.Unix(1, 0), Source: "cells/till/sale", Actor: auth.Actor{Kind: auth.User, ID: "u-1"},
			Subject: "sub", Attempt: 2, Replayed: true, Payload: sold{ID: "i-1", Price: 5}, Raw: []byte(`{"id":"i-1","price":5}`),
		}}
		if diff := cmp.Diff(want, b.told); diff != "" {
			t.Errorf("message (-want +got):\n%s", diff)
		}
	}
}

func TestErrorOfASubscriberIsWorthAnotherAttempt(t *testing.T) {
	t.Parallel()
	b := &book{err: errDisk}
	s := subscribed(t, bookSlice(b, []fxcell.Subscribes{{Contract: soldV1.ID}}, contract.Subscribe(soldV1, (*book).OnSold)))
	if err := s.Handle(t.Context(), []event.Delivery{delivery(`{"id":"i-1","price":5}`)}); !errors.Is(err, errDisk) || event.IsPermanent(err) {
		t.Errorf("got error %v, want %v that is not permanent", err, errDisk)
	}
}

func TestPayloadThatDoesNotFitNeverReachesTheSubscriber(t *testing.T) {
	t.Parallel()
	b := &book{}
	s := subscribed(t, bookSlice(b, []fxcell.Subscribes{{Contract: soldV1.ID}}, contract.Subscribe(soldV1, (*book).OnSold)))
	for _, payload := range []string{
		``, `null`, `{}`, `{"id":"i-1","price":"S3CRET"}`, `{"id":"i-1","price":5,"S3CRET":1}x`, `{"id":"i-1","price":1.0}`, `{"id":"i-1","id":"i-1","price":5}`,
	} {
		err := s.Handle(t.Context(), []event.Delivery{delivery(payload)})
		misfit, ok := errors.AsType[*contract.MisfitError](err)
		if !ok || misfit.What != "payload" || !event.IsPermanent(err) || !strings.Contains(err.Error(), soldV1.ID) {
			t.Errorf("%q: got error %v, want a permanent misfit that names the contract", payload, err)
		}
		if strings.Contains(fmt.Sprint(err), "S3CRET") {
			t.Errorf("%q: the error shows the payload: %v", payload, err)
		}
	}
	if len(b.told) > 0 {
		t.Errorf("the subscriber was told %d times, want never", len(b.told))
	}
}

func TestBatchIsGivenAsItWasStored(t *testing.T) {
	t.Parallel()
	b := &book{}
	other := soldV1
	other.ID = "event.returned.v1"
	s := subscribed(t, bookSlice(b, []fxcell.Subscribes{{Contract: soldV1.ID, Mode: event.Batched}, {Contract: other.ID, Mode: event.Batched}},
		contract.SubscribeBatch((*book).OnMany, soldV1, other)))
	if s.Mode != event.Batched || len(s.Contracts) != 2 || s.Contracts[0].Topic != "till" || s.Contracts[0].Retry != event.DefaultRetry() || s.Contracts[0].OnPoison != event.Park {
		t.Errorf("got %+v, want a batch of two contracts with their defaults", s)
	}
	want := [][]event.Delivery{{delivery(`{}`), delivery(`not even JSON`)}}
	if err := s.Handle(t.Context(), want[0]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.batches); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

func TestModeOfCodeAndFileMustAgree(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		o    fx.Option
		want string
	}{
		{
			"batch in slice.yaml, one at a time in module.go",
			bookSlice(&book{}, []fxcell.Subscribes{{Contract: soldV1.ID, Mode: event.Batched}}, contract.Subscribe(soldV1, (*book).OnSold)),
			"event.sold.v1 is batch, contract.Subscribe takes one event at a time",
		},
		{
			"each in slice.yaml, batch in module.go",
			bookSlice(&book{}, []fxcell.Subscribes{{Contract: soldV1.ID}}, contract.SubscribeBatch((*book).OnMany, soldV1)),
			"contract.SubscribeBatch lists event.sold.v1, which is not batch",
		},
	}
	for _, c := range cases {
		err := fault(c.o, fx.Invoke(func(subscriptionGroup) {}))
		if !errors.Is(err, contract.ErrMode) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %v with %q", c.name, err, contract.ErrMode, c.want)
		}
	}
}
