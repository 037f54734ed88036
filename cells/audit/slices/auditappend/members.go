package auditappend

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/event"
)

// maxPayload is the largest payload that is read, in bytes. Of a larger one, and of one that is no JSON object, the entry keeps the digest.
const maxPayload = 256 << 10

// members are what is kept of a payload, by their name in the entry.
type members map[string]jsontext.Value

// text returns a member as text, "" when it is not there.
func (m members) text(name string) string {
	v, ok := m[name]
	if !ok {
		return ""
	}
	if v.Kind() != jsontext.KindString {
		return v.String()
	}
	unquoted, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return ""
	}
	return string(unquoted)
}

// Why an entry keeps only the digest of a payload.
var (
	errTooLarge = errors.New("oversized event")
	errNoObject = errors.New("unparseable event")
)

// pick returns the members of a payload that a record keeps. Only strings, numbers and truth values are kept.
func (r record) pick(payload []byte) (members, error) {
	if len(payload) > maxPayload {
		return nil, errTooLarge
	}
	var sent map[string]jsontext.Value
	if err := json.Unmarshal(payload, &sent); err != nil || sent == nil {
		return nil, errNoObject
	}
	kept := members{}
	for _, m := range r.keep {
		if v, ok := m.clean(sent[m.name]); ok {
			kept[cmp.Or(m.as, m.name)] = v
		}
	}
	return kept, nil
}

// clean returns a member's value as the entry holds it.
func (m member) clean(v jsontext.Value) (jsontext.Value, bool) {
	switch v.Kind() {
	case jsontext.KindString:
		text := members{"": v}.text("")
		if m.hide != nil {
			text = m.hide(text)
		}
		quoted, err := jsontext.AppendQuote(nil, domain.Text(text))
		return quoted, err == nil
	case jsontext.KindTrue, jsontext.KindFalse:
		return v, m.hide == nil
	case jsontext.KindNumber:
		return v, m.hide == nil && len(v) <= domain.MaxText
	default:
		return nil, false
	}
}

// object encodes what is kept, in the order of the record.
func (r record) object(kept members) jsontext.Value {
	if len(kept) == 0 {
		return nil
	}
	out := []byte{'{'}
	for _, m := range r.keep {
		name := cmp.Or(m.as, m.name)
		v, ok := kept[name]
		if !ok {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, name), ':') // names are plain words of ours
		out = append(out, v...)
	}
	return append(out, '}')
}

// entryOf makes the entry of an event, but for its time.
func entryOf(d event.Delivery) domain.Entry {
	e := domain.Entry{
		EventTime: d.Time, EventID: d.ID, EventType: d.Contract, Actor: d.Actor, Outcome: domain.Success,
		RequestID: d.Request, CorrelationID: d.Correlation, TraceID: traceID(d.TraceParent),
	}
	r, listed := records[d.Contract]
	if !listed {
		r = unlisted
	}
	kept, err := r.pick(d.Payload)
	if err != nil {
		e.Action, e.Outcome, e.Reason, e.Data = r.action(nil), domain.Failure, err.Error(), substitute(d.Payload)
		return e
	}
	e.Action, e.Target, e.Data = r.action(kept), r.target(kept), r.object(kept)
	if r.outcome != nil {
		e.Outcome = r.outcome(kept)
	}
	if r.reason != nil {
		e.Reason = r.reason(kept)
	}
	return e
}

// substitute is what an entry holds of a payload that cannot be read.
func substitute(payload []byte) jsontext.Value {
	return jsontext.Value(`{"bytes":` + strconv.Itoa(len(payload)) + `,"digest":"` + domain.Digest(payload) + `"}`)
}

// traceID returns the trace id of a W3C traceparent, "" when it has none.
func traceID(traceParent string) string {
	parts := strings.Split(traceParent, "-")
	if len(parts) < 4 || len(parts[1]) != 32 || strings.Trim(parts[1], "0123456789abcdef") != "" {
		return ""
	}
	return parts[1]
}
