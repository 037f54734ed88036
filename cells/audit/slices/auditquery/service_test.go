package auditquery_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/slices/auditquery"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/page"
)

// fixture is a trail and the service that reads it.
type fixture struct {
	*audittest.World
	service   *auditquery.Service
	published *[]auditapi.Queried
}

func setup(tb testing.TB) fixture {
	tb.Helper()
	w := audittest.New(tb)
	published := &[]auditapi.Queried{}
	publisher := contract.NewTestPublisher(func(ctx context.Context, p auditapi.Queried) error {
		if !db.InTx(ctx) {
			tb.Error("published outside a transaction")
		}
		*published = append(*published, p)
		return nil
	})
	return fixture{w, auditquery.New(w.Tx, w.Store, w.Clock, publisher), published}
}

// fill appends events a minute apart, the n-th at n minutes: odd ones are users that an administrator created, even ones sessions of user n%4.
func (f fixture) fill(count int) {
	f.TB.Helper()
	for n := 1; n <= count; n++ {
		f.Clock.Advance(time.Minute)
		d := audittest.Delivery(n)
		if n%2 == 0 {
			id := fmt.Sprintf("u%d", n%4)
			d.Contract, d.Actor = "event.session.created.v1", auth.Actor{Kind: auth.User, ID: id}
			d.Payload = fmt.Appendf(nil, `{"sessionId":"s%d","userId":%q}`, n, id)
		}
		f.Append(d)
	}
}

func (f fixture) list(req auditapi.ListRequest) auditapi.ListResponse {
	f.TB.Helper()
	ctx := auth.WithPrincipal(f.TB.Context(), auth.Principal{Kind: auth.User, ID: "eve", Roles: []string{"auditor"}})
	res, err := f.service.List(ctx, req)
	if err != nil {
		f.TB.Fatalf("list: %v", err)
	}
	return res
}

func seqs(res auditapi.ListResponse) []int64 {
	out := []int64{}
	for _, e := range res.Data {
		out = append(out, e.Seq)
	}
	return out
}

