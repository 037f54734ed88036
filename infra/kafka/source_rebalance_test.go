package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/modules/consumer" //nolint:depguard // it is what a source is for
)

// load publishes events of many keys, evenly, for as long as a test likes.
type load struct {
	rig   *sourceRig
	end   chan struct{}
	done  chan int
	again atomic.Bool // some of it is published again
}

const loadKeys = 60

func startLoad(t *testing.T, rig *sourceRig, pause time.Duration) *load {
	t.Helper()
	l := &load{rig: rig, end: make(chan struct{}), done: make(chan int, 1)}
	go func() {
		n := 0
		defer func() { l.done <- n }()
		for tick := time.NewTicker(pause); ; {
			select {
			case <-tick.C:
			case <-l.end:
				tick.Stop()
				return
			}
			events := make([]event.Event, loadKeys/2)
			for i := range events {
				n++
				key := fmt.Sprint("k", n%loadKeys)
				events[i] = event.Event{ID: fmt.Sprintf("%s/%d", key, n), Contract: "event.a.v1", Topic: "suite", Key: key, Time: time.Now()}
			}
			err := rig.publish(t.Context(), events...)
			if l.again.Load() {
				rig.seq.Add(-int64(len(events)))
				err = errors.Join(err, rig.publish(t.Context(), events...))
			}
			if err != nil {
				t.Errorf("publish: %v", err)
				return
			}
		}
	}()
	return l
}

// stop returns how many events were published.
func (l *load) stop() int {
	close(l.end)
	return <-l.done
}

// partitionsOf returns in which partition each key of the load is.
func (r *sourceRig) partitionsOf(t *testing.T) func(key string) int {
	t.Helper()
	in := map[string]int{}
	for i := range loadKeys {
		key := fmt.Sprint("k", i)
		m := r.message(event.Event{ID: "probe/" + key, Contract: "event.z.v1", Topic: "suite", Key: key})
		partition, _, err := r.producer.SendMessage(m)
		if err != nil {
			t.Fatal(err)
		}
		in[key] = int(partition)
	}
	return func(key string) int { return in[key] }
}

func TestMembersComeAndGoUnderLoad(t *testing.T) {
	t.Parallel()
	comeAndGo(t, func(tb testing.TB) Config {
		tb.Helper()
		return brisk(fake(tb).ListenAddrs()...)
	})
}

func TestMembersComeAndGoUnderLoadOnARealBroker(t *testing.T) {
	t.Parallel()
	comeAndGo(t, real)
}

func comeAndGo(t *testing.T, brokers func(tb testing.TB) Config) {
	t.Helper()
	for _, mode := range []event.Mode{event.Each, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			cfg := brokers(t)
			cfg.Topics.Partitions = 6
			rig, d := newSourceRig(t, cfg), newDatabase(t)
			d.placeOf = rig.partitionsOf(t)
			start := func() *process {
				return d.start(t, cfg, consumer.Config{}, contract.Subscription{Mode: mode})
			}
			handledMore := func(n int) {
				t.Helper()
				from := d.count()
				until(t, "events are handled", func() bool { return d.count() >= from+n })
			}
			first := start()
			l := startLoad(t, rig, 20*time.Millisecond)
			handledMore(1500)
			second, third := start(), start()
			handledMore(3000)
			first.stop()
			handledMore(3000)
			n := l.stop()
			until(t, "everything is handled", func() bool { return d.count() >= n })
			second.stop()
			third.stop()
			d.check(t, n)
			for i, p := range []*process{first, second, third} {
				t.Logf("%s: member %d handled %d", mode, i+1, p.handled.Load())
				if p.handled.Load() == 0 || p.joined() != 1 {
					t.Errorf("member %d handled %d events and joined %d times, want a share of one membership", i+1, p.handled.Load(), p.joined())
				}
			}
			for in := range cfg.Topics.Partitions {
				t.Logf("%s: partition %d: longest pause %v", mode, in, d.longest[in].Round(time.Millisecond))
			}
			t.Logf("%s: %d events, %d handled again without an effect", mode, n, d.again())
		})
	}
}

// Who does not listen to the end of its context holds up a partition for a while, not the group.
func TestHandlerThatDoesNotEndLosesItsPartition(t *testing.T) {
	t.Parallel()
	cfg := brisk(fake(t).ListenAddrs()...)
	cfg.Topics.Partitions = 2
	cfg.Groups.Rebalance = 2 * time.Second
	rig, d := newSourceRig(t, cfg), newDatabase(t)
	rig.mustPublish(t, some(40, 20)...)
	ends := make(chan struct{})
	stuck := d.start(t, cfg, consumer.Config{Lanes: 40}, contract.Subscription{Mode: event.External, Handle: func(context.Context, []event.Delivery) error {
		<-ends
		return nil
	}})
	until(t, "every key is being handled", func() bool { return stuck.handled.Load() == 20 })
	other := d.start(t, cfg, consumer.Config{}, contract.Subscription{Mode: event.External, Handle: func(context.Context, []event.Delivery) error { return nil }})
	until(t, "the next owner handles", func() bool { return other.handled.Load() > 0 })
	if got := stuck.logs.FilterMessageSnippet("partition given up though").Len(); got != 1 {
		t.Errorf("%d lines about it, want 1", got)
	}
	if stuck.joined() != 1 {
		t.Errorf("the first owner joined %d times, want it to keep its other partition", stuck.joined())
	}
	close(ends)
	stuck.stop()
	other.stop()
}
