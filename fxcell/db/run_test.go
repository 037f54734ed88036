package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/db"
)

// journal is a db.Unit, and everything that happened to it and around it, in order.
type journal struct {
	t      *testing.T
	events []string
	faults map[string]error // what a step of the unit answers
}

func (j *journal) note(step string) error {
	j.events = append(j.events, step)
	return j.faults[step]
}

func (j *journal) Commit(context.Context) error     { return j.note("commit") }
func (j *journal) Rollback(context.Context) error   { return j.note("rollback") }
func (j *journal) Savepoint(context.Context) error  { return j.note("savepoint") }
func (j *journal) RollbackTo(context.Context) error { return j.note("rollback to") }
func (j *journal) Release(context.Context) error    { return j.note("release") }

func (j *journal) begin(context.Context) (db.Unit, error) { return j, j.note("begin") }

func (j *journal) inTx(ctx context.Context, fn func(context.Context) error) error {
	return db.Run(ctx, j.begin, fn)
}

func (j *journal) before(ctx context.Context, name string, err error) {
	j.t.Helper()
	hook := func(context.Context) error { return errors.Join(j.note(name), err) }
	if err := db.BeforeCommit(ctx, hook); err != nil {
		j.t.Errorf("BeforeCommit(%s) = %v", name, err)
	}
}

func (j *journal) after(ctx context.Context, name string) {
	j.t.Helper()
	if err := db.OnCommit(ctx, func(context.Context) { _ = j.note("committed " + name) }); err != nil {
		j.t.Errorf("OnCommit(%s) = %v", name, err)
	}
	if err := db.OnRollback(ctx, func(context.Context) { _ = j.note("undone " + name) }); err != nil {
		j.t.Errorf("OnRollback(%s) = %v", name, err)
	}
}

var errTest = errors.New("test")

