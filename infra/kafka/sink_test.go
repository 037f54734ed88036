package kafka

import (
	"testing"

	"fxcell.dev/fxcell/event/eventtest"
)

func TestTheProducerKeepsThePromisesOfASink(t *testing.T) {
	t.Parallel()
	eventtest.RunSink(t, func(t *testing.T) eventtest.SinkSubject {
		t.Helper()
		return newSinkRig(t, fakeBrokers(t, 2)).subject()
	}, eventtest.Features{})
}
