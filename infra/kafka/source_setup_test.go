package kafka

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/event/eventtest"
	"fxcell.dev/fxcell/fxcelltest"
)

const partitions = 3

// The metrics of the driver never end.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// fake starts brokers in the process.
func fake(tb testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	tb.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

// brisk is a configuration whose groups are quick.
func brisk(brokers ...string) Config {
	return Config{
		Brokers: brokers,
		Topics:  TopicsConfig{Partitions: partitions},
		Groups:  GroupsConfig{Session: 6 * time.Second, Heartbeat: 50 * time.Millisecond, Rebalance: 6 * time.Second, Commit: 50 * time.Millisecond},
	}.WithDefaults()
}

// sourceRig is a source over the topic suite, and what publishes to it.
type sourceRig struct {
	*source

	producer sarama.SyncProducer
	seq      atomic.Int64
}

func newSourceRig(tb testing.TB, cfg Config) *sourceRig {
	tb.Helper()
	return newSourceRigOf(tb, cfg, zaptest.NewLogger(tb, zaptest.Level(zap.ErrorLevel)))
}

func newSourceRigOf(tb testing.TB, cfg Config, logger *zap.Logger) *sourceRig {
	tb.Helper()
	c, err := newCluster(cfg, logger)
	if err != nil {
		tb.Fatal(err)
	}
	c.wanted = []string{"suite", "more"}
	if err := c.open(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.close(context.WithoutCancel(tb.Context())); err != nil {
			tb.Errorf("close = %v", err)
		}
	})
	topics := map[string]string{"event.a.v1": "suite", "event.b.v1": "suite", "event.m.v1": "more"}
	return &sourceRig{
		source:   newSource(c, func() map[string]string { return topics }, logger),
		producer: testProducer(tb, c),
	}
}

func testProducer(tb testing.TB, c *cluster) sarama.SyncProducer {
	tb.Helper()
	client, err := c.newClient(func(cfg *sarama.Config) {
		cfg.Producer.RequiredAcks, cfg.Producer.Return.Successes = sarama.WaitForAll, true
		cfg.Producer.Retry.Max, cfg.Metadata.Retry.Max = 1000, 1000
		cfg.Producer.Idempotent, cfg.Net.MaxOpenRequests = true, 1
	})
	if err != nil {
		tb.Fatal(err)
	}
	p, err := sarama.NewSyncProducerFromClient(client)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = p.Close()
		_ = client.Close()
	})
	return p
}

// publish sends events, each with the next place in the log.
func (r *sourceRig) publish(_ context.Context, events ...event.Event) error {
	msgs := make([]*sarama.ProducerMessage, len(events))
	for i, e := range events {
		e.Seq = r.seq.Add(1)
		msgs[i] = r.message(e)
	}
	return r.producer.SendMessages(msgs)
}

func (r *sourceRig) message(e event.Event) *sarama.ProducerMessage {
	headers := headersOf(e)
	return &sarama.ProducerMessage{
		Topic: r.cluster.cfg.Topics.Prefix + e.Topic, Key: sarama.StringEncoder(e.Key), Value: sarama.ByteEncoder(e.Payload), Headers: headers,
	}
}

func (r *sourceRig) subject() eventtest.SourceSubject {
	return eventtest.SourceSubject{Source: r, Publish: r.publish}
}

// real is a configuration for a server that was started for the tests, on which nobody else has what it names.
func real(tb testing.TB) Config {
	tb.Helper()
	cfg := brisk(strings.Split(fxcelltest.Server(tb, "TESTENV_KAFKA_BROKERS"), ",")...)
	cfg.Topics.Prefix = "t" + uuid.NewString() + "."
	cfg.Groups.Prefix = cfg.Topics.Prefix
	return cfg
}
