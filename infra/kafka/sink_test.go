package kafka

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/event/eventtest"
	"fxcell.dev/fxcell/fxcelltest"
)

func TestTheProducerKeepsThePromisesOfASink(t *testing.T) {
	t.Parallel()
	eventtest.RunSink(t, func(t *testing.T) eventtest.SinkSubject {
		t.Helper()
		return newSinkRig(t, fakeBrokers(t, 2)).subject()
	}, eventtest.Features{})
}

func TestOverRealBrokersTheProducerKeepsThePromisesOfASink(t *testing.T) {
	t.Parallel()
	brokers := strings.Split(fxcelltest.Server(t, "TESTENV_KAFKA_BROKERS"), ",")
	eventtest.RunSink(t, func(t *testing.T) eventtest.SinkSubject {
		t.Helper()
		return newSinkRig(t, nil, func(c *Config) { c.Brokers, c.Topics.Prefix = brokers, ownPrefix() }).subject()
	}, eventtest.Features{Patience: time.Minute})
}

func TestOverRealBrokersEveryEventIsKeptOnceInOrder(t *testing.T) {
	t.Parallel()
	brokers := strings.Split(fxcelltest.Server(t, "TESTENV_KAFKA_BROKERS"), ",")
	r := newSinkRig(t, nil, func(c *Config) { c.Brokers, c.Topics.Prefix = brokers, ownPrefix() })
	batches := batchesOf(40, 500, 100)
	publish(t, r.producer, batches)
	r.keptOnce(t, batches)
}

// ownPrefix names topics that no other test has.
func ownPrefix() string { return "sink" + strconv.FormatInt(time.Now().UnixNano(), 36) + "." }
