package idempotency_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/problem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal is a claimer of one key that writes down what it is asked, and answers what the test says.
type journal struct {
	mu      sync.Mutex
	steps   []string
	answers map[string]error
}

func (j *journal) note(ctx context.Context, step string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = append(j.steps, step)
	if err := ctx.Err(); err != nil {
		return err
	}
	return j.answers[step]
}

func (j *journal) count(step string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.steps {
		if s == step {
			n++
		}
	}
	return n
}

func (*journal) Durability() durability.Grade { return durability.Volatile }

func (j *journal) Claim(ctx context.Context, _ string, _ time.Duration) (idempotency.Claim, error) {
	if err := j.note(ctx, "claim"); err != nil {
		return nil, err
	}
	return claim{j}, nil
}

type claim struct{ *journal }

func (claim) Fence() int64 { return 7 }

func (c claim) Renew(ctx context.Context, _ time.Duration) error    { return c.note(ctx, "renew") }
func (c claim) Complete(ctx context.Context, _ time.Duration) error { return c.note(ctx, "complete") }

func (c claim) Release(ctx context.Context) error { return c.note(ctx, "release") }

var errEffect = errors.New("the effect failed")

func TestDoClaimsRunsAndEnds(t *testing.T) {
	t.Parallel()
	down := fmt.Errorf("server: %w", idempotency.ErrUnavailable)
	for name, c := range map[string]struct {
		answers map[string]error
		effect  error
		want    []error // errors.Is; none means nil
		ran     bool
		ended   string
	}{
		"done":              {ran: true, ended: "complete"},
		"failed":            {effect: errEffect, want: []error{errEffect}, ran: true, ended: "release"},
		"done before":       {answers: map[string]error{"claim": idempotency.ErrDone}, want: []error{idempotency.ErrDone}},
		"done by another":   {answers: map[string]error{"claim": idempotency.ErrBusy}, want: []error{idempotency.ErrBusy}},
		"no server":         {answers: map[string]error{"claim": down}, want: []error{idempotency.ErrUnavailable}},
		"completed late":    {answers: map[string]error{"complete": idempotency.ErrLost}, want: []error{idempotency.ErrLost}, ran: true, ended: "complete"},
		"not completed":     {answers: map[string]error{"complete": down}, want: []error{idempotency.ErrUnavailable}, ran: true, ended: "complete"},
		"failed, not freed": {effect: errEffect, answers: map[string]error{"release": down}, want: []error{errEffect, idempotency.ErrUnavailable}, ran: true, ended: "release"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &journal{answers: c.answers}
			ran := false
			err := idempotency.Do(t.Context(), j, "key", idempotency.Terms{}, func(_ context.Context, fence int64) error {
				if ran = true; fence != 7 {
					t.Errorf("fence %d, want that of the claim", fence)
				}
				return c.effect
			})
			if (err == nil) != (len(c.want) == 0) || ran != c.ran {
				t.Errorf("Do = %v, ran: %v, want %v, %v", err, ran, c.want, c.ran)
			}
			for _, want := range c.want {
				if !errors.Is(err, want) {
					t.Errorf("Do = %v, want %v", err, want)
				}
			}
			for _, step := range []string{"complete", "release"} {
				if got, want := j.count(step) == 1, step == c.ended; got != want {
					t.Errorf("%s was asked: %v, want %v", step, got, want)
				}
			}
		})
	}
}

func TestDoRenewsWhileTheEffectRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		err := idempotency.Do(t.Context(), j, "key", idempotency.Terms{Lease: 3 * time.Second}, func(ctx context.Context, _ int64) error {
			<-time.After(10*time.Second + time.Millisecond) // in the bubble
			return ctx.Err()
		})
		if err != nil || j.count("renew") != 10 {
			t.Errorf("Do = %v with %d renewals in ten seconds of a lease of three, want 10", err, j.count("renew"))
		}
		before := j.count("renew")
		<-time.After(time.Minute)
		if j.count("renew") != before {
			t.Error("it is renewed after the end")
		}
	})
}

