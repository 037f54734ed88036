package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/ratelimit"
)

// turnstile lets two pass: an adapter looks at the policy, and at the clock.
type turnstile struct{ passed int }

func newTurnstile() ratelimit.Limiter { return &turnstile{} }

func (*turnstile) Durability() durability.Grade { return durability.Volatile }

func (t *turnstile) Take(_ context.Context, key string, p ratelimit.Policy) (int, error) {
	if err := ratelimit.Check(key, p); err != nil {
		return 0, err
	}
	if t.passed == p.Limit {
		return 0, &ratelimit.LimitedError{RetryAfter: p.PauseAfter(t.passed)}
	}
	t.passed++
	return t.passed, nil
}

func (t *turnstile) Undo(context.Context, string, ratelimit.Policy) error {
	t.passed--
	return nil
}

func (t *turnstile) Reset(context.Context, string) error {
	t.passed = 0
	return nil
}

// An attempt is counted before the password is looked at, so that a hundred at a time are no more than the policy allows; a success forgets them.
func ExampleLimiter() {
	var limits ratelimit.Limiter
	app := fx.New(fxcell.Assembly("shop", durability.Demo, fx.Provide(zap.NewNop, newTurnstile)), fx.NopLogger, fx.Populate(&limits))
	fmt.Println(app.Err())
	ctx := context.Background()
	account := ratelimit.Policy{Limit: 2, Window: 24 * time.Hour, Pause: time.Second, MaxPause: 15 * time.Minute}

	login := func(password string) {
		if _, err := limits.Take(ctx, "account/5e8f", account); err != nil { // the MAC of the name
			p := problem.From(err)
			fmt.Println(p.Code.Status, p.RetryAfter)
			return
		}
		if password != "right" {
			fmt.Println("wrong")
			return
		}
		fmt.Println("right", limits.Reset(ctx, "account/5e8f"))
	}
	for _, password := range []string{"guess", "right", "guess", "guess", "right"} {
		login(password)
	}
	// Output:
	// <nil>
	// wrong
	// right <nil>
	// wrong
	// wrong
	// 429 1s
}

func TestPauseDoublesUpToTheLongest(t *testing.T) {
	t.Parallel()
	p := ratelimit.Policy{Limit: 5, Window: time.Hour, Pause: time.Second, MaxPause: 15 * time.Minute}
	for count, want := range map[int]time.Duration{
		0: 0, 4: 0, 5: time.Second, 6: 2 * time.Second, 14: 512 * time.Second, 15: 15 * time.Minute, 16: 15 * time.Minute, 1_000_000: 15 * time.Minute,
	} {
		if got := p.PauseAfter(count); got != want {
			t.Errorf("after %d attempts: %v, want %v", count, got, want)
		}
	}
	if got := (ratelimit.Policy{Limit: 1, Window: time.Hour}).PauseAfter(9); got != 0 {
		t.Errorf("a budget pauses for %v", got)
	}
}

func TestErrorsTellACallerWhenToComeBack(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]problem.Code{
		ratelimit.ErrUnavailable: problem.Unavailable, &ratelimit.LimitedError{RetryAfter: 5 * time.Second}: problem.TooMany,
	} {
		p := problem.From(fmt.Errorf("login: %w", err))
		if p.Code != want || p.RetryAfter != 5*time.Second {
			t.Errorf("%v is %s after %v, want %s", err, p.Code.Name, p.RetryAfter, want.Name)
		}
	}
	if _, ok := errors.AsType[*ratelimit.LimitedError](ratelimit.ErrUnavailable); ok {
		t.Error("an unavailable server is taken for a limit")
	}
}
