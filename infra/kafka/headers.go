package kafka

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/IBM/sarama"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/event"
)

// Headers of a message, as CloudEvents' binding to Kafka has them in binary mode. Ours beyond the standard are extension attributes; the trace's are
// what every client knows.
const (
	headerVersion     = "ce_specversion"
	headerID          = "ce_id"
	headerType        = "ce_type"
	headerSource      = "ce_source"
	headerSubject     = "ce_subject"
	headerTime        = "ce_time"
	headerSequence    = "ce_sequence" // the place in the log, of equal length so that texts sort as numbers do
	headerActorKind   = "ce_actorkind"
	headerActorID     = "ce_actorid"
	headerSession     = "ce_actorsession"
	headerAddress     = "ce_actoraddress"
	headerRequest     = "ce_requestid"
	headerCorrelation = "ce_correlationid"
	headerTrace       = "traceparent"
	headerTraceState  = "tracestate"
	headerContent     = "content-type"
)

const (
	specVersion = "1.0"
	contentJSON = "application/json"
)

// headersOf returns the attributes of an event. An empty one has no header.
func headersOf(e event.Event) []sarama.RecordHeader {
	headers := make([]sarama.RecordHeader, 0, 16)
	add := func(key, value string) {
		if value != "" {
			headers = append(headers, sarama.RecordHeader{Key: []byte(key), Value: []byte(value)})
		}
	}
	add(headerVersion, specVersion)
	add(headerID, e.ID)
	add(headerType, e.Contract)
	add(headerSource, e.Source)
	add(headerSubject, e.Subject)
	if !e.Time.IsZero() {
		add(headerTime, e.Time.UTC().Format(time.RFC3339Nano))
	}
	add(headerSequence, fmt.Sprintf("%019d", e.Seq))
	add(headerActorKind, string(e.Actor.Kind))
	add(headerActorID, e.Actor.ID)
	add(headerSession, e.Actor.Session)
	add(headerAddress, e.Actor.Address)
	add(headerRequest, e.Request)
	add(headerCorrelation, e.Correlation)
	add(headerTrace, e.TraceParent)
	add(headerTraceState, e.TraceState)
	add(headerContent, contentJSON)
	return headers
}

// errNoEvent is the fault of a message that is no event of ours, e.g. one that was produced by hand.
var errNoEvent = errors.New("the message is no CloudEvent of a log")

// eventOf reads a message: what can be read of it, with an errNoEvent that names the headers that are missing or wrong, and never their values.
func (c Config) eventOf(m *sarama.ConsumerMessage) (event.Event, error) {
	e := event.Event{Topic: c.topicOf(m.Topic), Key: string(m.Key), Payload: m.Value}
	seen := map[string]bool{}
	var faults []error
	for _, h := range m.Headers {
		if h == nil {
			continue
		}
		if key := string(h.Key); !seen[key] { // the first one counts, as with most clients
			seen[key] = true
			faults = append(faults, take(&e, key, string(h.Value)))
		}
	}
	for _, key := range []string{headerVersion, headerID, headerType} { // without a place in a log it is still an event: another producer's
		if !seen[key] {
			faults = append(faults, fmt.Errorf("%s is missing", key))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return e, fmt.Errorf("kafka: topic %s, partition %d, offset %d: %w: %w", m.Topic, m.Partition, m.Offset, errNoEvent, err)
	}
	return e, nil
}

// take fills one attribute of an event from its header.
func take(e *event.Event, key, value string) (err error) {
	switch key {
	case headerVersion:
		if value != specVersion {
			return fmt.Errorf("%s is not %s", key, specVersion)
		}
	case headerID:
		e.ID = value
	case headerType:
		e.Contract = value
	case headerSource:
		e.Source = value
	case headerSubject:
		e.Subject = value
	case headerTime:
		if e.Time, err = time.Parse(time.RFC3339Nano, value); err != nil {
			return fmt.Errorf("%s is no time", key)
		}
	case headerSequence:
		if e.Seq, err = strconv.ParseInt(value, 10, 64); err != nil || e.Seq < 0 {
			e.Seq = 0
			return fmt.Errorf("%s is no number", key)
		}
	case headerActorKind:
		e.Actor.Kind = auth.Kind(value)
	case headerActorID:
		e.Actor.ID = value
	case headerSession:
		e.Actor.Session = value
	case headerAddress:
		e.Actor.Address = value
	case headerRequest:
		e.Request = value
	case headerCorrelation:
		e.Correlation = value
	case headerTrace:
		e.TraceParent = value
	case headerTraceState:
		e.TraceState = value
	}
	return nil
}
