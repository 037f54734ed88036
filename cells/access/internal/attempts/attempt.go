package attempts

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/fxcell/ratelimit"
)

// Attempt is a login that was counted. Who leaves it alone lets it be a failure.
type Attempt struct {
	limits ratelimit.Limiter
	taken  []counter
}

// counter is one that an attempt is counted by.
type counter struct {
	key    string
	policy ratelimit.Policy
	forget bool // what failed before, when an attempt succeeds
}

func (a *Attempt) take(ctx context.Context, c counter) error {
	if _, err := a.limits.Take(ctx, c.key, c.policy); err != nil {
		return err
	}
	a.taken = append(a.taken, c)
	return nil
}

// Succeed forgets what failed before for the account: all of the source's share, and the whole of all sources together. What the source failed at with
// other accounts stays, or one account of one's own would pay for guessing at all the others.
func (a *Attempt) Succeed(ctx context.Context) error {
	var errs []error
	for _, c := range a.taken {
		if c.forget {
			errs = append(errs, a.limits.Reset(ctx, c.key))
		} else {
			errs = append(errs, a.limits.Undo(ctx, c.key, c.policy))
		}
	}
	return wrap(errs)
}

// GiveBack takes back an attempt that nobody has judged. One whose caller has left stays counted: ctx is the caller's.
func (a *Attempt) GiveBack(ctx context.Context) error {
	var errs []error
	for _, c := range a.taken {
		errs = append(errs, a.limits.Undo(ctx, c.key, c.policy))
	}
	return wrap(errs)
}

func wrap(errs []error) error {
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	return nil
}
