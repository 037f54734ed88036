package auditquery_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/slices/auditquery"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/problem"
)

const day = 24 * time.Hour

func TestARangeThatIsWrongIsRefusedByName(t *testing.T) {
	t.Parallel()
	now := audittest.Start
	for _, c := range []struct {
		name     string
		from, to time.Time
		want     string // the parameter at fault, "" for none
	}{
		{"none", time.Time{}, time.Time{}, ""},
		{"the widest", now, now.Add(366 * day), ""},
		{"too wide", now, now.Add(366*day + time.Nanosecond), "from"},
		{"centuries", now, now.AddDate(2000, 0, 0), "from"},
		{"the wrong way round", now, now.Add(-time.Nanosecond), "from"},
		{"nothing in between", now, now, ""},
		{"as far back as it goes", now.Add(-366 * day), time.Time{}, ""},
		{"too far back", now.Add(-366*day - time.Nanosecond), time.Time{}, "from"},
		{"long ago, up to then", time.Time{}, now.AddDate(-20, 0, 0), ""},
		{"in the future", now.Add(day), time.Time{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			_, err := f.service.List(t.Context(), auditapi.ListRequest{From: c.from, To: c.to})
			refused(t, err, c.want, "range")
			if told := len(*f.published); (c.want == "") != (told == 1) {
				t.Errorf("%d events were published", told)
			}
		})
	}
}

// refused fails the test unless err is a 400 for the query parameter, or nil without one.
func refused(t *testing.T, err error, parameter, rule string) {
	t.Helper()
	if parameter == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != problem.Invalid || len(p.Faults) != 1 {
		t.Fatalf("got %v, want a bad request with one fault", err)
	}
	got := problem.Fault{In: p.Faults[0].In, Name: p.Faults[0].Name, Rule: p.Faults[0].Rule}
	if diff := cmp.Diff(problem.Fault{In: "query", Name: parameter, Rule: rule}, got); diff != "" || p.Faults[0].Message == "" {
		t.Errorf("fault (-want +got):\n%s", diff)
	}
}

func TestWithoutAFromAListGoesBackAYearAndADay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.Append(audittest.Delivery(1))
	f.Clock.Advance(366 * day)
	if got := seqs(f.list(auditapi.ListRequest{})); len(got) != 1 {
		t.Errorf("after 366 days: %v, want the entry", got)
	}
	f.Clock.Advance(time.Second)
	if got := seqs(f.list(auditapi.ListRequest{})); len(got) != 0 {
		t.Errorf("after a second more: %v, want nothing", got)
	}
	if got := seqs(f.list(auditapi.ListRequest{To: audittest.Start.Add(time.Second)})); len(got) != 1 {
		t.Errorf("asked for that time: %v, want the entry", got)
	}
}

func TestACursorThatWeDidNotMakeIsRefused(t *testing.T) {
	t.Parallel()
	for _, cursor := range []string{
		"x", "MTox", page.Encode("0"), page.Encode("-1"), page.Encode("+1"), page.Encode("01"), page.Encode("abc"), page.Encode("1;DROP"),
		page.Encode("9223372036854775808"), page.Encode(" 1"),
	} {
		f := setup(t)
		req := auditapi.ListRequest{}
		req.Cursor = cursor
		_, err := f.service.List(t.Context(), req)
		if cursor == "MTox" { // which is the cursor of seq 1
			refused(t, err, "", "")
			continue
		}
		refused(t, err, "cursor", "cursor")
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(page.Encode("12"))
	f.Add("%%%")
	w := setup(f)
	w.fill(3)
	publisher := contract.NewTestPublisher(func(context.Context, auditapi.Queried) error { return nil })
	service := auditquery.New(w.Tx, w.Store, w.Clock, publisher)
	f.Fuzz(func(t *testing.T, cursor string) {
		req := auditapi.ListRequest{}
		req.Cursor = cursor
		res, err := service.List(t.Context(), req)
		switch {
		case err == nil && len(res.Data) > 3, err != nil && !problem.Has(err, problem.Invalid):
			t.Errorf("cursor %q: %d entries, %v", cursor, len(res.Data), err)
		}
	})
}
