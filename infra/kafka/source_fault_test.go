package kafka

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/modules/consumer" //nolint:depguard // it is what a source is for
)

// some returns n events of so many keys.
func some(n, keys int) []event.Event {
	events := make([]event.Event, n)
	for i := range events {
		key := fmt.Sprint("k", i%keys)
		events[i] = event.Event{ID: fmt.Sprintf("%s/%d", key, i), Contract: "event.a.v1", Topic: "suite", Key: key, Payload: []byte(`{}`)}
	}
	return events
}

func (r *sourceRig) mustPublish(t *testing.T, events ...event.Event) {
	t.Helper()
	if err := r.publish(t.Context(), events...); err != nil {
		t.Fatalf("publish: %v", err)
	}
}

// The handler takes three sessions, and a partition holds more than is fetched ahead.
func TestSlowHandlerDoesNotLoseItsPartition(t *testing.T) {
	t.Parallel()
	cfg := brisk(fake(t).ListenAddrs()...)
	cfg.Topics.Partitions = 1
	cfg.Groups.Session, cfg.Groups.Heartbeat, cfg.Groups.Rebalance, cfg.Groups.Buffer = time.Second, 100*time.Millisecond, time.Second, 8
	rig, d := newSourceRig(t, cfg), newDatabase(t)
	const n = 3000
	for range 3 {
		rig.mustPublish(t, some(n, 1)...)
	}
	var slow atomic.Bool
	p := d.start(t, cfg, consumer.Config{Lanes: 1, Window: 16}, contract.Subscription{Mode: event.External, Handle: func(ctx context.Context, ds []event.Delivery) error {
		if !slow.Swap(true) {
			<-time.After(3 * time.Second)
		}
		return d.Tx.InTx(ctx, func(ctx context.Context) error { return d.handle(ctx, ds) })
	}})
	until(t, "everything is handled", func() bool { return p.handled.Load() >= 3*n })
	p.stop()
	if p.joined() != 1 || p.handled.Load() != 3*n {
		t.Errorf("joined %d times and handled %d, want one membership in which each of %d is handled once", p.joined(), p.handled.Load(), 3*n)
	}
	for _, l := range p.logs.FilterMessage("stream handed over").All() {
		t.Errorf("a stream was lost: %v", l.ContextMap())
	}
}

func TestReaderGoesOnWhenTheBrokersAreBack(t *testing.T) {
	t.Parallel()
	cluster := fake(t)
	var away atomic.Bool
	cluster.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if away.Load() {
			return nil, errors.New("cut"), true // which cuts the connection
		}
		return nil, nil, false
	})
	cfg := brisk(cluster.ListenAddrs()...)
	cfg.Groups.Session, cfg.Groups.Heartbeat = time.Second, 100*time.Millisecond
	rig, d := newSourceRig(t, cfg), newDatabase(t)
	p := d.start(t, cfg, consumer.Config{}, contract.Subscription{Mode: event.Each})
	const n = 300
	rig.mustPublish(t, some(n, 20)...)
	until(t, "some are handled", func() bool { return d.count() >= n/2 })
	away.Store(true)
	<-time.After(3 * time.Second)
	away.Store(false)
	back := time.Now()
	more := some(n, 20)
	for i := range more {
		more[i].ID += " more"
	}
	rig.mustPublish(t, more...)
	until(t, "everything is handled", func() bool { return d.count() >= 2*n })
	t.Logf("everything handled %v after the brokers were back; %d memberships", time.Since(back).Round(time.Millisecond), p.joined())
	p.stop()
	d.check(t, 2*n)
}

func TestProcessStopsWhileTheBrokersAreAway(t *testing.T) {
	t.Parallel()
	cluster := fake(t)
	cfg := brisk(cluster.ListenAddrs()...)
	rig, d := newSourceRig(t, cfg), newDatabase(t)
	p := d.start(t, cfg, consumer.Config{}, contract.Subscription{Mode: event.Each})
	rig.mustPublish(t, some(10, 10)...)
	until(t, "all are handled", func() bool { return d.count() == 10 })
	cluster.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		return nil, nil, true // no answer
	})
	began := time.Now()
	p.stop()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("stopped after %v, want the member not to wait for brokers", took)
	}
}

// byHand returns a message with headers, of which none is ours unless said.
func byHand(key string, value []byte, headers ...string) *sarama.ProducerMessage {
	m := &sarama.ProducerMessage{Topic: "suite", Key: sarama.StringEncoder(key)}
	if value != nil {
		m.Value = sarama.ByteEncoder(value)
	}
	for i := 0; i < len(headers); i += 2 {
		m.Headers = append(m.Headers, sarama.RecordHeader{Key: []byte(headers[i]), Value: []byte(headers[i+1])})
	}
	return m
}

func ceOf(id string, more ...string) []string {
	return append([]string{headerVersion, "1.0", headerID, id, headerType, "event.a.v1"}, more...)
}