func TestAnEntryIsShownWithAllThatIsKnown(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.Append(audittest.Delivery(1))
	const user = "00000000-0000-4000-8000-000000000001"
	want := auditapi.ListResponse{Page: page.Page[auditapi.Entry]{Data: []auditapi.Entry{{
		ID: "audit-1", Seq: 1, EventID: "event-1", EventType: "event.user.created.v1",
		ActorID: "admin", ActorKind: "user", ActorSession: auth.HashSession("s-1"), ActorAddress: "192.0.2.7",
		Timestamp: audittest.Start, EventTime: audittest.Start.Add(-time.Second),
		Action: "user_created", Target: "user:" + user, Outcome: "success",
		RequestID: "request-1", CorrelationID: "correlation", TraceID: "0af7651916cd43dd8448eb211c80319c",
		Payload: []byte(`{"userId":"` + user + `","username":"user1"}`),
	}}}}
	if diff := cmp.Diff(want, f.list(auditapi.ListRequest{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEntriesAreFilteredNewestFirst(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.fill(12)
	at := func(n int) time.Time { return audittest.Start.Add(time.Duration(n) * time.Minute) }
	for _, c := range []struct {
		name string
		req  auditapi.ListRequest
		want []int64
	}{
		{"all", auditapi.ListRequest{}, []int64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		{"by actor", auditapi.ListRequest{Actor: "u2"}, []int64{10, 6, 2}},
		{"by action", auditapi.ListRequest{Action: "session_created"}, []int64{12, 10, 8, 6, 4, 2}},
		{"by target", auditapi.ListRequest{Target: "user:00000000-0000-4000-8000-000000000007"}, []int64{7}},
		{"by a session that is known by its hash", auditapi.ListRequest{Target: "session:" + auth.HashSession("s4")}, []int64{4}},
		{"from", auditapi.ListRequest{From: at(11)}, []int64{12, 11}},
		{"to", auditapi.ListRequest{To: at(3)}, []int64{2, 1}},
		{"from and to", auditapi.ListRequest{From: at(4), To: at(7)}, []int64{6, 5, 4}},
		{"an empty range", auditapi.ListRequest{From: at(4), To: at(4)}, []int64{}},
		{"everything at once", auditapi.ListRequest{Actor: "u0", Action: "session_created", From: at(5), To: at(12)}, []int64{8}},
		{"nobody", auditapi.ListRequest{Actor: "nobody"}, []int64{}},
		{"not the session's id", auditapi.ListRequest{Target: "session:s4"}, []int64{}},
		{"no pattern", auditapi.ListRequest{Actor: "u%"}, []int64{}},
		{"no expression", auditapi.ListRequest{Actor: "' OR 1=1 --"}, []int64{}},
	} {
		if diff := cmp.Diff(c.want, seqs(f.list(c.req))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestAnActorWithControlCharactersIsFoundByThem(t *testing.T) {
	t.Parallel()
	f := setup(t)
	d := audittest.Delivery(1)
	d.Actor.ID = "line\nbreak"
	f.Append(d)
	if got := seqs(f.list(auditapi.ListRequest{Actor: "line\nbreak"})); len(got) != 1 {
		t.Errorf("found %v, want the entry", got)
	}
}

func TestPagesFollowEachOtherWhateverIsAppendedMeanwhile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		f := setup(t)
		total := rapid.IntRange(0, 12).Draw(r, "entries")
		f.fill(total)
		req := auditapi.ListRequest{}
		req.Limit = rapid.IntRange(1, 5).Draw(r, "limit")
		seen := []int64{}
		for pages := 0; ; pages++ {
			res := f.list(req)
			seen = append(seen, seqs(res)...)
			if res.HasMore != (res.NextCursor != "") || len(res.Data) > req.Limit || pages > total {
				r.Fatalf("page %d: %d entries, more %v, cursor %q", pages, len(res.Data), res.HasMore, res.NextCursor)
			}
			if !res.HasMore {
				break
			}
			req.Cursor = res.NextCursor
			f.Append(audittest.Delivery(1000 + pages)) // newer than what the pages show
		}
		want := []int64{}
		for n := int64(total); n >= 1; n-- {
			want = append(want, n)
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			r.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestReadingIsToldWithWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.fill(6)
	from, to := audittest.Start, audittest.Start.Add(time.Hour)
	req := auditapi.ListRequest{Actor: "u2", Action: "session_created", Target: "", From: from, To: to}
	req.Limit = 1
	first := f.list(req)
	req.Cursor = first.NextCursor
	f.list(req)
	f.list(auditapi.ListRequest{Target: "user:x"})
	want := []auditapi.Queried{
		{ActorID: "eve", Actor: "u2", Action: "session_created", From: from, To: to, Entries: 1},
		{ActorID: "eve", Actor: "u2", Action: "session_created", From: from, To: to, Before: 6, Entries: 1},
		{ActorID: "eve", Target: "user:x"},
	}
	if diff := cmp.Diff(want, *f.published); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

func TestNobodyReadsWhatIsNotTold(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.fill(2)
	full := errors.New("the log is full")
	publisher := contract.NewTestPublisher(func(context.Context, auditapi.Queried) error { return full })
	res, err := auditquery.New(f.Tx, f.Store, f.Clock, publisher).List(t.Context(), auditapi.ListRequest{})
	if !errors.Is(err, full) || len(res.Data) > 0 || res.NextCursor != "" {
		t.Errorf("got %+v, %v; want nothing and %v", res, err, full)
	}
}

func TestADamagedEntryIsMarkedAndHidesNoOther(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*domain.Row){
		"bytes that cannot be read":  func(r *domain.Row) { r.Sealed = r.Sealed[:20] },
		"no bytes":                   func(r *domain.Row) { r.Sealed = nil },
		"a column that is different": func(r *domain.Row) { r.ActorID = "other\n" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.fill(3)
			row := f.Rows()[1]
			damage(&row)
			f.PutRow(2, row)
			res := f.list(auditapi.ListRequest{})
			if diff := cmp.Diff([]int64{3, 2, 1}, seqs(res)); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			for i, want := range []bool{false, true, false} {
				if got := res.Data[i]; got.Damaged != want || got.ID != fmt.Sprintf("audit-%d", 3-i) || (want && got.Payload != nil) {
					t.Errorf("entry %d is %+v, want damaged %v", 3-i, got, want)
				}
			}
			if id := res.Data[1].ActorID; id != "u2" && id != `other\u000a` {
				t.Errorf("actor of the damaged entry is %q", id)
			}
		})
	}
}

func TestAReaderWithoutANameIsTheSystem(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if _, err := f.service.List(t.Context(), auditapi.ListRequest{}); err != nil {
		t.Fatal(err)
	}
	if got := (*f.published)[0].ActorID; got != "system" {
		t.Errorf("reader is %q, want system", got)
	}
}
