// Package idempotency is the port of claims: who may do what has a key, once, where no database's transaction holds the effect and its memory together.
package idempotency

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/problem"
)

// Claimer remembers by key what is being done and what is done, for all processes that share its server. It is safe for concurrent use.
//
// It makes repeats rare, not impossible: the effect happens again when a holder dies between the effect and Complete, when it stalls past its lease, and
// when the server forgets. An effect that can check the claim's Fence is safe from holders that stalled; one that is a row in a database needs no claim but
// a row of its own in the same transaction (event.Inbox).
type Claimer interface {
	durability.Stated
	// Claim takes the key for the lease. It returns ErrDone when what it stands for is done, ErrBusy while another is at it, and ErrInvalid for a key that
	// is not 1 to MaxKey bytes of UTF-8 without NUL, or a lease below MinLease. It is in no transaction, even where ctx carries one.
	Claim(ctx context.Context, key string, lease time.Duration) (Claim, error)
}

// Claim is a key that was claimed, until its lease ends. It is safe for concurrent use.
type Claim interface {
	// Fence is greater than those of all earlier claims of the key, and than zero.
	Fence() int64
	// Renew lets the lease end that long from now. It returns ErrLost when the claim has ended: by its lease, by Complete or by Release.
	Renew(ctx context.Context, lease time.Duration) error
	// Complete says that it is done: for the retention the key cannot be claimed. It returns ErrLost when the lease ran out before, whether or not another
	// has claimed the key since, and ErrInvalid for a retention below MinLease. Completing again does nothing.
	Complete(ctx context.Context, retention time.Duration) error
	// Release gives the key to who comes next, since nothing was done. After Complete it does nothing; otherwise it returns ErrLost when the claim has
	// ended before.
	Release(ctx context.Context) error
}

// Limits of what can be claimed.
const (
	MaxKey   = 512                    // bytes of a key
	MinLease = 100 * time.Millisecond // less would be lost by a busy machine
)

// Errors of a Claimer.
var (
	// ErrDone is returned by Claim when what the key stands for is done: a success, where only the effect counts.
	ErrDone = errors.New("idempotency: done already")
	// ErrBusy is returned by Claim while another is at it.
	ErrBusy error = &passing{"idempotency: another is at it", "This is being done already.", time.Second}
	// ErrLost is returned by what a claim is asked after it has ended.
	ErrLost = errors.New("idempotency: the claim has ended")
	// ErrUnavailable is returned when the server of the claims cannot be reached, or has no room. What was asked of it may have happened: asking a claim
	// again does no harm.
	ErrUnavailable error = &passing{"idempotency: the server of the claims is unavailable", "Claims are unavailable.", 5 * time.Second}
	// ErrInvalid is returned for what cannot be claimed.
	ErrInvalid = errors.New("idempotency: a key is 1 to 512 bytes of UTF-8 without NUL, a lease and a retention at least 100ms")
)

// passing is an error that another attempt may not meet.
type passing struct {
	text, detail string
	after        time.Duration
}

func (e *passing) Error() string { return e.text }

// Problem says what the error means for a caller.
func (e *passing) Problem() *problem.Error {
	return problem.New(problem.Unavailable, e.detail).After(e.after)
}

// Check returns ErrInvalid for a key or a lease that no Claimer takes: adapters call it first.
func Check(key string, lease time.Duration) error {
	if key == "" || len(key) > MaxKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return ErrInvalid
	}
	return CheckLength(lease)
}

// CheckLength returns ErrInvalid for a lease or a retention that no Claim takes.
func CheckLength(length time.Duration) error {
	if length < MinLease {
		return ErrInvalid
	}
	return nil
}

// Ports describes Claimer to assemblies.
func Ports() []durability.Port {
	return []durability.Port{durability.NewPort[Claimer]("infra/postgres.Locks", "infra/redis.Module")}
}
