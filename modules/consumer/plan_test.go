package consumer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
)

func sub(slice string, mode event.Mode, contracts ...string) contract.Subscription {
	s := contract.Subscription{Slice: slice, Mode: mode, Handle: func(context.Context, []event.Delivery) error { return nil }}
	for _, c := range contracts {
		s.Contracts = append(s.Contracts, contract.Info{ID: c})
	}
	return s
}

func TestSubscriptionsOfASliceAreOneReader(t *testing.T) {
	t.Parallel()
	subscriptions := []contract.Subscription{
		sub("cells/b/y", event.Batched, "event.d.v1", "event.b.v1"),
		sub("cells/a/x", event.External, "event.c.v1"),
		sub("cells/b/y", event.Batched, "event.a.v1"),
		sub("cells/a/x", event.Each, "event.a.v1"),
	}
	want := []event.Reader{
		{Name: "cells/a/x", Contracts: []string{"event.a.v1", "event.c.v1"}},
		{Name: "cells/b/y", Contracts: []string{"event.a.v1", "event.b.v1", "event.d.v1"}},
	}
	rapid.Check(t, func(rt *rapid.T) {
		plans, err := makePlans(rapid.Permutation(subscriptions).Draw(rt, "order"))
		if err != nil {
			rt.Fatal(err)
		}
		var got []event.Reader
		for _, p := range plans {
			got = append(got, p.reader())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Error(diff)
		}
		if plans[0].batched || !plans[1].batched || plans[0].cell != "cells/a" {
			rt.Errorf("plans %+v, %+v", plans[0], plans[1])
		}
		if u := plans[0].uses["event.a.v1"]; u.retry != event.DefaultRetry() || u.onPoison != event.Park {
			rt.Errorf("defaults %+v", u)
		}
	})
}

func TestSubscriptionsThatCannotRunAreRefusedAllAtOnce(t *testing.T) {
	t.Parallel()
	nothing := sub("cells/e/s", event.Each, "event.a.v1")
	nothing.Handle = nil
	_, err := New(Config{Lanes: -1, Window: -1, Batch: -1, HandlerTimeout: -1}, []contract.Subscription{
		sub("cells/a/s", event.Each, "event.a.v1"), sub("cells/a/s", event.External, "event.b.v1", "event.a.v1"),
		sub("cells/b/s", event.Each, "event.a.v1"), sub("cells/b/s", event.Batched, "event.b.v1"),
		sub("cells/c/s", "each ", "event.a.v1"), sub("cells/d/s", event.Each), nothing, sub("", event.Each, "event.a.v1"),
		sub("cells/g/s", event.Batched, "event.b.v1", "event.b.v1"),
	}, Ports{Logger: zap.NewNop()})
	for _, want := range []error{ErrDuplicate, ErrMixed, ErrIncomplete} {
		if !errors.Is(err, want) {
			t.Errorf("%v is missing", want)
		}
	}
	got := strings.Split(err.Error(), "\n")
	want := []string{
		"modules/consumer: consumer.lanes must be at least 1: set it in the file or FXCELL_CONSUMER__LANES",
		"modules/consumer: consumer.window must be at least 1: set it in the file or FXCELL_CONSUMER__WINDOW",
		"modules/consumer: consumer.batch must be at least 1: set it in the file or FXCELL_CONSUMER__BATCH",
		"modules/consumer: consumer.handler_timeout must be positive, e.g. 30s: set it in the file or FXCELL_CONSUMER__HANDLER_TIMEOUT",
		`consumer: " event.a.v1", mode "each": a subscription needs a slice, a contract, a mode and a handler`,
		"consumer: cells/a/s: event.a.v1: one slice subscribes the same contract twice",
		"consumer: cells/b/s event.b.v1 is batch: one slice subscribes in mode batch and in another mode",
		`consumer: "cells/c/s event.a.v1", mode "each ": a subscription needs a slice, a contract, a mode and a handler`,
		`consumer: "cells/d/s", mode "each": a subscription needs a slice, a contract, a mode and a handler`,
		`consumer: "cells/e/s event.a.v1", mode "each": a subscription needs a slice, a contract, a mode and a handler`,
		"consumer: cells/g/s: event.b.v1: one slice subscribes the same contract twice",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConfigFillsItsZeroFieldsOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ config, want Config }{
		{Config{}, Config{8, 1024, 100, 30 * time.Second}},
		{Config{Lanes: 2}, Config{2, 1024, 100, 30 * time.Second}},
		{Config{1, 2, 3, 4}, Config{1, 2, 2, 4}},
	} {
		if got := c.config.WithDefaults(); got != c.want {
			t.Errorf("%+v filled is %+v, want %+v", c.config, got, c.want)
		}
	}
}

func TestPausesGrowUpToTheirBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := event.Retry{
			From: time.Duration(rapid.Int64Range(1, 1<<62).Draw(rt, "from")), To: time.Duration(rapid.Int64Range(1, 1<<62).Draw(rt, "to")),
		}
		n := rapid.IntRange(1, 200).Draw(rt, "n")
		bound := min(r.From, r.To)
		for range n - 1 {
			if bound > r.To/2 {
				bound = r.To
				break
			}
			bound *= 2
		}
		for range 20 {
			if got := pause(r, n); got <= 0 || got > bound {
				rt.Fatalf("pause(%+v, %d) = %v, want up to %v", r, n, got, bound)
			}
		}
	})
	if got := pause(event.Retry{}, 3); got != 0 {
		t.Errorf("pause of nothing = %v", got)
	}
	longest := time.Duration(0)
	for range 1000 {
		longest = max(longest, pause(event.Retry{From: time.Second, To: time.Minute}, 4))
	}
	if longest < 7*time.Second || longest > 8*time.Second {
		t.Errorf("the longest of 1000 pauses after four failures is %v, want nearly 8s", longest)
	}
}
