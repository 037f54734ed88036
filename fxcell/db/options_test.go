package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

func TestConflictIsRunAgainAsOftenAsTheOptionsSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		attempts  int
		conflicts int // how many runs end in one
		runs      int
		want      error
	}{
		{"not by default", 0, 9, 1, db.ErrSerialization},
		{"until it lasts", 5, 2, 3, nil},
		{"no more than said", 3, 9, 3, db.ErrSerialization},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j, runs, undone := &journal{t: t}, 0, 0
				err := j.inTx(db.With(t.Context(), db.Options{Attempts: c.attempts}), func(ctx context.Context) error {
					if runs++; runs > c.conflicts {
						return nil
					}
					err := db.OnRollback(ctx, func(context.Context) { undone++ })
					return errors.Join(err, fmt.Errorf("store: %w", db.ErrSerialization))
				})
				if !errors.Is(err, c.want) || c.want == nil && err != nil || runs != c.runs || undone != min(c.runs, c.conflicts) {
					t.Errorf("InTx = %v after %d runs, of which %d were undone, want %v after %d", err, runs, undone, c.want, c.runs)
				}
			})
		})
	}
}

func TestConflictOfTheCommitIsRunAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{t: t, faults: map[string]error{"commit": db.ErrSerialization}}
		runs := 0
		err := j.inTx(db.With(t.Context(), db.Options{Attempts: 3}), func(context.Context) error {
			if runs++; runs == 2 {
				j.faults = nil
			}
			return nil
		})
		if err != nil || runs != 2 {
			t.Errorf("InTx = %v after %d runs, want a commit by the second", err, runs)
		}
	})
}

func TestOtherErrorsAreNotRunAgain(t *testing.T) {
	t.Parallel()
	for _, fault := range []error{errTest, db.ErrUnavailable, db.ErrOutcomeUnknown, db.ErrUnique} {
		j, runs := &journal{t: t}, 0
		err := j.inTx(db.With(t.Context(), db.Options{Attempts: 5}), func(context.Context) error { runs++; return fault })
		if !errors.Is(err, fault) || runs != 1 {
			t.Errorf("InTx = %v after %d runs, want %v after one", err, runs, fault)
		}
	}
}

func TestAttemptsEndWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{t: t}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := j.inTx(db.With(ctx, db.Options{Attempts: 1 << 20}), func(context.Context) error { return db.ErrSerialization })
		if !errors.Is(err, db.ErrSerialization) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("InTx = %v, want the conflict and the end of the context", err)
		}
	})
}

func TestOptionsAreThoseOfOneTransaction(t *testing.T) {
	t.Parallel()
	want := db.Options{Isolation: db.Serializable, Attempts: 2}
	j := &journal{t: t}
	var begun, inside, hook db.Options
	begin := func(ctx context.Context) (db.Unit, error) {
		begun = db.OptionsOf(ctx)
		return j, nil
	}
	err := db.Run(db.With(t.Context(), want), begin, func(ctx context.Context) error {
		inside = db.OptionsOf(ctx)
		return db.OnCommit(ctx, func(ctx context.Context) { hook = db.OptionsOf(ctx) })
	})
	if err != nil || begun != want || inside != (db.Options{}) || hook != (db.Options{}) {
		t.Errorf("InTx = %v, options %+v at the beginning, %+v inside, %+v in a hook; want %+v at the beginning alone", err, begun, inside, hook, want)
	}
}

func TestErrorsThatPassTellTheCallerToComeAgain(t *testing.T) {
	t.Parallel()
	for _, err := range []error{db.ErrFull, db.ErrSerialization, db.ErrUnavailable, db.ErrOutcomeUnknown} {
		p := problem.From(fmt.Errorf("store: %w", err))
		if p.Code != problem.Unavailable || p.RetryAfter <= 0 || p.Detail == "" {
			t.Errorf("%v: a caller is told %+v, want Unavailable, a sentence, and when to come again", err, p)
		}
	}
}

func TestConstraintErrorNamesItsRule(t *testing.T) {
	t.Parallel()
	var err error = &db.ConstraintError{Kind: db.ErrForeignKey, Constraint: "of_parent"}
	if !errors.Is(err, db.ErrForeignKey) || errors.Is(err, db.ErrUnique) {
		t.Errorf("%v is of the wrong kind", err)
	}
	if got, want := err.Error(), "db: refers to what is not there, or is referred to (of_parent)"; got != want {
		t.Errorf("Error = %q, want %q", got, want)
	}
}
