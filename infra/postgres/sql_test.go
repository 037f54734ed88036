package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
)

func TestWriteOutsideOfATransactionIsRefused(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	insert := r.q("INSERT INTO %s (id) VALUES ($1) RETURNING id")
	var id int
	var all []int
	_, exec := r.sql.Exec(t.Context(), insert, 1)
	var query error
	for _, err := range r.sql.Query(t.Context(), insert, 2) {
		query = err
	}
	for verb, err := range map[string]error{
		"Exec": exec, "Query": query, "Get": r.sql.Get(t.Context(), &id, insert, 3), "Select": r.sql.Select(t.Context(), &all, insert, 4),
	} {
		if !errors.Is(err, db.ErrNoTransaction) {
			t.Errorf("%s = %v, want ErrNoTransaction", verb, err)
		}
	}
	if got := r.rows(); got != 0 {
		t.Errorf("%d rows were written", got)
	}
}

func TestStatementNeedsItsOwnOpenTransaction(t *testing.T) {
	t.Parallel()
	r, other := open(t, Config{}, ids), open(t, Config{}, ids)
	var past context.Context
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		past = ctx
		if _, err := other.sql.Exec(ctx, other.q("INSERT INTO %s (id) VALUES (1)")); !errors.Is(err, db.ErrNoTransaction) {
			t.Errorf("in the transaction of another database: %v, want ErrNoTransaction", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := r.sql.Get(past, &n, "SELECT 1"); !errors.Is(err, db.ErrTxDone) {
		t.Errorf("after the end Get = %v, want ErrTxDone", err)
	}
	_ = memdb.NewEngine().InTx(t.Context(), func(ctx context.Context) error {
		if err := r.sql.Get(ctx, &n, "SELECT 1"); !errors.Is(err, db.ErrNoTransaction) {
			t.Errorf("in a transaction in memory Get = %v, want ErrNoTransaction", err)
		}
		return nil
	})
}

func TestErrorsOfTheSchema(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, "id int PRIMARY KEY, parent int, code text NOT NULL CHECK (length(code) < 10), "+
		"CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES %s (id) DEFERRABLE, CONSTRAINT one_code UNIQUE (code)")
	r.exec("INSERT INTO %s VALUES (1, NULL, 'a')")
	for _, c := range []struct {
		name, statement string
		args            []any
		kind            error
		text            string
	}{
		{"a key twice", "INSERT INTO %s VALUES ($1, NULL, 'b')", []any{1}, db.ErrUnique, "_pkey)"},
		{"a code twice", "INSERT INTO %s VALUES (2, NULL, $1)", []any{"a"}, db.ErrUnique, "(one_code)"},
		{"no such parent", "INSERT INTO %s VALUES (2, $1, 'b')", []any{77}, db.ErrForeignKey, "(of_parent)"},
		{"a parent that is referred to", "WITH c AS (INSERT INTO %s VALUES (2, 1, $1)) DELETE FROM %s WHERE id = 1", []any{"b"}, db.ErrForeignKey, "(of_parent)"},
		{"a check", "INSERT INTO %s VALUES (2, NULL, $1)", []any{"secretvalue"}, nil, "23514 check_violation"},
		{"a value that does not fit", "INSERT INTO %s VALUES ($1::text::int, NULL, 'b')", []any{"secretvalue"}, nil, "22P02 invalid_text_representation"},
		{"a wrong statement", "INSERT INTO nowhere VALUES ($1)", []any{1}, nil, `42P01 undefined_table: relation "nowhere" does not exist`},
	} {
		err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
			_, err := r.sql.Exec(ctx, r.q(c.statement), c.args...)
			return err
		})
		if err == nil || c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "secretvalue") {
			t.Errorf("%s: %v, want %v with %q and no value", c.name, err, c.kind, c.text)
		}
	}
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error { // the commit is what fails
		_, err := r.sql.Exec(ctx, "SET CONSTRAINTS of_parent DEFERRED")
		_, err2 := r.sql.Exec(ctx, r.q("INSERT INTO %s VALUES (2, 77, 'b')"))
		return errors.Join(err, err2)
	})
	if rule, ok := errors.AsType[*db.ConstraintError](err); !ok || rule.Constraint != "of_parent" || errors.Is(err, db.ErrOutcomeUnknown) {
		t.Errorf("a commit that breaks a deferred rule = %v, want its ConstraintError", err)
	}
}