func TestEffectIsToldWhenItsClaimIsLost(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"by another": idempotency.ErrLost, "by silence": idempotency.ErrUnavailable} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := &journal{answers: map[string]error{"renew": answer}}
				started := time.Now()
				err := idempotency.Do(t.Context(), j, "key", idempotency.Terms{Lease: 3 * time.Second}, func(ctx context.Context, _ int64) error {
					<-ctx.Done()
					if cause := context.Cause(ctx); !errors.Is(cause, idempotency.ErrLost) {
						t.Errorf("the context ended by %v, want idempotency.ErrLost", cause)
					}
					return errEffect
				})
				if took := time.Since(started); !errors.Is(err, idempotency.ErrLost) || !errors.Is(err, errEffect) || took > 3*time.Second {
					t.Errorf("Do = %v after %v, want both errors within the lease", err, took)
				}
			})
		})
	}
}

// What was done is said to be done, also when the caller is gone by then.
func TestDoEndsItsClaimAfterTheEndOfItsContext(t *testing.T) {
	t.Parallel()
	for effect, want := range map[error]string{nil: "complete", errEffect: "release"} {
		j := &journal{}
		ctx, cancel := context.WithCancel(t.Context())
		err := idempotency.Do(ctx, j, "key", idempotency.Terms{}, func(context.Context, int64) error {
			cancel()
			return effect
		})
		if !errors.Is(err, effect) || j.count(want) != 1 {
			t.Errorf("Do = %v, %d times %s, want %v, once", err, j.count(want), want, effect)
		}
	}
}

func TestAPanicLeavesTheLeaseToRunOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		func() {
			defer func() { _ = recover() }()
			_ = idempotency.Do(t.Context(), j, "key", idempotency.Terms{}, func(_ context.Context, fence int64) error {
				_ = []int{}[fence]
				return nil
			})
			t.Error("the panic was swallowed")
		}()
		<-time.After(time.Hour)
		if j.count("renew")+j.count("complete")+j.count("release") != 0 {
			t.Errorf("steps %v, want only the claim", j.steps)
		}
	})
}

func TestTermsThatNobodyKeepsAreRefused(t *testing.T) {
	t.Parallel()
	for _, terms := range []idempotency.Terms{{Lease: time.Millisecond}, {Retention: -1}, {Lease: -time.Hour}} {
		j := &journal{}
		err := idempotency.Do(t.Context(), j, "key", terms, func(context.Context, int64) error { return nil })
		if !errors.Is(err, idempotency.ErrInvalid) || j.count("claim") != 0 {
			t.Errorf("Do with %+v = %v, want idempotency.ErrInvalid", terms, err)
		}
	}
}

func TestErrorsTellACallerWhenToComeBack(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]time.Duration{idempotency.ErrBusy: time.Second, idempotency.ErrUnavailable: 5 * time.Second} {
		p := problem.From(fmt.Errorf("pay: %w", err))
		if p.Code != problem.Unavailable || p.RetryAfter != want {
			t.Errorf("%v is %s after %v, want %v", err, p.Code.Name, p.RetryAfter, want)
		}
	}
}

// silent is a server that answers nothing when a claim is to end.
type silent struct{ claim }

func (s silent) Claim(context.Context, string, time.Duration) (idempotency.Claim, error) {
	return s, nil
}

func (silent) Complete(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// Whoever has given up is kept waiting for a moment only.
func TestDoEndsSoonAfterTheEndOfItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		ctx, giveUp := context.WithCancel(ctx)
		begun := time.Now()
		err := idempotency.Do(ctx, silent{claim{&journal{}}}, "key", idempotency.Terms{}, func(context.Context, int64) error {
			giveUp()
			return nil
		})
		if took := time.Since(begun); err == nil || took > time.Second {
			t.Errorf("Do = %v after %v, want an error within a second", err, took)
		}
	})
}
