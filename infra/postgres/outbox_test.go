package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

func TestIdsAreTakenAboveTheLocksOfTheirKeys(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	for _, statement := range insertStatements {
		rows := strings.Count(statement, "::jsonb")
		args := make([]any, rows*insertArgs)
		copy(args, []any{"t", "k", "c", []byte{}, "{}"})
		var plan []string
		err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
			return p.sql.Select(ctx, &plan, "EXPLAIN (VERBOSE, COSTS OFF) "+statement, args...)
		})
		if err != nil {
			t.Fatal(err)
		}
		next, order, lock := -1, -1, -1
		for i, line := range plan {
			switch {
			case strings.Contains(line, "nextval("):
				next = i
			case strings.Contains(line, "Sort Key: l.n"):
				order = i
			case strings.Contains(line, "pg_advisory_xact_lock("):
				lock = i
			}
		}
		if next < 0 || order <= next || lock <= order {
			t.Errorf("%d rows: nextval in line %d, the order of writes in %d, the locks in %d, want them in this order:\n%s",
				rows, next, order, lock, strings.Join(plan, "\n"))
		}
	}
}

func TestNoTwoTransactionsHoldIdsOfOneKey(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	same := func(id string) event.Event { return event.Event{ID: id, Contract: "event.a.v1", Topic: "t", Key: "k"} }
	first, second := make(chan struct{}), make(chan error, 1)
	err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
		if err := p.writer.Write(ctx, same("1"), entry("other")); err != nil {
			return err
		}
		return lastHook(ctx, 4, func(ctx context.Context) error {
			go func() {
				close(first)
				second <- p.tx.InTx(p.outside, func(ctx context.Context) error { return p.writer.Write(ctx, same("2")) })
			}()
			<-first
			eventually(t, "the second transaction at the key's lock", func() bool {
				var waits int
				err := p.sql.Get(p.outside, &waits, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`)
				return err == nil && waits == 1
			})
			var last int64
			if err := p.sql.Get(ctx, &last, `SELECT last_value FROM fxcell.outbox_id_seq`); err != nil || last != 2 {
				return fmt.Errorf("%d ids are taken, %w: the second waits with one", last, err)
			}
			return nil
		})
	})
	if err := errors.Join(err, <-second); err != nil {
		t.Fatal(err)
	}
	s := p.own(event.Reader{Name: "r"})
	p.wantsNext(s, "1", "other", "2")
}

func TestOneStatementTakesWhatAllHooksWrite(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
		if err := p.writer.Write(ctx, entry("1")); err != nil {
			return err
		}
		return db.BeforeCommit(ctx, func(ctx context.Context) error {
			return db.BeforeCommit(ctx, func(ctx context.Context) error { // of a hook of a hook, after the writer's own
				var written int
				if err := p.sql.Get(ctx, &written, `SELECT count(*) FROM fxcell.outbox`); err != nil || written != 0 {
					return fmt.Errorf("%d rows, %w, before all hooks have written", written, err)
				}
				return p.writer.Write(ctx, entry("2"))
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	var transactions, rows int
	if err := p.sql.Get(t.Context(), &rows, `SELECT count(*) FROM fxcell.outbox`); err != nil || rows != 2 {
		t.Errorf("%d rows, %v, want 2", rows, err)
	}
	if err := p.sql.Get(t.Context(), &transactions, `SELECT count(DISTINCT cmin::text) FROM fxcell.outbox`); err != nil || transactions != 1 {
		t.Errorf("%d statements, %v, want 1", transactions, err)
	}
}

func TestManyEventsOfATransactionComeInTheOrderOfTheirWrites(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	var ids []string
	for i := range 3*insertLimit + 5 {
		ids = append(ids, fmt.Sprint(i))
	}
	p.write(ids...)
	s := p.own(event.Reader{Name: "r"})
	p.wantsNext(s, ids...)
}

func TestCommitThatWritesEventsIsSynchronous(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	for setting, want := range map[string]string{"off": "local", "on": "on", "remote_apply": "remote_apply"} {
		err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := p.sql.Exec(ctx, "SET LOCAL synchronous_commit = "+setting); err != nil {
				return err
			}
			if err := p.writer.Write(ctx, entry(setting)); err != nil {
				return err
			}
			return lastHook(ctx, 4, func(ctx context.Context) error {
				var got string
				if err := p.sql.Get(ctx, &got, "SHOW synchronous_commit"); err != nil || got != want {
					t.Errorf("synchronous_commit = %s, %v, of a transaction that had %s, want %s", got, err, setting, want)
				}
				return nil
			})
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestRowsComeInThroughTheParentAlone(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	var grants int
	err := p.sql.Get(t.Context(), &grants, `SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, aclexplode(c.relacl) a
WHERE inhparent = 'fxcell.outbox'::regclass AND a.privilege_type = 'INSERT'`)
	if err != nil || grants != 0 {
		t.Errorf("%d roles may insert into a partition, %v", grants, err)
	}
	var open int
	err = p.sql.Get(t.Context(), &open, `SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE inhparent = 'fxcell.outbox'::regclass AND c.relacl IS NULL`)
	if err != nil || open != 0 {
		t.Errorf("%d partitions have their owner's grants, %v", open, err)
	}
}

func TestWriteOutsideOfTheDatabasesTransactionIsRefused(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	other := join(t, p.pool.cfg)
	err := other.tx.InTx(t.Context(), func(ctx context.Context) error { return p.writer.Write(ctx, entry("1")) })
	if !errors.Is(err, db.ErrNoTransaction) {
		t.Errorf("Write in another pool's transaction = %v, want db.ErrNoTransaction", err)
	}
	var rows int
	if err := p.sql.Get(t.Context(), &rows, `SELECT count(*) FROM fxcell.outbox`); err != nil && !errors.Is(err, sql.ErrNoRows) || rows != 0 {
		t.Errorf("%d rows, %v, want none", rows, err)
	}
}