func TestValuesGoInAndComeOutAsTheyWere(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, "id int, text text, at timestamptz, data bytea, doc jsonb, tags text[], none text, big bigint, yes bool")
	type record struct {
		ID   int       `db:"id"`
		Text string    `db:"text"`
		At   time.Time `db:"at"`
		Data []byte    `db:"data"`
		Doc  string    `db:"doc"`
		None *string   `db:"none"`
		Big  int64     `db:"big"`
		Yes  bool      `db:"yes"`
	}
	want := record{
		1, "ünïcode ' \" \\", time.Date(2026, 2, 3, 4, 5, 6, 789000, time.FixedZone("", 3600)), []byte{0, 1, 255}, `{"a": 1}`, nil, 1<<63 - 1, true,
	}
	tags := []string{"a", `b"c`, "", "d,e"}
	r.exec("INSERT INTO %s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", want.ID, want.Text, want.At, want.Data, want.Doc, tags, nil, want.Big, want.Yes)

	var one record
	columns := "SELECT id, text, at, data, doc, none, big, yes FROM %s"
	if err := r.sql.Get(t.Context(), &one, r.q(columns+" WHERE id = ANY($1)"), []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	var all []record
	if err := r.sql.Select(t.Context(), &all, r.q(columns)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]record{want, want}, append(all, one)); diff != "" {
		t.Error(diff)
	}
	if one.At.Location() != time.UTC && one.At.Format("-0700") != "+0000" {
		t.Errorf("the time came in %v, want UTC", one.At.Location())
	}
	for row, err := range r.sql.Query(t.Context(), r.q("SELECT tags, data FROM %s WHERE id = $1"), 1) {
		var got []string
		var data []byte
		if err := errors.Join(err, row.Scan(&got, &data)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tags, got) + cmp.Diff(want.Data, data); diff != "" {
			t.Error(diff)
		}
	}
	if err := r.sql.Get(t.Context(), &one, r.q(columns+" WHERE id = $1"), 2); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("Get without a row = %v, want ErrNotFound", err)
	}
}

func TestRowThatDoesNotFitItsStructIsNoFailureOfTheTransaction(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		var wrong struct{ Other int }
		err := r.insert(ctx, 1)
		if err := r.sql.Get(ctx, &wrong, r.q("SELECT id FROM %s WHERE id = $1"), 1); err == nil {
			t.Error("a column without a field was accepted")
		}
		var id int
		if err := r.sql.Get(ctx, &id, r.q("SELECT id FROM %s WHERE id = $1"), 2); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("Get without a row = %v, want ErrNotFound", err)
		}
		return errors.Join(err, r.insert(ctx, 2))
	})
	if err != nil || r.rows() != 2 {
		t.Errorf("InTx = %v", err)
	}
}

func TestRowsAreReadToTheirEndBeforeTheNextStatement(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		_, err := r.sql.Exec(ctx, r.q("INSERT INTO %s SELECT generate_series(1, $1)"), 1000)
		seen := 0
		for row, failed := range r.sql.Query(ctx, r.q("SELECT id FROM %s WHERE id > $1 ORDER BY id"), 0) {
			var id int
			err = errors.Join(err, failed, row.Scan(&id))
			if seen++; id != seen {
				t.Errorf("row %d is %d", seen, id)
			}
			if err := r.insert(ctx, 5000); !errors.Is(err, errReading) {
				t.Errorf("a statement between rows = %v, want errReading", err)
			}
			if err := r.tx.InTx(ctx, func(context.Context) error { return nil }); !errors.Is(err, errReading) {
				t.Errorf("a savepoint between rows = %v, want errReading", err)
			}
			if seen == 500 {
				break
			}
		}
		return errors.Join(err, r.insert(ctx, 5000))
	})
	if err != nil {
		t.Error(err)
	}
	if got := r.rows(); got != 1001 {
		t.Errorf("%d rows, want 1001", got)
	}
}

