// Package ratelimit is the port of counted attempts: how many of a kind there were, of all processes together, and when the next may come.
package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/problem"
)

// Limiter counts attempts by key, before they are made: of many that come at the same time no more pass than the policy allows. It is safe for concurrent
// use, and in no transaction, even where the context carries one: what was undone was tried all the same.
type Limiter interface {
	durability.Stated
	// Take counts an attempt and returns the how-manyth it is, or a *LimitedError when it must not be made; that one is not counted. A key has the same
	// policy each time; it is 1 to MaxKey bytes of UTF-8 without NUL. Who counts what clients send keys it by a MAC or a digest: keys are stored.
	Take(ctx context.Context, key string, p Policy) (count int, err error)
	// Undo takes one attempt back: one that was fine where only failures count. What was refused because of it is allowed again.
	Undo(ctx context.Context, key string, p Policy) error
	// Reset forgets the attempts of a key.
	Reset(ctx context.Context, key string) error
}

// Policy is how many attempts may be made. There are two kinds. Without a Pause it is a budget: Limit attempts in a window, which begins with the first of
// them; then none until the window ends. With a Pause it is a brake: Limit attempts are free; after the last of them, and after each further one, the
// next has to wait, from Pause doubling to MaxPause; they are forgotten when there was none for the window.
type Policy struct {
	Limit           int
	Window          time.Duration
	Pause, MaxPause time.Duration
}

// Limits of what can be counted.
const (
	MaxKey    = 512                   // bytes of a key
	MaxWindow = 366 * 24 * time.Hour  // of a policy, and of a pause
	MinWindow = 10 * time.Millisecond // of a policy, and of a pause
	MaxLimit  = 1_000_000
)

// Errors of a Limiter.
var (
	// ErrUnavailable is returned when the server of the attempts cannot be reached, or has no room: nobody knows whether the attempt may be made.
	ErrUnavailable error = unavailableError{}
	// ErrInvalid is returned for a key or a policy that cannot be counted by.
	ErrInvalid = errors.New("ratelimit: a key is 1 to 512 bytes of UTF-8 without NUL; a policy has a limit of 1 to 1000000 and times of 10ms to 366 days")
)

type unavailableError struct{}

func (unavailableError) Error() string { return "ratelimit: the server of the attempts is unavailable" }

// Problem says what the error means for a caller.
func (unavailableError) Problem() *problem.Error {
	return problem.New(problem.Unavailable, "Attempts cannot be counted.").After(5 * time.Second)
}

// LimitedError says that an attempt must not be made yet.
type LimitedError struct{ RetryAfter time.Duration }

// Error says how long to wait.
func (e *LimitedError) Error() string {
	return fmt.Sprintf("ratelimit: too many attempts: wait %v", e.RetryAfter)
}

// Problem says what the error means for a caller.
func (e *LimitedError) Problem() *problem.Error {
	return problem.New(problem.TooMany, "Too many attempts.").After(e.RetryAfter)
}

// Check returns ErrInvalid for a key or a policy that no Limiter takes: adapters call it first.
func Check(key string, p Policy) error {
	fits := func(d time.Duration) bool { return d >= MinWindow && d <= MaxWindow }
	if p.Limit < 1 || p.Limit > MaxLimit || !fits(p.Window) || p.Pause == 0 && p.MaxPause != 0 {
		return ErrInvalid
	}
	if p.Pause != 0 && (!fits(p.Pause) || !fits(p.MaxPause) || p.MaxPause < p.Pause) {
		return ErrInvalid
	}
	return CheckKey(key)
}

// CheckKey returns ErrInvalid for a key that no Limiter takes.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return ErrInvalid
	}
	return nil
}

// PauseAfter is how long the next attempt has to wait after the count-th, with a brake: none within the limit.
func (p Policy) PauseAfter(count int) time.Duration {
	if p.Pause == 0 || count < p.Limit {
		return 0
	}
	pause := p.Pause
	for range count - p.Limit {
		if pause >= p.MaxPause/2 {
			return p.MaxPause
		}
		pause *= 2
	}
	return min(pause, p.MaxPause)
}

// Ports describes Limiter to assemblies.
func Ports() []durability.Port {
	return []durability.Port{durability.NewPort[Limiter]("infra/postgres.Locks", "infra/redis.Module")}
}