func TestNothingStopsForWhatWasProducedByHand(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			cfg := brisk(fake(t).ListenAddrs()...)
			rig, d := newSourceRig(t, cfg), newDatabase(t)
			late := byHand("ok", []byte(`{}`))
			late.Timestamp = time.UnixMilli(math.MaxInt64)
			msgs := []*sarama.ProducerMessage{
				byHand("ok", []byte("text\x00")),
				byHand("ok", nil),
				late,
				byHand("\xff\x00", []byte(`{}`), ceOf("binary key")...),
				byHand("time", []byte(`{}`), ceOf("wrong time", headerTime, "yesterday")...),
				byHand("wrong", []byte(`{"schema": false}`), ceOf("wrong schema", headerSequence, "1")...),
				byHand("hand", []byte(`{}`), ceOf("by hand 1")...),
				byHand("hand", []byte(`{}`), ceOf("by hand 2")...),
				byHand("hand", []byte(`{}`), ceOf("by hand 1")...), // again
				byHand("ok", []byte(`{}`), ceOf(strings.Repeat("long", 1000))...),
			}
			if err := rig.producer.SendMessages(msgs); err != nil {
				t.Fatal(err)
			}
			rig.seq.Store(100)
			rig.mustPublish(t, some(30, 10)...)
			p := d.start(t, cfg, consumer.Config{}, contract.Subscription{Mode: mode, Handle: func(ctx context.Context, ds []event.Delivery) error {
				for _, e := range ds {
					if strings.Contains(string(e.Payload), "schema") {
						return event.Permanent(errors.New("the payload breaks its schema"))
					}
				}
				return d.handle(ctx, ds)
			}})
			until(t, "events are handled", func() bool { return d.count() >= 32 })
			until(t, "the others are parked", func() bool { return len(d.parked(t)) >= 7 })
			p.stop()
			d.check(t, 32)
			const none = "ce_specversion is missing; ce_id is missing; ce_type is missing"
			want := []string{
				"- is at its place: ..." + none,
				"- is at its place: ..." + none,
				"- is at its place: ..." + none,
				"- is at its place: ...the key is no text",
				"event.a.v1 of ok: ...ce_id is longer than 512 bytes",
				"event.a.v1 of time: ...ce_time is no time",
				"event.a.v1 of wrong: no attempt can succeed: an error (*errors.errorString)",
			}
			if diff := cmp.Diff(want, d.reasons(t)); diff != "" {
				t.Errorf("parked (-want +got):\n%s", diff)
			}
			if d.start(t, cfg, consumer.Config{}, contract.Subscription{Mode: mode}).stop(); d.count() != 32 || len(d.parked(t)) != 7 {
				t.Errorf("the next owner handled or parked something again")
			}
		})
	}
}

// reasons tells what is parked and why, sorted.
func (d *database) reasons(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, p := range d.parked(t) {
		what := p.Contract + " of " + p.Key
		if p.Contract == "" && p.Key == p.ID && strings.HasPrefix(p.ID, "suite/") {
			what = "- is at its place"
		}
		reason := p.Reason
		if before, after, cut := strings.Cut(reason, errNoEvent.Error()+": "); cut && strings.HasPrefix(before, "could not be read: kafka: ") {
			reason = "..." + after
		}
		out = append(out, what+": "+reason)
	}
	slices.Sort(out)
	return out
}

func (d *database) parked(t *testing.T) []event.Parked {
	t.Helper()
	list, err := d.Parking.List(t.Context(), "cells/suite/counter")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestMessageThatIsNoEventIsKeptWhole(t *testing.T) {
	t.Parallel()
	m := &sarama.ConsumerMessage{
		Topic: "shop.suite", Partition: 2, Offset: 17, Timestamp: time.UnixMilli(1700000000123), Key: []byte{0xff, 0}, Value: []byte("v\x00"),
		Headers: []*sarama.RecordHeader{{Key: []byte("a"), Value: []byte{1}}, {Key: []byte(headerType), Value: []byte("event.a.v1")}, {Key: []byte("a")}},
	}
	r := Config{Topics: TopicsConfig{Prefix: "shop."}}.read(m)
	if !errors.Is(r.fault, errNoEvent) {
		t.Fatalf("fault %v, want errNoEvent", r.fault)
	}
	want := event.Event{ID: "shop.suite/2/17", Topic: "suite", Key: "shop.suite/2/17", Source: module, Time: m.Timestamp, Payload: r.event.Payload}
	if diff := cmp.Diff(want, r.event); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	var got message
	if err := json.Unmarshal(r.event.Payload, &got); err != nil {
		t.Fatal(err)
	}
	kept := message{
		Topic: "shop.suite", Partition: 2, Offset: 17, Time: 1700000000123, Key: m.Key, Value: m.Value,
		Headers: []header{{"a", []byte{1}}, {headerType, []byte("event.a.v1")}, {"a", nil}},
	}
	if diff := cmp.Diff(kept, got); diff != "" {
		t.Errorf("message (-want +kept):\n%s", diff)
	}
}
