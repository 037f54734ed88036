package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/secret"
)

// typical is an event of about 220 bytes with a trace.
func typical(n int) event.Event {
	return event.Event{
		ID: fmt.Sprintf("0198c5a0-0000-7000-8000-%012d", n), Contract: "event.order.placed.v1", Topic: "order", Key: fmt.Sprint("order-", n%1000),
		Source: "cells/order/ordercreate", Time: time.Now(), TraceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		Payload: fmt.Appendf(nil, `{"order":%d,"customer":"c-%d","amount":"19.99","note":"%0100d"}`, n, n%1000, n),
	}
}

func benchLog(b *testing.B) *process {
	b.Helper()
	return join(b, Config{DSN: secret.NewText(logDatabase(b)), MaxConns: 16})
}

// BenchmarkDrain reads and passes 50 000 events that wait.
func BenchmarkDrain(b *testing.B) {
	p := benchLog(b)
	const events = 50_000
	for n := 0; n < events; n += 100 {
		err := p.tx.InTx(b.Context(), func(ctx context.Context) error {
			for i := range 100 {
				if err := p.writer.Write(ctx, typical(n+i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for i := range b.N {
		s, err := p.log.Own(b.Context(), event.Reader{Name: fmt.Sprint("reader ", i)})
		if err != nil {
			b.Fatal(err)
		}
		for read := 0; read < events; {
			batch, err := s.Next(b.Context(), 500)
			if err != nil {
				b.Fatal(err)
			}
			read += len(batch.Events)
			err = p.tx.InTx(b.Context(), func(ctx context.Context) error { return s.Advance(ctx, batch) })
			if err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Release(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkCommitToRead has 8 writers commit an event each again and again, at a rate or flat out, while the log is read here or in another process.
func BenchmarkCommitToRead(b *testing.B) {
	for _, c := range []struct {
		name   string
		every  time.Duration // of one writer
		remote bool
	}{{"500 a second", 16 * time.Millisecond, false}, {"500 a second, read elsewhere", 16 * time.Millisecond, true}, {"flat out", 0, false}} {
		b.Run(c.name, func(b *testing.B) {
			p := benchLog(b)
			reader := p
			if c.remote {
				reader = join(b, p.pool.cfg)
			}
			s, err := reader.log.Own(b.Context(), event.Reader{Name: "r"})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			latency := commitToRead(b, p, reader, s, c.every)
			b.ReportMetric(float64(len(latency))/b.Elapsed().Seconds(), "events/s")
			slices.Sort(latency)
			b.ReportMetric(float64(latency[len(latency)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(latency[len(latency)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// commitToRead writes b.N events, and returns how long each took from just before its commit until it was passed.
func commitToRead(b *testing.B, p, reader *process, s event.Stream, every time.Duration) (latency []time.Duration) {
	b.Helper()
	var mu sync.Mutex
	issued := map[string]time.Time{}
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := w; n < b.N; n += 8 {
				began := time.Now()
				err := p.tx.InTx(b.Context(), func(ctx context.Context) error {
					if err := p.writer.Write(ctx, typical(n)); err != nil {
						return err
					}
					return lastHook(ctx, 4, func(context.Context) error {
						mu.Lock()
						defer mu.Unlock()
						issued[typical(n).ID] = time.Now()
						return nil
					})
				})
				if err != nil {
					b.Error(err)
				}
				if every > 0 {
					rest(b.Context(), time.Until(began.Add(every)))
				}
			}
		})
	}
	for len(latency) < b.N {
		batch, err := s.Next(b.Context(), 500)
		if err != nil {
			b.Fatal(err)
		}
		if len(batch.Events) == 0 {
			<-s.Wake()
			continue
		}
		if err := reader.tx.InTx(b.Context(), func(ctx context.Context) error { return s.Advance(ctx, batch) }); err != nil {
			b.Fatal(err)
		}
		mu.Lock()
		for _, e := range batch.Events {
			latency = append(latency, time.Since(issued[e.ID]))
		}
		mu.Unlock()
	}
	writers.Wait()
	return latency
}
