package main

import (
	"context"
	"errors"

	"github.com/ThreeDotsLabs/watermill"
	wmsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pool opens a peer's connections.
func pool(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("bench: " + variable + " is not understood") // the error may quote it
	}
	c.MaxConns = connections
	return pgxpool.NewWithConfig(ctx, c)
}

// watermillLane is watermill-sql with its default schema, or with that of a queue.
type watermillLane struct {
	queue     bool
	forwarded string // the topic to which a forwarder publishes; none when empty
	pool      *pgxpool.Pool
}

func (l *watermillLane) open(ctx context.Context, dsn string) (err error) {
	l.pool, err = pool(ctx, dsn)
	return err
}

func (l *watermillLane) prepare(ctx context.Context) error {
	if _, err := l.pool.Exec(ctx, ordersTable); err != nil {
		return err
	}
	s, err := l.subscriber(true)
	if err != nil {
		return err
	}
	return errors.Join(s.SubscribeInitialize(topic), s.Close())
}

func (l *watermillLane) close() error {
	l.pool.Close()
	return nil
}

func (l *watermillLane) schema() wmsql.SchemaAdapter {
	if l.queue {
		return wmsql.PostgreSQLQueueSchema{SubscribeBatchSize: pollBatch}
	}
	return wmsql.DefaultPostgreSQLSchema{SubscribeBatchSize: pollBatch}
}

func (l *watermillLane) offsets() wmsql.OffsetsAdapter {
	if l.queue {
		return wmsql.PostgreSQLQueueOffsetsAdapter{DeleteOnAck: true}
	}
	return wmsql.DefaultPostgreSQLOffsetsAdapter{}
}

func (l *watermillLane) subscriber(initialize bool) (*wmsql.Subscriber, error) {
	return wmsql.NewSubscriber(wmsql.BeginnerFromPgx(l.pool), wmsql.SubscriberConfig{
		PollInterval: pollInterval, SchemaAdapter: l.schema(), OffsetsAdapter: l.offsets(), InitializeSchema: initialize,
	}, watermill.NopLogger{})
}

func (l *watermillLane) write(ctx context.Context, items []item, committing func()) error {
	return pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insertOrder, items[0].keyText()); err != nil {
			return err
		}
		p, err := wmsql.NewPublisher(wmsql.TxFromPgx(tx), wmsql.PublisherConfig{SchemaAdapter: l.schema()}, watermill.NopLogger{})
		if err != nil {
			return err
		}
		messages := make([]*message.Message, len(items))
		for i, it := range items {
			messages[i] = message.NewMessage(watermill.NewUUID(), it.body())
			messages[i].Metadata.Set("traceparent", traceParent)
			if l.forwarded != "" {
				messages[i].Metadata.Set(keyName, it.keyText())
			}
		}
		if l.forwarded != "" {
			err = enveloped(p).Publish(l.forwarded, messages...)
		} else {
			err = p.Publish(topic, messages...)
		}
		if err != nil {
			return err
		}
		committing()
		return nil
	})
}

func (l *watermillLane) read(ctx context.Context, handle func(item)) (func() error, error) {
	s, err := l.subscriber(false)
	if err != nil {
		return nil, err
	}
	return handleAll(ctx, s, topic, handle)
}

// handleAll subscribes, and calls handle with what comes.
func handleAll(ctx context.Context, s message.Subscriber, topic string, handle func(item)) (stop func() error, err error) {
	messages, err := s.Subscribe(ctx, topic)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for m := range messages {
			i, err := read(m.Payload)
			if err != nil {
				failed <- err
				return
			}
			handle(i)
			m.Ack()
		}
	}()
	return func() error {
		err := s.Close()
		return errors.Join(err, <-failed)
	}, nil
}
