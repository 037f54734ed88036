package postgres

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

const ids = "id int PRIMARY KEY, n int NOT NULL DEFAULT 0"

func TestFailedStatementThatIsIgnoredIsNotCommitted(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		if err := r.insert(ctx, 1); err != nil {
			return err
		}
		if err := r.insert(ctx, 1); !errors.Is(err, db.ErrUnique) {
			t.Errorf("the same again = %v, want ErrUnique", err)
		}
		if err := r.insert(ctx, 2); err == nil || errors.Is(err, db.ErrUnique) {
			t.Errorf("another one after the failure = %v, want an error that is not its own", err)
		}
		return nil
	})
	if !errors.Is(err, db.ErrUnique) {
		t.Errorf("InTx = %v, want the failure", err)
	}
	if got := r.rows(); got != 0 {
		t.Errorf("%d rows lasted, want none", got)
	}
}

func TestFailureInASavepointLeavesTheRest(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		err := r.insert(ctx, 1)
		for range 2 {
			inner := r.tx.InTx(ctx, func(ctx context.Context) error {
				_ = r.insert(ctx, 1)
				return nil // the savepoint cannot be kept all the same
			})
			if !errors.Is(inner, db.ErrUnique) && inner == nil {
				t.Error("a savepoint with a failed statement was kept")
			}
		}
		return errors.Join(err, r.insert(ctx, 2))
	})
	if err != nil {
		t.Errorf("InTx = %v", err)
	}
	if got := r.rows(); got != 2 {
		t.Errorf("%d rows lasted, want 2", got)
	}
}

func TestContextThatEndsDuringAStatementEndsTheSavepointAlone(t *testing.T) {
	t.Parallel()
	r := open(t, Config{MaxConns: 1}, ids)
	session := 0
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		err := errors.Join(r.insert(ctx, 1), r.sql.Get(ctx, &session, "SELECT pg_backend_pid()"))
		inner := r.tx.InTx(ctx, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			_, err := r.sql.Exec(ctx, "SELECT pg_sleep($1)", 30)
			return err
		})
		if !errors.Is(inner, context.DeadlineExceeded) {
			t.Errorf("the savepoint = %v, want the end of its context", inner)
		}
		return errors.Join(err, r.insert(ctx, 2))
	})
	if err != nil {
		t.Errorf("InTx = %v", err)
	}
	if got := r.rows(); got != 2 {
		t.Errorf("%d rows lasted, want 2", got)
	}
	if got := r.number("SELECT pg_backend_pid()"); got == session {
		t.Error("the connection is used again: a cancellation that comes late would meet somebody else")
	}
}

func TestCommitWhoseAnswerIsLostHasAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	p, cfg := throughProxy(t)
	r := open(t, cfg, ids)
	undone := false
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		return errors.Join(
			r.insert(ctx, 1),
			db.OnCommit(ctx, func(context.Context) { t.Error("OnCommit ran") }),
			db.OnRollback(ctx, func(context.Context) { undone = true }),
			db.BeforeCommit(ctx, func(context.Context) error { p.lose.Store(true); return nil }),
		)
	})
	if !errors.Is(err, db.ErrOutcomeUnknown) || !undone {
		t.Errorf("InTx = %v, OnRollback ran: %v, want ErrOutcomeUnknown and that it did", err, undone)
	}
	if got := problem.From(err); got.Code != problem.Unavailable || got.RetryAfter == 0 {
		t.Errorf("a caller is told %+v, want to come again", got)
	}
	if got := r.rows(); got != 1 { // the answer was lost, not the commit
		t.Errorf("%d rows lasted, want 1", got)
	}
}

func TestConnectionThatIsCutBeforeTheCommitIsNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	p, cfg := throughProxy(t)
	r := open(t, cfg, ids)
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		if err := r.insert(ctx, 1); err != nil {
			return err
		}
		p.cut()
		if err := r.insert(ctx, 2); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("a statement on a connection that was cut = %v, want ErrUnavailable", err)
		}
		return nil
	})
	if !errors.Is(err, db.ErrUnavailable) || errors.Is(err, db.ErrOutcomeUnknown) {
		t.Errorf("InTx = %v, want ErrUnavailable: nothing was committed", err)
	}
	if got := r.rows(); got != 0 { // by another connection
		t.Errorf("%d rows lasted, want none", got)
	}
}

func TestConnectionThatWasIdleForLongClosesWithoutAnError(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	made, err := r.pool.connector.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, _ := made.(*conn)
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.line.until(time.Now().Add(-time.Second)) // as its patience is over when it was idle for longer
	if err := c.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}

func TestServerThatFreezesEndsAStatement(t *testing.T) {
	t.Parallel()
	p, cfg := throughProxy(t)
	r := open(t, cfg, ids)
	r.pool.connector.grace = 100 * time.Millisecond
	for _, c := range []struct {
		name     string
		patience time.Duration // of the connection
		ends     time.Duration // of the statement's context
		want     error
	}{
		{"by the patience of the connection", 200 * time.Millisecond, time.Minute, db.ErrUnavailable},
		{"by the end of its context", time.Minute, 20 * time.Millisecond, context.DeadlineExceeded},
	} {
		r.pool.connector.patience = c.patience // of the connections that follow
		p.cut()
		err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, c.ends)
			defer cancel()
			p.freeze.Store(true)
			_, err := r.sql.Exec(ctx, r.q("UPDATE %s SET n = $1"), 1)
			p.freeze.Store(false)
			return err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: InTx = %v, want %v", c.name, err, c.want)
		}
	}
	if err := r.tx.InTx(t.Context(), func(ctx context.Context) error { return r.insert(ctx, 1) }); err != nil {
		t.Errorf("after that InTx = %v", err)
	}
}

