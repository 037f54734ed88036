package faults

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/franz-go/pkg/kgo"
)

// cutFor is how long a server is out of reach.
const cutFor = 10 * time.Second

// Two replicas over Kafka, with each part of it broken in turn while clients write: whatever was promised is kept, in order, with one effect.
func TestNothingIsLostOverKafka(t *testing.T) { //nolint:paralleltest // each takes the whole machine
	p := deploy(t, server(t))
	c := p.onKafka()
	two := &pair{}
	two.put(0, p.launch())
	two.put(1, p.launch())
	p.setUp(two.next())
	token := p.login(two.next())
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	l := drive(t, 8, seed, token, two.next)
	cut := func(x *proxy) func() {
		return func() {
			x.cutOff()
			<-time.After(cutFor)
			x.mend()
		}
	}
	for _, fault := range []struct {
		name string
		do   func()
	}{
		{"kill -9 of a replica", func() { two.at(0).kill(); two.put(0, p.launch()) }},
		{"kill -9 and restart of the broker", func() { p.ended(c.kafka.Crash()); p.ended(c.kafka.Restart()) }},
		{"kill -9 and restart of Redis", func() { p.ended(c.redis.Crash()); p.ended(c.redis.Restart()) }},
		{"FLUSHALL", func() { c.flush(t) }},
		{"restart of both replicas, one after the other", func() {
			for i := range 2 {
				two.at(i).stop(t.Context())
				two.put(i, p.launch())
			}
		}},
		{"a poison event", func() { p.poison(c, l, two.next) }},
		{"cut from PostgreSQL", cut(c.toPostgres)},
		{"cut from Kafka", cut(c.toKafka)},
		{"cut from Redis", cut(c.toRedis)},
		{"SIGSTOP of a replica, past its lease", func() {
			r := two.at(1)
			r.signal(syscall.SIGSTOP)
			<-time.After(cutFor)
			r.signal(syscall.SIGCONT)
		}},
	} {
		promised := l.promises()
		p.await("that clients write before "+fault.name, func() bool { return l.promises() > promised+100 })
		fault.do()
		t.Logf("%s: all is well again after %v", fault.name, p.recovered(l, time.Now()))
	}
	l.halt()
	p.check(l, two.next(), token)
}

// flush empties Redis.
func (c *cluster) flush(t *testing.T) {
	t.Helper()
	conn := dial(t, c.redis.Addr)
	if _, err := conn.Write([]byte("FLUSHALL\r\n")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 5)
	if _, err := conn.Read(answer); err != nil || string(answer) != "+OK\r\n" {
		t.Fatalf("FLUSHALL: %q, %v", answer, err)
	}
}

const poisonedKey = "poison"

// poison puts a message by hand before the events of a key, which is no event: it has no id. It is parked with its cause, the key waits behind it, and all
// others flow.
func (p *product) poison(c *cluster, l *load, next func() string) {
	p.Helper()
	p.poisoned = append(p.poisoned, poisonedKey)
	record := &kgo.Record{
		Topic: topicsPrefix + "config", Key: []byte(poisonedKey), Value: []byte(`{"action":"exploded"}`),
		Headers: []kgo.RecordHeader{{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_type", Value: []byte("event.config.changed.v1")}},
	}
	if err := c.client(p.T).ProduceSync(p.Context(), record).FirstErr(); err != nil {
		p.Fatal(err)
	}
	p.await("that the poison is parked", func() bool {
		return value[bool](p, `SELECT EXISTS (SELECT 1 FROM fxcell.outbox_dead WHERE key = $1 AND NOT held)`, poisonedKey)
	})
	p.Logf("parked: %s", value[string](p, `SELECT reason FROM fxcell.outbox_dead WHERE key = $1 AND NOT held`, poisonedKey))
	p.must(next(), http.StatusCreated, request{
		method: http.MethodPost, path: "/api/v1/config/", token: l.token, body: fmt.Sprintf(`{"key":%q,"value":"waits"}`, poisonedKey),
	})
	p.await("that its key waits", func() bool {
		return value[bool](p, `SELECT EXISTS (SELECT 1 FROM fxcell.outbox_dead WHERE key = $1 AND held)`, poisonedKey)
	})
}

// Whoever reads our topics with a client of his own finds CloudEvents with the schema that the contract declares.
func TestATopicHoldsCloudEventsOfTheDeclaredSchema(t *testing.T) { //nolint:paralleltest // each takes the whole machine
	p := deploy(t, server(t))
	c := p.onKafka()
	r := p.launch()
	p.setUp(r.public)
	token := p.login(r.public)
	p.must(r.public, http.StatusCreated, request{method: http.MethodPost, path: "/api/v1/config/", token: token, body: `{"key":"greeting","value":"hello"}`})
	const folder = "../../cells/config/configapi/event/config/changed/v1/"
	schema, err := jsonschema.NewCompiler().Compile(folder + "payload.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	c.consume(t, "config", func(r *kgo.Record) bool {
		headers := map[string]string{}
		for _, h := range r.Headers {
			headers[h.Key] = string(h.Value)
		}
		for name, want := range map[string]string{"ce_specversion": "1.0", "ce_type": "event.config.changed.v1", "content-type": "application/json", "ce_source": "cells/config/configwrite"} {
			if headers[name] != want {
				t.Errorf("header %s is %q, want %q", name, headers[name], want)
			}
		}
		if _, err := time.Parse(time.RFC3339Nano, headers["ce_time"]); err != nil || headers["ce_id"] == "" || string(r.Key) != "greeting" {
			t.Errorf("time %q, id %q, key %q", headers["ce_time"], headers["ce_id"], r.Key)
		}
		payload, err := jsonschema.UnmarshalJSON(strings.NewReader(string(r.Value)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(payload); err != nil {
			t.Errorf("%v in %s", err, r.Value)
		}
		return true
	})
}
