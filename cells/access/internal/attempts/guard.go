// Package attempts counts what fails: logins by account, and by the source that they come from, over all processes.
package attempts

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/cells/access/internal/settings"
	"fxcell.dev/fxcell/ratelimit"
)

// Guard decides whether an attempt may be made. It is safe for concurrent use.
//
// It counts a failed login three times. By its source, over all accounts. By its account and source, with pauses that grow: not by the account alone, since
// then anybody could keep its owner out, by failing in his name whenever a pause is over. And by its account over all sources: many of them together stop
// at a number of guesses that is high enough for one source alone to take the better part of a day.
type Guard struct {
	limits              ratelimit.Limiter
	source, brake, stop ratelimit.Policy
	sourcesAreUnlimited bool
}

// New fills and validates the section.
func New(limits ratelimit.Limiter, cfg settings.Config) (*Guard, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Guard{
		limits:              limits,
		source:              ratelimit.Policy{Limit: cfg.SourceFailures, Window: cfg.SourceWindow},
		brake:               ratelimit.Policy{Limit: cfg.LoginFree, Window: cfg.LoginWindow, Pause: cfg.LoginPause, MaxPause: cfg.LoginMaxPause},
		stop:                ratelimit.Policy{Limit: cfg.LoginStop, Window: cfg.LoginWindow},
		sourcesAreUnlimited: cfg.SourceFailures < 0,
	}, nil
}

// Login counts a login before its password is looked at, so that many at the same time are no more guesses than one after the other. It returns a
// *ratelimit.LimitedError when there were too many, or ratelimit.ErrUnavailable when nobody knows: then it must not go on. The username is a normalised
// one, whether anybody has it or not: that must make no difference. The source is the address of ctx; without one, only the account counts.
func (g *Guard) Login(ctx context.Context, username string) (*Attempt, error) {
	a, source := &Attempt{limits: g.limits}, sourceOf(ctx)
	counters := []counter{
		{key: key("account", username), policy: g.stop, forget: true},
		{key: key("account-source", username, source), policy: g.brake, forget: true},
	}
	if c, ok := g.ofSource(source); ok {
		counters = append([]counter{c}, counters...) // first: it bounds how many counters a source can make
	}
	for _, c := range counters {
		if err := a.take(ctx, c); err != nil {
			return nil, fmt.Errorf("attempts: %w", errors.Join(err, a.GiveBack(ctx)))
		}
	}
	return a, nil
}

// Failed counts a failure of the source of ctx that concerns no account. It returns what Login does.
func (g *Guard) Failed(ctx context.Context) error {
	c, ok := g.ofSource(sourceOf(ctx))
	if !ok {
		return nil
	}
	if _, err := g.limits.Take(ctx, c.key, c.policy); err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	return nil
}

func (g *Guard) ofSource(source string) (counter, bool) {
	return counter{key: key("source", source), policy: g.source}, source != "" && !g.sourcesAreUnlimited
}
