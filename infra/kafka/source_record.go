package kafka

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/IBM/sarama"

	"fxcell.dev/fxcell/event"
)

// record is a message of a partition that was read and is not passed.
type record struct {
	event  event.Event
	fault  error // why it is no event; then event only keeps the message
	offset int64
	bytes  int
}

// overhead is what a record takes beside its message.
const overhead = 256

// read reads a message. One that is no event becomes one that keeps it, and says what is wrong with it.
func (c Config) read(m *sarama.ConsumerMessage) record {
	r := record{offset: m.Offset, bytes: len(m.Key) + len(m.Value) + overhead}
	for _, h := range m.Headers {
		r.bytes += len(h.Key) + len(h.Value)
	}
	if r.event, r.fault = c.eventOf(m); r.fault == nil {
		r.fault = usable(r.event)
	}
	if r.fault != nil {
		r.event = c.kept(m, r.event)
	}
	return r
}

// longestID is how long the id of an event may be: it is looked up by an index.
const longestID = 512

// usable refuses events that nobody can tell from others, and attributes that no database keeps as text: of an event that has one, neither effect nor
// failure could ever be stored.
func usable(e event.Event) error {
	var faults []error
	for _, a := range []struct{ what, value string }{
		{"the key", e.Key},
		{headerID, e.ID},
		{headerType, e.Contract},
		{headerSource, e.Source},
		{headerSubject, e.Subject},
		{headerActorKind, string(e.Actor.Kind)},
		{headerActorID, e.Actor.ID},
		{headerSession, e.Actor.Session},
		{headerAddress, e.Actor.Address},
		{headerRequest, e.Request},
		{headerCorrelation, e.Correlation},
		{headerTrace, e.TraceParent},
		{headerTraceState, e.TraceState},
	} {
		if !isText(a.value) {
			faults = append(faults, fmt.Errorf("%s is no text", a.what))
		}
	}
	for _, a := range []struct{ what, value string }{{headerID, e.ID}, {headerType, e.Contract}} {
		if a.value == "" {
			faults = append(faults, fmt.Errorf("%s is empty", a.what))
		}
	}
	if len(e.ID) > longestID {
		faults = append(faults, fmt.Errorf("%s is longer than %d bytes", headerID, longestID))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("kafka: %w: %w", errNoEvent, err)
	}
	return nil
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// message is a message as it is kept that is no event: nothing of it is lost.
type message struct {
	Topic     string   `json:"topic"`
	Partition int32    `json:"partition"`
	Offset    int64    `json:"offset"`
	Time      int64    `json:"time"` // in milliseconds since 1970, as brokers count
	Headers   []header `json:"headers"`
	Key       []byte   `json:"key"`   // base64, as every value
	Value     []byte   `json:"value"` // null where there was none
}

type header struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// kept returns an event for a message that is none, of which known could be read. Where its contract is known its key is too: what comes after it may
// have to wait. Else nothing waits for it.
func (c Config) kept(m *sarama.ConsumerMessage, known event.Event) event.Event {
	place := fmt.Sprintf("%s/%d/%d", m.Topic, m.Partition, m.Offset)
	e := event.Event{ID: place, Topic: c.topicOf(m.Topic), Key: place, Source: module}
	if y := m.Timestamp.Year(); y > 1 && y < 10000 { // what a producer says may be any number
		e.Time = m.Timestamp
	}
	if known.Contract != "" && isText(known.Contract) && isText(known.Key) {
		e.Contract, e.Key, e.Seq = known.Contract, known.Key, known.Seq
	}
	kept := message{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Time: m.Timestamp.UnixMilli(), Key: m.Key, Value: m.Value}
	for _, h := range m.Headers {
		kept.Headers = append(kept.Headers, header{string(h.Key), h.Value})
	}
	e.Payload, _ = json.Marshal(kept) // every value of these types has a form in JSON
	return e
}
