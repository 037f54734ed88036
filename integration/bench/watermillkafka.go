package main

import (
	"context"
	"errors"

	"github.com/IBM/sarama" //nolint:depguard // of its types the peer's settings are made
	"github.com/ThreeDotsLabs/watermill"
	wmkafka "github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	wmsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/components/forwarder"
	"github.com/ThreeDotsLabs/watermill/message"
)

const (
	keyName    = "key" // where a message says its key
	partitions = 12    // of its topic: as many as ours has by default
)

// watermillKafkaLane is watermill's forwarder from watermill-sql to watermill-kafka, and a subscriber behind them where the route ends at a handler.
type watermillKafkaLane struct {
	watermillLane

	route route
}

func (l *watermillKafkaLane) open(ctx context.Context, dsn string) error {
	l.forwarded = l.route.topic()
	return l.watermillLane.open(ctx, dsn)
}

func (l *watermillKafkaLane) prepare(ctx context.Context) error {
	s, err := l.consumer()
	if err != nil {
		return err
	}
	return errors.Join(l.watermillLane.prepare(ctx), s.SubscribeInitialize(l.route.topic()), s.Close())
}

func byKey(_ string, m *message.Message) (string, error) { return m.Metadata.Get(keyName), nil }

func (l *watermillKafkaLane) consumer() (*wmkafka.Subscriber, error) {
	c := wmkafka.DefaultSaramaSubscriberConfig()
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	return wmkafka.NewSubscriber(wmkafka.SubscriberConfig{
		Brokers: []string{l.route.brokers}, Unmarshaler: wmkafka.NewWithPartitioningMarshaler(byKey), OverwriteSaramaConfig: c,
		ConsumerGroup: l.route.prefix + readerName, InitializeTopicDetails: &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1},
	}, watermill.NopLogger{})
}

func (l *watermillKafkaLane) read(ctx context.Context, handle func(item)) (stop func() error, err error) {
	rest := func() error { return nil }
	var out message.Publisher
	if out, err = wmkafka.NewPublisher(wmkafka.PublisherConfig{
		Brokers: []string{l.route.brokers}, Marshaler: wmkafka.NewWithPartitioningMarshaler(byKey),
	}, watermill.NopLogger{}); err != nil {
		return nil, err
	}
	if l.route.handled {
		if rest, err = l.consume(ctx, handle); err != nil {
			return nil, errors.Join(err, out.Close())
		}
	} else {
		out = tellingPublisher{out, handle}
	}
	end, err := l.forward(ctx, out)
	if err != nil {
		return nil, errors.Join(err, rest(), out.Close())
	}
	return func() error { return errors.Join(end(), rest(), out.Close()) }, nil
}

// consume calls handle with what comes out of Kafka.
func (l *watermillKafkaLane) consume(ctx context.Context, handle func(item)) (stop func() error, err error) {
	s, err := l.consumer()
	if err != nil {
		return nil, err
	}
	return handleAll(ctx, s, l.route.topic(), handle)
}

// forward publishes what comes out of the database.
func (l *watermillKafkaLane) forward(ctx context.Context, out message.Publisher) (stop func() error, err error) {
	s, err := l.subscriber(false)
	if err != nil {
		return nil, err
	}
	f, err := forwarder.NewForwarder(s, out, watermill.NopLogger{}, forwarder.Config{ForwarderTopic: topic})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	select {
	case <-f.Running():
		return func() error { return errors.Join(f.Close(), <-ended) }, nil
	case err := <-ended:
		return nil, errors.Join(errors.New("bench: the forwarder ended early"), err, s.Close())
	}
}

// enveloped is a publisher to the forwarder.
func enveloped(p *wmsql.Publisher) message.Publisher {
	return forwarder.NewPublisher(p, forwarder.PublisherConfig{ForwarderTopic: topic})
}

// tellingPublisher tells what is acknowledged.
type tellingPublisher struct {
	message.Publisher

	acknowledged func(item)
}

// Publish implements message.Publisher.
func (p tellingPublisher) Publish(topic string, messages ...*message.Message) error {
	if err := p.Publisher.Publish(topic, messages...); err != nil {
		return err
	}
	for _, m := range messages {
		i, err := read(m.Payload)
		if err != nil {
			return err
		}
		p.acknowledged(i)
	}
	return nil
}
