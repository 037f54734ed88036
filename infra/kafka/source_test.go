package kafka

import (
	"testing"
	"time"

	"fxcell.dev/fxcell/event/eventtest"
)

func features(patience time.Duration) eventtest.Features {
	return eventtest.Features{Streams: 2 * partitions, Patience: patience, Quiet: 200 * time.Millisecond}
}

func TestSourceKeepsItsPromises(t *testing.T) {
	t.Parallel()
	eventtest.RunSource(t, func(t *testing.T) eventtest.SourceSubject {
		t.Helper()
		return newSourceRig(t, brisk(fake(t).ListenAddrs()...)).subject()
	}, features(20*time.Second))
}

func TestSourceKeepsItsPromisesOnARealBroker(t *testing.T) {
	t.Parallel()
	eventtest.RunSource(t, func(t *testing.T) eventtest.SourceSubject {
		t.Helper()
		return newSourceRig(t, real(t)).subject()
	}, features(60*time.Second))
}
