package store

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

func TestWhatBeginsWithAPrefixLiesBeforeItsEndAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		edge := rapid.SampledFrom([]rune{'a', 'b', '%', 0x7f, 0x80, 0xd7ff, 0xe000, 0xffff, 0x10000, utf8.MaxRune})
		text := rapid.StringOf(rapid.OneOf(edge, rapid.Rune()))
		prefix := rapid.StringOfN(rapid.OneOf(edge, rapid.Rune()), 1, 3, -1).Draw(r, "prefix")
		other := text.Draw(r, "text")
		if rapid.Bool().Draw(r, "within") {
			other = prefix + other
		}
		end := end(prefix)
		within := other >= prefix && (end == "" || other < end)
		if !utf8.ValidString(prefix) || !utf8.ValidString(other) {
			r.Skip("no column holds it")
		}
		if got := strings.HasPrefix(other, prefix); got != within {
			r.Fatalf("%+q begins with %+q: %v; lies before %+q: %v", other, prefix, got, end, within)
		}
	})
	if got := end(""); got != "" {
		t.Errorf("the end of no prefix is %+q, want none", got)
	}
}

// The server reads no keys but those of the list, however many others there are.
func TestAListIsAStretchOfTheIndex(t *testing.T) {
	t.Parallel()
	d := postgrestest.Open(t, migrations.Of("config"))
	if err := d.Tx.InTx(t.Context(), func(ctx context.Context) error {
		_, err := d.SQL.Exec(ctx, `INSERT INTO config.settings (`+columns+`)
			SELECT 'k' || n, 1, gen_random_uuid(), 'string', '', false, 'v', 0, now(), now() FROM generate_series(1, 5000) n`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query Query
		want  string
	}{
		{Query{Limit: 51}, "(key >= ''::text)"},
		{Query{After: "k2", Limit: 51}, "(key > 'k2'::text)"},
		{Query{Prefix: "k1", Limit: 51}, "(key < 'k2'::text)"},
		{Query{Prefix: "k_%", After: "k12", Limit: 51}, "(key < 'k_&'::text)"},
	} {
		statement, args := c.query.statement()
		var plan []string
		if err := d.SQL.Select(t.Context(), &plan, "EXPLAIN (COSTS OFF) "+statement, args...); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(plan, "\n")
		_, conditions, _ := strings.Cut(text, "Index Cond: ")
		if !strings.Contains(text, "settings_pkey") || !strings.Contains(conditions, c.want) {
			t.Errorf("the plan of %+v is\n%s", c.query, text)
		}
	}
}
