package main

import (
	"context"
	"errors"
	"time"

	"github.com/IBM/sarama" //nolint:depguard // what a topic holds is judged by a client that no lane is
)

// share is which part of the events a peer drains to Kafka: one after the other they take minutes, at a rate that does not depend on how many there are.
const share = 10

// drainToKafka publishes what is committed already. What the brokers then hold is read and judged, which is not measured.
func drainToKafka(id string) func(ctx context.Context, w *world) (figures, error) {
	return func(ctx context.Context, w *world) (figures, error) {
		events := w.o.events
		if !isOurs(w.name) {
			events = max(events/share, min(events, 1000))
		}
		if err := errors.Join(preload(ctx, w.lane, w.t, events), settle(ctx, w.dsn)); err != nil {
			return nil, err
		}
		end, err := w.server.meter(ctx)
		if err != nil {
			return nil, err
		}
		kept, started := newTracker(), time.Now()
		stop, err := w.lane.read(ctx, kept.handle)
		if err != nil {
			return nil, err
		}
		if err := w.ended(ctx, stop, kept); err != nil {
			return nil, err
		}
		u, err := end()
		if err != nil {
			return nil, err
		}
		if err := readTopic(w.route, w.t.handle); err != nil {
			return nil, err
		}
		f := w.figures(u, id)
		delete(f, id+" p50") // nothing waited for anybody
		delete(f, id+" p99")
		_, _, lastAt := kept.faults()
		f[id+" ev/s"] = float64(kept.handled.Load()) / lastAt.Sub(started).Seconds()
		return f, nil
	}
}

// latencyOverKafka writes at a calm pace. It begins when a first batch has come through: until then members join groups.
func latencyOverKafka(id string) func(ctx context.Context, w *world) (figures, error) {
	return func(ctx context.Context, w *world) (figures, error) {
		stop, err := w.lane.read(ctx, w.t.handle)
		if err != nil {
			return nil, err
		}
		if err := preload(ctx, w.lane, w.t, batch); err != nil {
			return nil, errors.Join(err, stop())
		}
		if _, err := await(ctx, w.o.grace, func() bool { return w.t.handled.Load() >= batch }); err != nil {
			return nil, errors.Join(err, stop())
		}
		w.before = w.t.handled.Load()
		return w.latency(ctx, stop, id)
	}
}

// readTopic calls handle with everything that a lane's topic holds, partition by partition.
func readTopic(r route, handle func(item)) error {
	client, err := sarama.NewClient([]string{r.brokers}, sarama.NewConfig())
	if err != nil {
		return err
	}
	c, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		return errors.Join(err, client.Close())
	}
	all, err := client.Partitions(r.topic())
	for _, p := range all {
		if err == nil {
			err = readPartition(client, c, r.topic(), p, handle)
		}
	}
	return errors.Join(err, c.Close(), client.Close())
}

func readPartition(client sarama.Client, c sarama.Consumer, topic string, partition int32, handle func(item)) error {
	end, err := client.GetOffset(topic, partition, sarama.OffsetNewest)
	if err != nil || end == 0 {
		return err
	}
	p, err := c.ConsumePartition(topic, partition, sarama.OffsetOldest)
	if err != nil {
		return err
	}
	for m := range p.Messages() {
		i, err := read(m.Value)
		if err != nil {
			return errors.Join(err, p.Close())
		}
		handle(i)
		if m.Offset+1 >= end {
			break
		}
	}
	return p.Close()
}
