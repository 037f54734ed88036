package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/infra/kafka"  //nolint:depguard // the relay is tried with its broker
	"fxcell.dev/infra/memory" //nolint:depguard // fakes of ports are the memory adapters
)

// settings is a configuration that says which brokers.
type settings struct{ brokers []string }

func (s settings) Decode(_ string, into any) error {
	if c, ok := into.(*kafka.Config); ok {
		c.Brokers, c.Topics.Partitions = s.brokers, 3
	}
	return nil
}

// app is the relay as an assembly lists it, over brokers in the process.
type app struct {
	fx.In

	Tx     db.Transactor
	Writer outbox.Writer
	Source event.Source
	Checks []health.Check `group:"fxcell.checks"`
}

func startApp(t *testing.T) (app, *kfake.Cluster) {
	t.Helper()
	brokers, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(brokers.Close)
	var a app
	it := fx.New(fx.NopLogger, memory.Module, kafka.Module, Module, fx.Invoke(func(in app) { a = in }),
		fx.Provide(zap.NewNop, clock.System, func() config.Source { return settings{brokers.ListenAddrs()} }))
	if err := it.Start(t.Context()); err != nil {
		t.Fatalf("Start = %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
		defer cancel()
		if err := it.Stop(ctx); err != nil {
			t.Errorf("Stop = %v", err)
		}
	})
	return a, brokers
}

func (a app) check(t *testing.T, name string) error {
	t.Helper()
	for _, c := range a.Checks {
		if c.Name == name {
			return c.Probe(t.Context())
		}
	}
	t.Fatalf("no check %s", name)
	return nil
}

func TestTheModulePublishesThroughFaultsOfTheBrokers(t *testing.T) {
	t.Parallel()
	a, brokers := startApp(t)
	const events, keys = 600, 7
	for n := range events {
		if n%100 == 50 {
			brokers.ShufflePartitionLeaders()
		}
		if n%60 == 30 {
			brokers.ControlKey(0, func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errors.New("cut"), true })
		}
		if err := a.Tx.InTx(t.Context(), func(ctx context.Context) error {
			return a.Writer.Write(ctx, event.Event{ID: fmt.Sprint(n), Contract: "event.order.placed.v1", Topic: "order", Key: fmt.Sprint("k", n%keys)})
		}); err != nil {
			t.Fatal(err)
		}
	}
	got := kept(t, brokers, events)
	for key := range keys {
		var want []string
		for n := key; n < events; n += keys {
			want = append(want, fmt.Sprint(n))
		}
		if id := fmt.Sprint("k", key); !slices.Equal(got[id], want) {
			t.Errorf("key %s has %q, want %q", id, got[id], want)
		}
	}
	for _, name := range []string{"modules/relay", "infra/kafka", "infra/kafka/producer"} {
		if err := a.check(t, name); err != nil {
			t.Errorf("check %s = %v, want none in the end", name, err)
		}
	}
}

func TestChecksTellThatTheBrokersAreAway(t *testing.T) {
	t.Parallel()
	a, brokers := startApp(t)
	addr := brokers.ListenAddrs()[0]
	brokers.Close()
	if err := a.Tx.InTx(t.Context(), func(ctx context.Context) error {
		return a.Writer.Write(ctx, event.Event{ID: "1", Contract: "event.order.placed.v1", Topic: "order", Key: "k"})
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"infra/kafka", "infra/kafka/producer"} {
		err := a.check(t, name)
		for end := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(end); err = a.check(t, name) {
			<-time.After(10 * time.Millisecond)
		}
		if err == nil || name == "infra/kafka" && !strings.Contains(err.Error(), addr) {
			t.Errorf("check %s = %v, want the brokers named that are away", name, err)
		}
	}
	for _, c := range a.Checks {
		if strings.Contains(c.Name, "kafka") && c.Critical {
			t.Errorf("check %s is critical: requests need no broker", c.Name)
		}
	}
}
