package db

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Isolation says what transactions that run at the same time may see of each other.
type Isolation int

const (
	// ReadCommitted is the default: each statement sees what was committed before it began. What one statement reads and the next one writes must be
	// locked, or written under a condition.
	ReadCommitted Isolation = iota
	// RepeatableRead shows all statements what was committed before the first one, and fails with ErrSerialization on writing what changed since.
	RepeatableRead
	// Serializable lets transactions last only as if they had run one after the other; others fail with ErrSerialization.
	Serializable
)

// Options say how a transaction runs. The zero value is the default.
type Options struct {
	// Isolation is at least this; an adapter that runs one transaction at a time has no weaker one than Serializable.
	Isolation Isolation
	// Attempts is how often the function may run until it does not end in ErrSerialization; once when zero. Each attempt is a transaction of its own,
	// so the function must do nothing outside of it that could not be done twice.
	Attempts int
}

type optionsKey struct{}

// With returns a context whose next transaction runs by o: tx.InTx(db.With(ctx, db.Options{Attempts: 3}), fn). A savepoint is part of its
// transaction and ignores them; so does what a transaction's function starts.
func With(ctx context.Context, o Options) context.Context {
	return context.WithValue(ctx, optionsKey{}, o)
}

// OptionsOf returns the options of the transaction that an adapter begins under ctx.
func OptionsOf(ctx context.Context) Options {
	o, _ := ctx.Value(optionsKey{}).(Options)
	return o
}

// Pauses between attempts: up to the first one, doubled up to the longest.
const firstPause, longestPause = 10 * time.Millisecond, time.Second

// attempts runs a whole transaction until it does not end in ErrSerialization, or as often as the options say.
func attempts(ctx context.Context, once func() error) error {
	limit := firstPause
	for n := 1; ; n++ {
		err := once()
		if n >= OptionsOf(ctx).Attempts || !errors.Is(err, ErrSerialization) {
			return err
		}
		pause := time.NewTimer(rand.N(limit)) //nolint:gosec // it only keeps the attempts of several transactions apart
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return errors.Join(err, lasting(ctx))
		}
		limit = min(2*limit, longestPause)
	}
}