func TestQueryThatFailsBetweenRowsSaysSo(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	r.exec("INSERT INTO %s VALUES (1, 1), (2, 1), (3, 0)")
	var ids []int
	var last error
	for row, err := range r.sql.Query(t.Context(), r.q("SELECT id FROM (SELECT id, 1/n AS q FROM %s ORDER BY id OFFSET 0) s WHERE q = $1"), 1) {
		if last = err; err != nil {
			break
		}
		var id int
		if err := row.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	wants(t, last, "22012 division_by_zero")
	if diff := cmp.Diff([]int(nil), ids); diff != "" && len(ids) > 2 {
		t.Error(diff)
	}
}

func TestStatementThatTakesTooLongIsEndedByTheServer(t *testing.T) {
	t.Parallel()
	r := open(t, Config{StatementTimeout: 50 * time.Millisecond}, ids)
	var none string
	err := r.sql.Get(t.Context(), &none, "SELECT pg_sleep($1)", 30)
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("Get = %v, want ErrUnavailable", err)
	}
	wants(t, err, "statement timeout")
}

func TestStatementsStayPrepared(t *testing.T) {
	t.Parallel()
	r := open(t, Config{PreparedStatements: 3}, ids)
	prepared := "SELECT count(*) FROM pg_prepared_statements"
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		for i := range 10 {
			if err := r.insert(ctx, i); err != nil {
				return err
			}
		}
		var n, calls int
		err := errors.Join(r.sql.Get(ctx, &n, prepared),
			r.sql.Get(ctx, &calls, "SELECT generic_plans + custom_plans FROM pg_prepared_statements"))
		if n != 1 || calls != 10 {
			t.Errorf("%d statements ran %d times, want one that ran 10 times", n, calls)
		}
		for i := range 10 { // each has a text of its own
			err = errors.Join(err, r.sql.Get(ctx, &n, "SELECT $1::int"+strings.Repeat(" ", i), i))
		}
		err = errors.Join(err, r.sql.Get(ctx, &n, prepared))
		if n != 3 {
			t.Errorf("%d statements are prepared, want the last 3", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestStatementOutlivesAChangeOfItsSchema(t *testing.T) {
	t.Parallel()
	r := open(t, Config{MaxConns: 2, MaxIdleConns: 2}, ids)
	r.exec("INSERT INTO %s (id) VALUES (1)")
	changer := open(t, Config{}, ids)
	change := func(column string) {
		changer.exec(strings.ReplaceAll(r.q("ALTER TABLE %s ADD COLUMN "+column+" int DEFAULT 1"), "%s", ""))
	}
	read := func(ctx context.Context) error {
		n := 0
		for _, err := range r.sql.Query(ctx, r.q("SELECT * FROM %s WHERE id = $1"), 1) {
			if err != nil {
				return err
			}
			n++
		}
		if n != 1 {
			t.Errorf("read %d rows, want 1", n)
		}
		return nil
	}
	if err := read(t.Context()); err != nil {
		t.Fatal(err)
	}
	change("a")
	if err := read(t.Context()); err != nil {
		t.Errorf("after the change: %v", err)
	}
	change("b")
	runs := 0
	err := r.tx.InTx(db.With(t.Context(), db.Options{Attempts: 2}), func(ctx context.Context) error { runs++; return read(ctx) })
	if err != nil || runs != 2 {
		t.Errorf("in a transaction after the change: %v after %d runs, want the second to last", err, runs)
	}
}
