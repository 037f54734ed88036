package kafka

import (
	"fmt"
	"testing"
	"time"
)

// How many events a second go through brokers that answer at once, and after 2 ms, with 4 batches of 500 on their way at a time as the relay has them.
func BenchmarkPublish(b *testing.B) {
	for _, after := range []time.Duration{0, 2 * time.Millisecond} {
		b.Run(fmt.Sprint("answers after ", after), func(b *testing.B) {
			f := fakeBrokers(b, 3)
			r := newSinkRig(b, f, func(c *Config) { c.Producer.MaxMessageBytes = 0 })
			if after > 0 {
				slow(f, after)
			}
			sender, room := r.Open(b.Context()), make(chan struct{}, 2000)
			batch := batchesOf(1, 500, 1000)[0]
			b.ResetTimer()
			for n := 0; n < b.N; n += len(batch) {
				events := batch[:min(len(batch), b.N-n)]
				for range events {
					room <- struct{}{}
				}
				sender.Send(events, func(_ int, err error) {
					if err != nil {
						b.Errorf("an event was not kept: %v", err)
					}
					<-room
				})
			}
			for range cap(room) {
				room <- struct{}{}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
