package faults

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"fxcell.dev/integration/testenv/kafka"
	"fxcell.dev/integration/testenv/redis"
)

// cluster is a broker and a Redis of a test's own, which the product reaches by proxies.
type cluster struct {
	kafka *kafka.Server
	redis *redis.Server

	toPostgres, toKafka, toRedis *proxy
}

// topicsPrefix and partitions are what the tests make topics with.
const (
	topicsPrefix = "faults."
	partitions   = 6
)

// onKafka lets the product run over a broker and a Redis of its own, each server behind a proxy.
func (p *product) onKafka() *cluster {
	p.Helper()
	c := &cluster{toPostgres: p.between(), toKafka: p.proxyTo(""), toRedis: p.proxyTo("")}
	k, port, err := kafka.StartBehind(p.Context(), c.toKafka.address())
	if err != nil {
		p.Fatal(err)
	}
	c.kafka = k
	p.Cleanup(func() { p.ended(k.Stop()) })
	c.toKafka.to(fmt.Sprintf("127.0.0.1:%d", port))
	r, err := redis.Start(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	c.redis = r
	p.Cleanup(func() { p.ended(r.Stop()) })
	c.toRedis.to(r.Addr)
	p.Logf("%s; %s", k.Text, r.Text)
	p.assembly, p.reader = "durable-kafka", "modules/relay"
	p.settings = append(p.settings,
		"kafka.brokers="+c.toKafka.address(), "kafka.topics.prefix="+topicsPrefix, "kafka.topics.replication=1", fmt.Sprintf("kafka.topics.partitions=%d", partitions),
		"redis.addrs="+c.toRedis.address(),
	)
	return c
}

func (p *product) ended(err error) {
	p.Helper()
	if err != nil {
		p.Error(err)
	}
}

// client is a Kafka client that knows nothing of the product. It goes to the broker directly.
func (c *cluster) client(t *testing.T, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(c.kafka.Brokers)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// consume reads a topic from its beginning until enough says so.
func (c *cluster) consume(t *testing.T, topic string, enough func(r *kgo.Record) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	client := c.client(t, kgo.ConsumeTopics(topicsPrefix+topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	for {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatal(err)
		}
		for i := fetches.RecordIter(); !i.Done(); {
			if enough(i.Next()) {
				return
			}
		}
	}
}

// recovered waits until clients write again and what they wrote has arrived everywhere, and returns how long that took.
func (p *product) recovered(l *load, since time.Time) time.Duration {
	p.Helper()
	promised := l.promises()
	p.await("that clients write again", func() bool { return l.promises() > promised+20 })
	last := value[int64](p, `SELECT coalesce(max(id), 0) FROM fxcell.outbox`)
	p.await("that what was written before has arrived", func() bool {
		return value[bool](p, `SELECT NOT EXISTS (SELECT 1 FROM fxcell.outbox o WHERE o.id <= $1
  AND NOT EXISTS (SELECT 1 FROM audit.entries e WHERE e.chain = 'audit' AND e.event_id = o.headers->>'id')
  AND NOT EXISTS (SELECT 1 FROM fxcell.outbox_dead d WHERE d.event_id = o.headers->>'id'))`, last)
	})
	return time.Since(since).Round(time.Millisecond)
}
