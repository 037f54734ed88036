package memory

import (
	"testing"

	"fxcell.dev/fxcell/outbox/outboxtest"
)

func TestLogKeepsThePromisesOfThePorts(t *testing.T) {
	t.Parallel()
	features := outboxtest.Features{Bounded: true, Serial: true}
	for name, bubble := range map[string]bool{"in a bubble": true, "in real time": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			features := features
			features.Bubble = bubble
			outboxtest.Run(t, func(t *testing.T) outboxtest.Subject {
				t.Helper()
				b := setup(t, outboxtest.Capacity)
				return outboxtest.Subject{Tx: b.engine, Writer: b.log, Log: b.log}
			}, features)
		})
	}
}
