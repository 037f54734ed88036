package auditappend_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/event"
)

const (
	user      = "11111111-1111-4111-8111-111111111111"
	sessionID = "22222222-2222-4222-8222-222222222222"
	configID  = "33333333-3333-4333-8333-333333333333"
)

// deliver returns an event of a contract with a payload of text, or one that is encoded.
func deliver(tb testing.TB, contract string, payload any) event.Delivery {
	tb.Helper()
	d := audittest.Delivery(1)
	d.Contract = contract
	switch p := payload.(type) {
	case string:
		d.Payload = []byte(p)
	default:
		encoded, err := json.Marshal(p)
		if err != nil {
			tb.Fatal(err)
		}
		d.Payload = encoded
	}
	return d
}

// entryOf returns the one entry that an event gets.
func entryOf(tb testing.TB, d event.Delivery) domain.Entry {
	tb.Helper()
	f := setup(tb)
	f.must(d)
	f.intact(1)
	return f.Entries()[0]
}

func TestAnEntryTellsWhoDidWhatWhenAndHowItIsKnown(t *testing.T) {
	t.Parallel()
	got := entryOf(t, deliver(t, accessapi.UserCreatedV1.ID, accessapi.UserCreated{UserID: user, Username: "zoë"}))
	want := domain.Entry{
		Time: audittest.Start, EventTime: audittest.Start.Add(-time.Second), EventID: "event-1", EventType: "event.user.created.v1",
		Actor:  auth.Actor{Kind: auth.User, ID: "admin", Session: auth.HashSession("s-1"), Address: "192.0.2.7"},
		Action: "user_created", Target: "user:" + user, Outcome: "success",
		RequestID: "request-1", CorrelationID: "correlation", TraceID: "0af7651916cd43dd8448eb211c80319c",
		Data: jsontext.Value(`{"userId":"` + user + `","username":"zoë"}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEachEventTypeHasItsActionTargetAndMembers(t *testing.T) {
	t.Parallel()
	hashed := auth.HashSession(sessionID)
	type told struct{ Action, Target, Outcome, Reason, Data string }
	for _, c := range []struct {
		name, contract string
		payload        any
		want           told
	}{
		{
			"login", accessapi.SessionCreatedV1.ID,
			accessapi.SessionCreated{SessionID: sessionID, UserID: user},
			told{"session_created", "session:" + hashed, "success", "", `{"userId":"` + user + `","session":"` + hashed + `"}`},
		},
		{
			"logout", accessapi.SessionRevokedV1.ID,
			accessapi.SessionRevoked{SessionID: sessionID, UserID: user},
			told{"session_expired", "session:" + hashed, "success", "revoked", `{"userId":"` + user + `","session":"` + hashed + `"}`},
		},
		{
			"setting created", configapi.ChangedV1.ID, `{"action":"created","key":"a.b","version":1,"value":"hunter2"}`,
			told{"sensitive_create", "config:a.b", "success", "created", `{"action":"created","key":"a.b","version":1}`},
		},
		{
			"setting updated", configapi.ChangedV1.ID, `{"action":"updated","key":"a.b","version":2,"value":"hunter2"}`,
			told{"sensitive_update", "config:a.b", "success", "updated", `{"action":"updated","key":"a.b","version":2}`},
		},
		{
			"setting deleted", configapi.ChangedV1.ID, `{"action":"deleted","key":"a.b"}`,
			told{"sensitive_delete", "config:a.b", "success", "deleted", `{"action":"deleted","key":"a.b"}`},
		},
		{
			"setting published", configapi.ChangedV1.ID, `{"action":"published","key":"a.b","version":2,"configId":"` + configID + `","revision":9007199254740991}`,
			told{
				"authz_admin", "config:a.b", "success", "published",
				`{"action":"published","key":"a.b","version":2,"configId":"` + configID + `","revision":9007199254740991}`,
			},
		},
		{
			"setting rolled back", configapi.RolledBackV1.ID, `{"action":"rollback","key":"a.b","targetVersion":1,"newVersion":3}`,
			told{"authz_admin", "config:a.b", "success", "rollback", `{"action":"rollback","key":"a.b","targetVersion":1,"newVersion":3}`},
		},
		{
			"trail read", auditapi.QueriedV1.ID,
			auditapi.Queried{ActorID: "eve", Actor: "admin", Target: "user:1", Entries: 50},
			told{"sensitive_read", "audit:entries", "success", "", `{"actor":"admin","target":"user:1","entries":50}`},
		},
		{
			"trail checked", auditapi.IntegrityVerifiedV1.ID,
			auditapi.IntegrityVerified{Chain: "audit", Valid: true, EntriesChecked: 7},
			told{"authz_admin", "audit:audit", "success", "", `{"chain":"audit","valid":true,"firstInvalidSeq":0,"entriesChecked":7}`},
		},
		{
			"trail found broken", auditapi.IntegrityVerifiedV1.ID,
			auditapi.IntegrityVerified{Chain: "audit", FirstInvalidSeq: 4, EntriesChecked: 3, Kind: "gap"},
			told{"authz_admin", "audit:audit", "failure", "gap", `{"chain":"audit","valid":false,"firstInvalidSeq":4,"entriesChecked":3,"kind":"gap"}`},
		},
		{
			"type without a record", "event.unheard.of.v1", `{"key":"secret","userId":"x"}`,
			told{"other", "", "success", "", ""},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := entryOf(t, deliver(t, c.contract, c.payload))
			got := told{e.Action, e.Target, e.Outcome, e.Reason, string(e.Data)}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPayloadThatCannotBeReadGetsAnEntryWithItsDigest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ payload, reason string }{
		"nothing":         {"", "unparseable event"},
		"broken":          {`{"userId":`, "unparseable event"},
		"no object":       {`["userId"]`, "unparseable event"},
		"null":            {`null`, "unparseable event"},
		"invalid UTF-8":   {"{\"userId\":\"\xff\"}", "unparseable event"},
		"a lone half":     {`{"userId":"\ud800"}`, "unparseable event"},
		"a member twice":  {`{"userId":"a","userId":"b"}`, "unparseable event"},
		"deep":            {`{"a":` + strings.Repeat("[", 20_000), "unparseable event"},
		"ten mebibytes":   {`{"userId":"` + strings.Repeat("x", 10<<20) + `"}`, "oversized event"},
		"NULs":            {"\x00\x00", "unparseable event"},
		"two of them":     {`{}{}`, "unparseable event"},
		"a number so big": {`{"version":1e999999999`, "unparseable event"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			bad := deliver(t, accessapi.UserCreatedV1.ID, c.payload)
			f.must(bad, audittest.Delivery(2)) // what comes with it is not held up
			f.intact(2)
			got := f.Entries()[0]
			want := fmt.Sprintf(`{"bytes":%d,"digest":%q}`, len(c.payload), domain.Digest(bad.Payload))
			if string(got.Data) != want || got.Outcome != domain.Failure || got.Reason != c.reason || got.Action != "user_created" || got.Target != "" {
				t.Errorf("got %s, outcome %s, reason %s, action %s, target %q; want %s", got.Data, got.Outcome, got.Reason, got.Action, got.Target, want)
			}
		})
	}
}

func TestOnlyPlainValuesOfListedMembersAreKept(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`{}`:                         "",
		`{"userId":null}`:            "",
		`{"userId":{"password":1}}`:  "",
		`{"userId":["a"]}`:           "",
		`{"userId":7}`:               `{"userId":7}`,
		`{"userId":true}`:            `{"userId":true}`,
		`{"USERID":"a"}`:             "",
		`{"userId":"\u0061\u001b["}`: `{"userId":"a\\u001b["}`,
		`{"userId":"` + strings.Repeat("x", 600) + `"}`: `{"userId":"` + domain.Digest([]byte(strings.Repeat("x", 600))) + `"}`,
		`{"userId":1` + strings.Repeat("0", 600) + `}`:  "",
	} {
		if got := string(entryOf(t, deliver(t, accessapi.UserCreatedV1.ID, payload)).Data); got != want {
			t.Errorf("of %.60s is kept %s, want %s", payload, got, want)
		}
	}
	numeric := entryOf(t, deliver(t, accessapi.SessionCreatedV1.ID, `{"sessionId":12345,"userId":"u"}`))
	if got := string(numeric.Data); got != `{"userId":"u"}` {
		t.Errorf("of a session id that is no text is kept %s", got)
	}
}

func TestTextsOfTheOutsideCannotForgeLines(t *testing.T) {
	t.Parallel()
	d := deliver(t, accessapi.UserCreatedV1.ID, `{"userId":"1\r\n2030-01-01 login ok","username":"\u202eadmin\u0000"}`)
	d.ID, d.Actor.ID, d.Actor.Kind, d.Request = "e\n1", "a\x00\x1b[2J\xff", "us\ner", "r\u2028"
	d.Time = time.Date(123456, 1, 1, 0, 0, 0, 0, time.UTC)
	d.TraceParent = "00-\n-x-01"
	f := setup(t)
	f.must(d)
	f.must(d)
	f.intact(1)
	for _, r := range f.Rows() {
		seal, e, err := r.Open()
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.IndexFunc(seal.Payload, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\u2028' || c == '\u202e' }); i >= 0 {
			t.Errorf("control character at %d of %q", i, seal.Payload)
		}
		if want := `user:1\u000d\u000a2030-01-01 login ok`; r.Target != want || e.Target != want {
			t.Errorf("target is %q in the column, %q in the entry; want %q", r.Target, e.Target, want)
		}
		if e.EventID != `e\u000a1` || e.Actor.ID != `a\u0000\u001b[2J`+"\uFFFD" || e.RequestID != `r\u2028` || e.TraceID != "" || !e.EventTime.IsZero() {
			t.Errorf("got %+v", e)
		}
	}
}

// What must never be stored is put into every member that nobody lists, and then looked for in all that is stored.
func TestNoSecretReachesTheStore(t *testing.T) {
	t.Parallel()
	f := setup(t)
	secrets := []string{"correct horse battery", "eyJhbGciOiJSUzI1NiJ9.e30.sig", "refresh-0123456789", "hunter2-value", sessionID, "BEGIN PRIVATE KEY"}
	members := fmt.Sprintf(`"password":%q,"accessToken":%q,"refreshToken":%q,"value":%q,"sessionId":%q,"nested":{"userId":%q},"userId":"u","action":"created","key":"k"`,
		secrets[0], secrets[1], secrets[2], secrets[3], secrets[4], secrets[5])
	contracts := []string{
		"event.unheard.of.v1", accessapi.UserCreatedV1.ID, accessapi.SessionCreatedV1.ID, accessapi.SessionRevokedV1.ID,
		configapi.ChangedV1.ID, configapi.RolledBackV1.ID, auditapi.QueriedV1.ID, auditapi.IntegrityVerifiedV1.ID,
	}
	for i, c := range contracts {
		for j, payload := range []string{"{" + members + "}", "{" + members, "{" + members + `,"key":"twice"}`} {
			d := deliver(t, c, payload)
			d.ID = fmt.Sprintf("event-%d-%d", i, j)
			f.must(d)
		}
	}
	f.intact(int64(3 * len(contracts)))
	head := f.Head()
	keys, err := f.Store.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stored := fmt.Sprintf("%+v %+v", head, keys)
	for _, r := range f.Rows() {
		stored += fmt.Sprintf("\n%+v %s", r.Columns, r.Sealed)
	}
	for _, s := range secrets {
		if strings.Contains(stored, s) {
			t.Errorf("the store holds %q", s)
		}
	}
	if !strings.Contains(stored, auth.HashSession(sessionID)) {
		t.Error("the store does not hold the session's hash either: the search looks in the wrong place")
	}
}