func TestTransactionRunsItsStepsAndHooksInOrder(t *testing.T) {
	t.Parallel()
	type step = func(ctx context.Context, j *journal) error
	nested := func(ctx context.Context, j *journal, fn step) error {
		return j.inTx(ctx, func(ctx context.Context) error { return fn(ctx, j) })
	}
	cases := []struct {
		name    string
		faults  map[string]error
		fn      step
		want    []string
		wantErr error
	}{
		{
			name: "commit",
			fn: func(ctx context.Context, j *journal) error {
				j.after(ctx, "a")
				j.before(ctx, "b1", nil)
				j.after(ctx, "b")
				j.before(ctx, "b2", nil)
				return j.note("work")
			},
			want: []string{"begin", "work", "b1", "b2", "commit", "committed a", "committed b"},
		},
		{
			name: "an error undoes, last registered first",
			fn: func(ctx context.Context, j *journal) error {
				j.after(ctx, "a")
				j.before(ctx, "never", nil)
				j.after(ctx, "b")
				return errTest
			},
			want: []string{"begin", "rollback", "undone b", "undone a"}, wantErr: errTest,
		},
		{
			name: "a hook before the commit may register more, and run a savepoint",
			fn: func(ctx context.Context, j *journal) error {
				err := db.BeforeCommit(ctx, func(ctx context.Context) error {
					j.before(ctx, "added", nil)
					return nested(ctx, j, func(ctx context.Context, j *journal) error {
						j.before(ctx, "added in a savepoint", nil)
						return nil
					})
				})
				j.before(ctx, "second", nil)
				return err
			},
			want: []string{"begin", "savepoint", "release", "second", "added", "added in a savepoint", "commit"},
		},
		{
			name: "an error before the commit undoes",
			fn: func(ctx context.Context, j *journal) error {
				j.after(ctx, "a")
				j.before(ctx, "first", nil)
				j.before(ctx, "second", errTest)
				j.before(ctx, "never", nil)
				return nil
			},
			want: []string{"begin", "first", "second", "rollback", "undone a"}, wantErr: errTest,
		},
		{
			name:   "a failed commit undoes",
			faults: map[string]error{"commit": errTest},
			fn: func(ctx context.Context, j *journal) error {
				j.after(ctx, "a")
				return nil
			},
			want: []string{"begin", "commit", "rollback", "undone a"}, wantErr: errTest,
		},
		{
			name: "the hooks of a released savepoint belong to what is around it",
			fn: func(ctx context.Context, j *journal) error {
				j.after(ctx, "a")
				j.before(ctx, "b1", nil)
				err := nested(ctx, j, func(ctx context.Context, j *journal) error {
					j.after(ctx, "inner")
					j.before(ctx, "b2", nil)
					return nil
				})
				j.before(ctx, "b3", nil)
				return err
			},
			want: []string{"begin", "savepoint", "release", "b1", "b2", "b3", "commit", "committed a", "committed inner"},
		},
		{
			name: "the hooks of a savepoint that failed go with it, and the transaction goes on",
			fn: func(ctx context.Context, j *journal) error {
				j.after(ctx, "a")
				err := nested(ctx, j, func(ctx context.Context, j *journal) error {
					j.after(ctx, "inner")
					j.before(ctx, "never", nil)
					return errTest
				})
				if !errors.Is(err, errTest) {
					j.t.Errorf("savepoint = %v, want the error of its function", err)
				}
				return nil
			},
			want: []string{"begin", "savepoint", "rollback to", "undone inner", "commit", "committed a"},
		},
		{
			name: "savepoints in savepoints, undone as a whole",
			fn: func(ctx context.Context, j *journal) error {
				return nested(ctx, j, func(ctx context.Context, j *journal) error {
					j.after(ctx, "outer")
					if err := nested(ctx, j, func(ctx context.Context, j *journal) error {
						j.after(ctx, "inner")
						return nil
					}); err != nil {
						return err
					}
					return errTest
				})
			},
			want: []string{
				"begin", "savepoint", "savepoint", "release", "rollback to", "undone inner", "undone outer", "rollback",
			}, wantErr: errTest,
		},
		{
			name:   "a savepoint that cannot be made is not run",
			faults: map[string]error{"savepoint": errTest},
			fn: func(ctx context.Context, j *journal) error {
				return nested(ctx, j, func(context.Context, *journal) error { return j.note("never") })
			},
			want: []string{"begin", "savepoint", "rollback"}, wantErr: errTest,
		},
		{
			name:   "a savepoint that cannot be released is undone",
			faults: map[string]error{"release": errTest},
			fn: func(ctx context.Context, j *journal) error {
				return nested(ctx, j, func(ctx context.Context, j *journal) error {
					j.after(ctx, "inner")
					return nil
				})
			},
			want: []string{"begin", "savepoint", "release", "rollback to", "undone inner", "rollback"}, wantErr: errTest,
		},
		{
			name:   "a savepoint that cannot be undone keeps the transaction from committing, whoever swallows the error",
			faults: map[string]error{"rollback to": errTest},
			fn: func(ctx context.Context, j *journal) error {
				_ = nested(ctx, j, func(context.Context, *journal) error { return errors.New("inner") })
				return nil
			},
			want: []string{"begin", "savepoint", "rollback to", "rollback"}, wantErr: errTest,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := &journal{t: t, faults: c.faults}
			err := j.inTx(t.Context(), func(ctx context.Context) error { return c.fn(ctx, j) })
			if !errors.Is(err, c.wantErr) || (c.wantErr == nil) != (err == nil) {
				t.Errorf("InTx = %v, want %v", err, c.wantErr)
			}
			if diff := cmp.Diff(c.want, j.events); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorsOfTheFunctionComeBackAsTheyAre(t *testing.T) {
	t.Parallel()
	j := &journal{t: t}
	if got := j.inTx(t.Context(), func(context.Context) error { return errTest }); got != errTest { //nolint:errorlint // the same value
		t.Errorf("InTx = %#v, want the error itself", got)
	}
}

func TestFailedRollbackIsReportedBesideItsCause(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	j := &journal{t: t, faults: map[string]error{"rollback": lost}}
	err := j.inTx(t.Context(), func(context.Context) error { return errTest })
	if !errors.Is(err, errTest) || !errors.Is(err, lost) {
		t.Errorf("InTx = %v, want both the cause and the failed rollback", err)
	}
}

func TestBeginErrorRunsNothing(t *testing.T) {
	t.Parallel()
	j := &journal{t: t, faults: map[string]error{"begin": errTest}}
	err := j.inTx(t.Context(), func(context.Context) error { return j.note("never") })
	if want := "db: begin: test"; err == nil || err.Error() != want {
		t.Errorf("InTx = %v, want %s", err, want)
	}
	if diff := cmp.Diff([]string{"begin"}, j.events); diff != "" {
		t.Error(diff)
	}
}

func TestContextThatEndedIsNotCommitted(t *testing.T) {
	t.Parallel()
	j := &journal{t: t}
	ctx, cancel := context.WithCancelCause(t.Context())
	err := j.inTx(ctx, func(ctx context.Context) error {
		j.after(ctx, "a")
		cancel(errTest)
		return nil
	})
	if !errors.Is(err, errTest) {
		t.Errorf("InTx = %v, want the cause of the context's end", err)
	}
	if diff := cmp.Diff([]string{"begin", "rollback", "undone a"}, j.events); diff != "" {
		t.Error(diff)
	}
}

func TestContextOfASavepointThatEndedIsNotReleased(t *testing.T) {
	t.Parallel()
	j := &journal{t: t}
	err := j.inTx(t.Context(), func(ctx context.Context) error {
		inner, cancel := context.WithCancelCause(ctx)
		err := j.inTx(inner, func(context.Context) error {
			cancel(errTest)
			return nil
		})
		if !errors.Is(err, errTest) {
			t.Errorf("savepoint = %v, want the cause of its context's end", err)
		}
		return nil
	})
	if err != nil {
		t.Errorf("InTx = %v, want the transaction to go on", err)
	}
	if diff := cmp.Diff([]string{"begin", "savepoint", "rollback to", "commit"}, j.events); diff != "" {
		t.Error(diff)
	}
}

func TestTransactionalCallsOutsideOfATransaction(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context) error{
		"BeforeCommit": func(ctx context.Context) error {
			return db.BeforeCommit(ctx, func(context.Context) error { return nil })
		},
		"OnCommit":   func(ctx context.Context) error { return db.OnCommit(ctx, func(context.Context) {}) },
		"OnRollback": func(ctx context.Context) error { return db.OnRollback(ctx, func(context.Context) {}) },
	}
	var ended context.Context
	j := &journal{t: t}
	if err := j.inTx(t.Context(), func(ctx context.Context) error {
		ended = ctx
		if !db.InTx(ctx) || db.UnitOf(ctx) != db.Unit(j) {
			t.Errorf("inside: InTx = %v, UnitOf = %v", db.InTx(ctx), db.UnitOf(ctx))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name, call := range calls {
		if err := call(t.Context()); !errors.Is(err, db.ErrNoTransaction) {
			t.Errorf("%s without a transaction = %v, want ErrNoTransaction", name, err)
		}
		if err := call(ended); !errors.Is(err, db.ErrTxDone) {
			t.Errorf("%s after the end = %v, want ErrTxDone", name, err)
		}
	}
	if err := j.inTx(ended, func(context.Context) error { return nil }); !errors.Is(err, db.ErrTxDone) {
		t.Errorf("InTx after the end = %v, want ErrTxDone", err)
	}
	if got := db.UnitOf(ended); got != nil {
		t.Errorf("UnitOf after the end = %v, want nil", got)
	}
	if db.InTx(t.Context()) {
		t.Error("InTx reports a transaction where there is none")
	}
}

func ExampleOnCommit() {
	j := &journal{}
	_ = j.inTx(context.Background(), func(ctx context.Context) error {
		_ = db.OnCommit(ctx, func(context.Context) { fmt.Println("tell the others") })
		fmt.Println("work")
		return nil
	})
	// Output:
	// work
	// tell the others
}