// crossed runs two transactions that each take row mine, meet, and then take the other's.
func crossed(t *testing.T, r *rig, o db.Options) []error {
	t.Helper()
	var meet, all sync.WaitGroup
	meet.Add(2)
	errs := make([]error, 2)
	for i := range 2 {
		all.Go(func() {
			first := true
			errs[i] = r.tx.InTx(db.With(t.Context(), o), func(ctx context.Context) error {
				if _, err := r.sql.Exec(ctx, r.q("UPDATE %s SET n = n + 1 WHERE id = $1"), i); err != nil {
					return err
				}
				if first {
					first = false
					meet.Done()
					meet.Wait()
				}
				_, err := r.sql.Exec(ctx, r.q("UPDATE %s SET n = n + 1 WHERE id = $1"), 1-i)
				return err
			})
		})
	}
	all.Wait()
	return errs
}

func TestDeadlockIsRunAgainByOption(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	r.exec("INSERT INTO %s (id) VALUES (0), (1)")
	errs := crossed(t, r, db.Options{})
	if failed := errors.Join(errs...); !errors.Is(failed, db.ErrSerialization) || errs[0] != nil && errs[1] != nil {
		t.Errorf("without attempts: %v, want ErrSerialization of one of both", errs)
	}
	if got := r.number("SELECT sum(n) FROM %s"); got != 2 {
		t.Errorf("the sum is %d, want that of one transaction, 2", got)
	}
	if err := errors.Join(crossed(t, r, db.Options{Attempts: 5})...); err != nil {
		t.Errorf("with attempts: %v", err)
	}
	if got := r.number("SELECT sum(n) FROM %s"); got != 6 {
		t.Errorf("the sum is %d, want that of three transactions, 6", got)
	}
}

func TestSerializableTransactionsLoseNoUpdateThatWasReadFirst(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	r.exec("INSERT INTO %s (id) VALUES (1)")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				err := r.tx.InTx(db.With(t.Context(), db.Options{Isolation: db.Serializable, Attempts: 100}), func(ctx context.Context) error {
					var n int
					if err := r.sql.Get(ctx, &n, r.q("SELECT n FROM %s")); err != nil {
						return err
					}
					_, err := r.sql.Exec(ctx, r.q("UPDATE %s SET n = $1"), n+1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := r.number("SELECT n FROM %s"); got != 20 {
		t.Errorf("counted to %d, want 20", got)
	}
}

func TestConflictThatIsIgnoredIsRunAgainAllTheSame(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	r.exec("INSERT INTO %s (id) VALUES (1)")
	runs := 0
	err := r.tx.InTx(db.With(t.Context(), db.Options{Isolation: db.RepeatableRead, Attempts: 3}), func(ctx context.Context) error {
		runs++
		var n int
		if err := r.sql.Get(ctx, &n, r.q("SELECT n FROM %s")); err != nil {
			return err
		}
		if runs == 1 {
			r.exec("UPDATE %s SET n = 7") //nolint:contextcheck // in a transaction of its own
		}
		_, _ = r.sql.Exec(ctx, r.q("UPDATE %s SET n = $1"), n+1)
		return nil
	})
	if err != nil || runs != 2 {
		t.Errorf("InTx = %v after %d runs, want the second to last", err, runs)
	}
	if got := r.number("SELECT n FROM %s"); got != 8 {
		t.Errorf("n is %d, want 8", got)
	}
}

func TestTransactionWaitsForAConnectionNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	r := open(t, Config{MaxConns: 1}, ids)
	outside := t.Context()
	err := r.tx.InTx(t.Context(), func(context.Context) error {
		ctx, cancel := context.WithTimeout(outside, 20*time.Millisecond)
		defer cancel()
		if err := r.tx.InTx(ctx, func(context.Context) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("InTx without a free connection = %v, want the end of its context", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := r.tx.InTx(t.Context(), func(ctx context.Context) error { return r.insert(ctx, 1) }); err != nil {
		t.Errorf("after that InTx = %v", err)
	}
}

func TestRestartOfTheServerIsSurvived(t *testing.T) {
	t.Parallel()
	p, cfg := throughProxy(t)
	r := open(t, cfg, ids)
	var held sync.WaitGroup
	start := make(chan struct{})
	for i := range 6 { // as many connections, which are idle after that
		held.Go(func() {
			_ = r.tx.InTx(t.Context(), func(ctx context.Context) error { <-start; return r.insert(ctx, i) })
		})
	}
	eventually(t, "six connections", func() bool { return r.pool.db.Load().Stats().InUse == 6 })
	close(start)
	held.Wait()
	address := p.listener.Addr().String()
	p.stop()
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error { return r.insert(ctx, 10) })
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("without a server InTx = %v, want ErrUnavailable", err)
	}
	if err := r.pool.check().Probe(t.Context()); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("the check = %v, want ErrUnavailable", err)
	}
	p.listen(t, address)
	if err := r.pool.check().Probe(t.Context()); err != nil {
		t.Errorf("the check = %v, want nil: the server is back", err)
	}
	if err := r.tx.InTx(t.Context(), func(ctx context.Context) error { return r.insert(ctx, 10) }); err != nil {
		t.Errorf("InTx = %v, want a commit: the server is back", err)
	}
}
