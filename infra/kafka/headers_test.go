package kafka

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/event"
)

// messageOf returns what a consumer is handed of an event.
func messageOf(e event.Event) *sarama.ConsumerMessage {
	m := &sarama.ConsumerMessage{Topic: e.Topic, Key: []byte(e.Key), Value: e.Payload}
	headers := headersOf(e)
	for i := range headers {
		m.Headers = append(m.Headers, &headers[i])
	}
	return m
}

func TestEveryEventComesBackFromItsMessage(t *testing.T) {
	t.Parallel()
	text := rapid.StringOf(rapid.Rune())
	rapid.Check(t, func(t *rapid.T) {
		want := event.Event{
			ID: text.Draw(t, "id") + "1", Contract: text.Draw(t, "contract") + "e", Seq: rapid.Int64Min(0).Draw(t, "seq"),
			Topic: "order", Key: text.Draw(t, "key"), Source: text.Draw(t, "source"), Subject: text.Draw(t, "subject"),
			Actor: auth.Actor{
				Kind: auth.Kind(text.Draw(t, "kind")), ID: text.Draw(t, "actor"), Session: text.Draw(t, "session"), Address: text.Draw(t, "address"),
			},
			Request: text.Draw(t, "request"), Correlation: text.Draw(t, "correlation"),
			TraceParent: text.Draw(t, "traceparent"), TraceState: text.Draw(t, "tracestate"),
			Payload: rapid.SliceOf(rapid.Byte()).Draw(t, "payload"),
		}
		if rapid.Bool().Draw(t, "has a time") {
			want.Time = time.Unix(rapid.Int64Range(-1<<32, 1<<36).Draw(t, "seconds"), rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds")).UTC()
		}
		got, err := Config{}.eventOf(messageOf(want))
		if diff := cmp.Diff(want, got, cmp.Comparer(bytes.Equal), cmp.Comparer(time.Time.Equal)); diff != "" || err != nil {
			t.Fatalf("eventOf = %v (-sent +read):\n%s", err, diff)
		}
	})
}

func TestPlacesSortAsTexts(t *testing.T) {
	t.Parallel()
	place := func(seq int64) string {
		for _, h := range headersOf(event.Event{Seq: seq}) {
			if string(h.Key) == headerSequence {
				return string(h.Value)
			}
		}
		return ""
	}
	for _, pair := range [][2]int64{{0, 1}, {9, 10}, {99, 1000}, {1 << 40, 1 << 62}} {
		if a, b := place(pair[0]), place(pair[1]); a >= b {
			t.Errorf("places %d and %d are %q and %q, want them in order", pair[0], pair[1], a, b)
		}
	}
}

func TestAMessageThatIsNoEventSaysWhyWithoutItsValues(t *testing.T) {
	t.Parallel()
	sound := event.Event{ID: "1", Contract: "event.a.v1", Topic: "t", Seq: 7, Time: time.Unix(1, 0)}
	for name, c := range map[string]struct {
		key, value string // of the header that is changed; removed when the value is empty
		want       string
	}{
		"another version of CloudEvents": {headerVersion, "secret", "ce_specversion is not 1.0"},
		"no version":                     {headerVersion, "", "ce_specversion is missing"},
		"no id":                          {headerID, "", "ce_id is missing"},
		"no type":                        {headerType, "", "ce_type is missing"},
		"a place that is no number":      {headerSequence, "secret", "ce_sequence is no number"},
		"a place below all":              {headerSequence, "-9", "ce_sequence is no number"},
		"a time that is none":            {headerTime, "secret", "ce_time is no time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := messageOf(sound)
			var headers []*sarama.RecordHeader
			for _, h := range m.Headers {
				if string(h.Key) == c.key && c.value == "" {
					continue
				}
				if string(h.Key) == c.key {
					h.Value = []byte(c.value)
				}
				headers = append(headers, h)
			}
			m.Headers = headers
			_, err := Config{}.eventOf(m)
			if !errors.Is(err, errNoEvent) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("eventOf = %v, want errNoEvent with %q and no value", err, c.want)
			}
		})
	}
}

func FuzzEventOf(f *testing.F) {
	f.Add("ce_id", "1", "ce_time", "2026-03-01T12:00:00Z")
	f.Add("ce_sequence", "0000000000000000007", "ce_specversion", "1.0")
	f.Fuzz(func(t *testing.T, key1, value1, key2, value2 string) {
		m := &sarama.ConsumerMessage{Headers: []*sarama.RecordHeader{nil, {Key: []byte(key1), Value: []byte(value1)}, {Key: []byte(key2), Value: []byte(value2)}}}
		if e, err := (Config{}).eventOf(m); err == nil || e.Seq < 0 {
			t.Errorf("eventOf = %v, %v of a message that lacks headers", e, err)
		}
	})
}

// The places are those of the Java client's own test of its hash.
func TestAKeyIsWhereOtherClientsPutIt(t *testing.T) {
	t.Parallel()
	const partitions = 1000003
	for key, hash := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536, "a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107,
	} {
		r := &route{hash: sarama.NewMurmur2Partitioner("t")}
		r.widen(partitions)
		r.add(&letter{record: recordOf(event.Event{Key: key})})
		want := int(uint32(hash)&0x7fffffff) % partitions
		if len(r.lanes[want].queue) != 1 {
			t.Errorf("key %s is not in partition %d", key, want)
		}
	}
}
