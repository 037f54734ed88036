package consumer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"fxcell.dev/fxcell/event"
)

// BenchmarkDrain handles events that are there already: commits and handlings per second.
func BenchmarkDrain(b *testing.B) {
	for _, mode := range []event.Mode{event.Each, event.Batched, event.External} {
		b.Run(string(mode), func(b *testing.B) {
			w := newWorld(b)
			var left sync.WaitGroup
			left.Add(b.N)
			b.ReportAllocs()
			b.ResetTimer()
			w.start(subscription(mode, func(_ context.Context, ds []event.Delivery) error {
				left.Add(-len(ds))
				return nil
			}))
			for n := 0; n < b.N; n += 100 {
				events := make([]event.Event, min(100, b.N-n))
				for i := range events {
					events[i] = ev("", fmt.Sprint((n+i)%1000))
				}
				w.publishWhenThereIsRoom(b, events)
			}
			left.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			w.mustStop()
		})
	}
}

func (w *world) publishWhenThereIsRoom(b *testing.B, events []event.Event) {
	b.Helper()
	for {
		err := w.tx.InTx(b.Context(), func(ctx context.Context) error { return w.writer.Write(ctx, events...) })
		if err == nil {
			return
		}
		sleep(b.Context(), time.Millisecond)
	}
}

// BenchmarkLatency measures from a commit to the handler's start, one event at a time.
func BenchmarkLatency(b *testing.B) {
	for _, mode := range []event.Mode{event.Each, event.Batched, event.External} {
		b.Run(string(mode), func(b *testing.B) {
			w := newWorld(b)
			handled := make(chan time.Time, 1)
			w.start(subscription(mode, func(context.Context, []event.Delivery) error {
				handled <- time.Now()
				return nil
			}))
			var waits []time.Duration
			for b.Loop() {
				w.publish(ev("", "k"))
				committed := time.Now()
				waits = append(waits, (<-handled).Sub(committed))
			}
			slices.Sort(waits)
			b.ReportMetric(float64(waits[len(waits)/2].Nanoseconds()), "p50-ns")
			b.ReportMetric(float64(waits[len(waits)*99/100].Nanoseconds()), "p99-ns")
			w.mustStop()
		})
	}
}
