package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

// The two adapters answer alike, whatever is asked for and however the statement is made: the entries are older and younger than now.
func TestPostgresFindsWhatMemoryFinds(t *testing.T) {
	t.Parallel()
	d, engine := postgrestest.Open(t, migrations.Of("audit")), memdb.NewEngine()
	onPostgres, inMemory := NewPostgres(d.SQL), NewMemory(engine)
	key, err := domain.NewKey(1, make([]byte, domain.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	chain, start := domain.Extend(domain.Head{}, key), time.Now().Add(-time.Hour)
	var rows []domain.Row
	for n := range 90 {
		row, err := chain.Add(domain.Entry{
			Time: start.Add(time.Duration(n-n%4*3) * time.Minute), EventID: fmt.Sprint(n), // the clock is set back at times
			Actor: auth.Actor{ID: fmt.Sprint(n % 2)}, Action: fmt.Sprint(n % 3), Target: fmt.Sprint(n % 5),
		})
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	write := func(s Store) func(ctx context.Context) error {
		return func(ctx context.Context) error { return s.Append(ctx, rows, chain.Head()) }
	}
	if err := d.Tx.InTx(t.Context(), write(onPostgres)); err != nil {
		t.Fatal(err)
	}
	if err := engine.InTx(t.Context(), write(inMemory)); err != nil {
		t.Fatal(err)
	}
	text := rapid.SampledFrom([]string{"", "0", "1", "2"})
	at := rapid.Custom(func(r *rapid.T) time.Time {
		if rapid.Bool().Draw(r, "any") {
			return time.Time{}
		}
		return start.Add(time.Duration(rapid.Int64Range(-20, 100).Draw(r, "minute"))*time.Minute + time.Duration(rapid.IntRange(-1, 1).Draw(r, "ns")))
	})
	rapid.Check(t, func(r *rapid.T) {
		q := Query{
			Actor: text.Draw(r, "actor"), Action: text.Draw(r, "action"), Target: text.Draw(r, "target"), From: at.Draw(r, "from"), To: at.Draw(r, "to"),
			Before: rapid.Int64Range(0, 91).Draw(r, "before"), Limit: rapid.IntRange(1, 100).Draw(r, "limit"),
		}
		want, err := inMemory.Find(t.Context(), q)
		if err != nil {
			r.Fatal(err)
		}
		got, err := onPostgres.Find(t.Context(), q)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			r.Fatalf("find %+v: %v (-memory +postgres):\n%s", q, err, diff)
		}
	})
}

func TestAWindowThatIsOlderThanItIsLongIsSortedOutOfItsIndex(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 31, 0, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return time.Date(2030, 1, n, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name     string
		from, to time.Time
		want     string
	}{
		{"one day three weeks ago", day(9), day(10), "ORDER BY seq + 0 DESC"},
		{"all but the last day", day(1), day(30), "ORDER BY seq DESC"},
		{"up to now", day(1), now, "ORDER BY seq DESC"},
		{"up to the future", day(1), now.Add(time.Hour), "ORDER BY seq DESC"},
		{"without an end", day(9), time.Time{}, "ORDER BY seq DESC"},
		{"without a start", time.Time{}, day(10), "ORDER BY seq DESC"},
	} {
		if text, args := (Query{From: c.from, To: c.to, Limit: 5}).statement(now); !strings.Contains(text, c.want) || args[len(args)-1] != 5 {
			t.Errorf("%s: %s with %v, want %s", c.name, text, args, c.want)
		}
	}
}
