package domain_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/auth"
)

func sampleEntry() domain.Entry {
	at := time.Date(2030, 1, 2, 3, 4, 5, 678901234, time.FixedZone("east", 3600))
	return domain.Entry{
		Time: at, EventTime: at.Add(-time.Second), EventID: "event-1", EventType: "event.user.created.v1",
		Actor:  auth.Actor{Kind: auth.User, ID: "admin", Session: "0011", Address: "192.0.2.7"},
		Action: "user_created", Target: "user:42", Outcome: domain.Success, Reason: "because",
		RequestID: "r", CorrelationID: "c", TraceID: "t", Data: jsontext.Value(`{"userId":"42"}`),
	}
}

func TestAnEntryIsEncodedWithAllItsFields(t *testing.T) {
	t.Parallel()
	got, err := sampleEntry().Clean().Encode()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"time":"2030-01-02T02:04:05.678901Z","eventTime":"2030-01-02T02:04:04.678901Z","eventId":"event-1",` +
		`"eventType":"event.user.created.v1","actor":{"kind":"user","id":"admin","session":"0011","address":"192.0.2.7"},` +
		`"action":"user_created","target":"user:42","outcome":"success","reason":"because","requestId":"r","correlationId":"c","traceId":"t",` +
		`"data":{"userId":"42"}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAnEntryIsReadBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := sampleEntry()
		want.EventID, want.Target, want.Reason = rapid.String().Draw(t, "event"), rapid.String().Draw(t, "target"), rapid.String().Draw(t, "reason")
		want.Actor.ID = string(rapid.SliceOf(rapid.Byte()).Draw(t, "actor"))
		want = want.Clean()
		payload, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := domain.DecodeEntry(payload)
		if err != nil {
			t.Fatalf("%v: %s", err, payload)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestOnlyWhatEncodeMadeIsAnEntry(t *testing.T) {
	t.Parallel()
	payload, err := sampleEntry().Clean().Encode()
	if err != nil {
		t.Fatal(err)
	}
	text := string(payload)
	for name, bad := range map[string]string{
		"nothing":           "",
		"no object":         `[]`,
		"unknown member":    strings.Replace(text, `{"time"`, `{"more":1,"time"`, 1),
		"member twice":      strings.Replace(text, `{"time"`, `{"eventId":"x","time"`, 1),
		"another case":      strings.Replace(text, `"eventId"`, `"EVENTID"`, 1),
		"white space":       strings.Replace(text, `,`, `, `, 1),
		"another order":     `{"eventId":"a","time":"2030-01-02T02:04:05Z"}`,
		"escaped otherwise": strings.Replace(text, "admin", `\u0061dmin`, 1),
		"no UTF-8":          strings.Replace(text, "admin", "\xff", 1),
		"data of a string":  strings.Replace(text, `{"userId":"42"}`, `"42"`, 1),
		"more after it":     text + "{}",
		"another zone":      strings.Replace(text, `678901Z`, `678901+00:00`, 1),
	} {
		if _, err := domain.DecodeEntry([]byte(bad)); !errors.Is(err, domain.ErrEntry) {
			t.Errorf("%s: %v, want %v", name, err, domain.ErrEntry)
		}
	}
}

func TestATimeThatCannotBeWrittenBecomesTheZeroTime(t *testing.T) {
	t.Parallel()
	e := sampleEntry()
	e.EventTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	e = e.Clean()
	if _, err := e.Encode(); err != nil || !e.EventTime.IsZero() {
		t.Errorf("event time is %v, encode: %v; want the zero time", e.EventTime, err)
	}
}

func TestTextHidesNothing(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		"plain text, Zoë, 日本":        "plain text, Zoë, 日本",
		`CORP\zoe`:                   `CORP\zoe`,
		"a\r\nlevel=info msg=forged": `a\u000d\u000alevel=info msg=forged`,
		"nul\x00esc\x1b[2Jdel\x7f":   `nul\u0000esc\u001b[2Jdel\u007f`,
		"c1\u009b31m":                `c1\u009b31m`,
		"line\u2028para\u2029":       `line\u2028para\u2029`,
		"\u202egnp.exe":              `\u202egnp.exe`,
		"bad\xff\xfeutf":             "bad\uFFFDutf",
		"<script>=HYPERLINK(":        "<script>=HYPERLINK(",
	} {
		if got := domain.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	long := strings.Repeat("x", domain.MaxText+1)
	if got, want := domain.Text(long), domain.Digest([]byte(long)); got != want {
		t.Errorf("a long text is %q, want its digest %q", got, want)
	}
}

func TestTextIsSafeWhateverItIsGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		got := domain.Text(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text"))
		hidden := strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u202e' })
		if !utf8.ValidString(got) || hidden || len(got) > domain.MaxText {
			t.Errorf("text %q is not safe", got)
		}
		if again := domain.Text(got); again != got {
			t.Errorf("text %q becomes %q", got, again)
		}
	})
}

func TestNothingShowsAKey(t *testing.T) {
	t.Parallel()
	secret := []byte("0123456789abcdefghijklmnopqrstuv")
	key, err := domain.NewKey(3, secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, key); got != "audit/mac/3" {
			t.Errorf("%s shows %q", verb, got)
		}
	}
	if _, err := domain.NewKey(1, secret[:31]); !errors.Is(err, domain.ErrKeySize) {
		t.Errorf("a short key: %v, want %v", err, domain.ErrKeySize)
	}
	if a, b := domain.NewSecret(), domain.NewSecret(); len(a) != domain.KeySize || bytes.Equal(a, b) {
		t.Errorf("two new keys of %d bytes are equal: %v", len(a), bytes.Equal(a, b))
	}
}

func FuzzDecodeEntry(f *testing.F) {
	payload, err := sampleEntry().Clean().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	f.Add([]byte(`{"time":"2030-01-02T02:04:05Z"}`))
	f.Add([]byte("{\"eventId\":\"\xff\"}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := domain.DecodeEntry(b)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s was read, and encodes to %s (%v)", b, again, err)
		}
	})
}
