package kafka

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/event/eventtest"
)

// sinkRig is a producer over brokers, and a look at what those keep.
type sinkRig struct {
	*producer

	fake *kfake.Cluster // nil when the brokers are real
}

// fakeBrokers starts brokers in the process that have no topic.
func fakeBrokers(tb testing.TB, n int, opts ...kfake.Opt) *kfake.Cluster {
	tb.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(n)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func newSinkRig(tb testing.TB, f *kfake.Cluster, adjust ...func(*Config)) *sinkRig {
	tb.Helper()
	cfg := Config{Topics: TopicsConfig{Partitions: 3}, Producer: ProducerConfig{MaxMessageBytes: 10000}}
	if f != nil {
		cfg.Brokers = f.ListenAddrs()
	}
	for _, a := range adjust {
		a(&cfg)
	}
	c, err := newCluster(cfg, zaptest.NewLogger(tb, zaptest.Level(zap.ErrorLevel)))
	if err != nil {
		tb.Fatal(err)
	}
	c.wanted = []string{"suite"}
	p := newSink(c)
	if err := errors.Join(c.open(tb.Context()), p.open(tb.Context())); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx := context.WithoutCancel(tb.Context())
		if err := errors.Join(p.close(ctx), c.close(ctx)); err != nil {
			tb.Errorf("close = %v", err)
		}
	})
	return &sinkRig{p, f}
}

func (r *sinkRig) subject() eventtest.SinkSubject {
	s := eventtest.SinkSubject{
		Sink: r.producer, Read: r.read,
		Misfit: event.Event{ID: "misfit", Contract: "event.a.v1", Topic: "suite", Key: "m", Payload: make([]byte, 20000)},
	}
	if r.fake != nil {
		s.Refuse, s.Away = r.refuse, r.away()
	}
	return s
}

// read returns what the brokers keep of the topic suite.
func (r *sinkRig) read(context.Context) ([]event.Event, error) {
	client, err := r.cluster.newClient(nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		return nil, err
	}
	defer func() { _ = consumer.Close() }()
	var all []event.Event
	for partition := range int32(r.cluster.cfg.Topics.Partitions) {
		messages, err := r.messages(client, consumer, partition)
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			e, err := r.cluster.cfg.eventOf(m)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	return all, nil
}

func (r *sinkRig) messages(client sarama.Client, consumer sarama.Consumer, partition int32) ([]*sarama.ConsumerMessage, error) {
	name := r.cluster.cfg.Topics.Prefix + "suite"
	end, err := client.GetOffset(name, partition, sarama.OffsetNewest)
	for begun := time.Now(); errors.Is(err, sarama.ErrNotLeaderForPartition) && time.Since(begun) < 10*time.Second; { // of a topic that is new
		if err := client.RefreshMetadata(name); err != nil {
			return nil, err
		}
		end, err = client.GetOffset(name, partition, sarama.OffsetNewest)
	}
	if err != nil || end == 0 {
		return nil, err
	}
	part, err := consumer.ConsumePartition(name, partition, sarama.OffsetOldest)
	if err != nil {
		return nil, err
	}
	defer func() { _ = part.Close() }()
	var all []*sarama.ConsumerMessage
	for m := range part.Messages() {
		if all = append(all, m); m.Offset == end-1 {
			break
		}
	}
	return all, nil
}

// refuse makes the brokers refuse every batch that holds the event.
func (r *sinkRig) refuse(id string) {
	marker := append(append([]byte(headerID), byte(len(id)*2)), id...)
	for partition := range int32(r.cluster.cfg.Topics.Partitions) {
		r.fake.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Topic: "suite", Partitions: []int32{partition}, Err: kerr.InvalidRecord, Count: -1,
			When: func(req kmsg.Request) bool { return holds(req, partition, marker) },
		})
	}
}

// holds reports whether a request sends a batch to the partition that holds the bytes.
func holds(req kmsg.Request, partition int32, marker []byte) bool {
	p, _ := req.(*kmsg.ProduceRequest)
	for _, t := range p.Topics {
		for _, batch := range t.Partitions {
			if batch.Partition == partition && bytes.Contains(batch.Records, marker) {
				return true
			}
		}
	}
	return false
}

// away makes the brokers cut every connection that asks something, until they are back.
func (r *sinkRig) away() func(away bool) {
	var mu sync.Mutex
	gone := false
	r.fake.ControlKey(-1, func(kmsg.Request) (kmsg.Response, error, bool) {
		mu.Lock()
		defer mu.Unlock()
		if !gone {
			return nil, nil, false
		}
		r.fake.KeepControl()
		return nil, errors.New("away"), true
	})
	return func(away bool) {
		mu.Lock()
		defer mu.Unlock()
		gone = away
	}
}
