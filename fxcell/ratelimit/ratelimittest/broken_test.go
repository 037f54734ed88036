package ratelimittest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/ratelimit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake counts in a map. Its functions and faults stand in for what it does; zero ones break nothing.
type fake struct {
	grade    durability.Grade
	key      func(key string) string
	check    func(key string, p ratelimit.Policy) error
	pause    func(p ratelimit.Policy, n int) time.Duration
	met      chan struct{} // the first who try meet when they have looked
	strict   bool          // counts who is refused
	deaf     bool          // resets nothing
	proud    bool          // undoes nothing
	half     bool          // undoes the count alone
	eternal  bool          // no window ends
	sliding  bool          // each attempt prolongs the window
	standing bool          // none does
	short    bool          // a row ends with its window, though the pause is longer

	mu    sync.Mutex
	rows  map[string]row
	tries int
}

type row struct {
	n          int
	until, end time.Time
}

func newFake() *fake {
	return &fake{grade: durability.Volatile, rows: map[string]row{}, check: ratelimit.Check, pause: ratelimit.Policy.PauseAfter}
}

func (f *fake) Durability() durability.Grade { return f.grade }

func (f *fake) of(key string) string {
	if f.key != nil {
		return f.key(key)
	}
	return key
}

func (f *fake) Take(ctx context.Context, key string, p ratelimit.Policy) (int, error) {
	if err := f.check(key, p); err != nil {
		return 0, err
	}
	key = f.of(key)
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	r := f.rows[key]
	if !now.Before(r.end) && !f.eternal {
		r = row{}
	}
	if f.met != nil {
		f.meets(ctx)
	}
	if now.Before(r.until) {
		if f.strict {
			r.until = r.until.Add(time.Hour)
			f.rows[key] = r
		}
		return 0, &ratelimit.LimitedError{RetryAfter: r.until.Sub(now)}
	}
	r.n++
	f.rows[key] = f.after(r, p, now)
	return r.n, nil
}

func (f *fake) after(r row, p ratelimit.Policy, now time.Time) row {
	if r.n == 1 || p.Pause > 0 && !f.standing || f.sliding {
		r.end = now.Add(p.Window)
	}
	switch {
	case r.n < p.Limit:
	case p.Pause == 0:
		r.until = r.end
	default:
		r.until = now.Add(f.pause(p, r.n))
		if r.end.Before(r.until) && !f.short {
			r.end = r.until
		}
	}
	return r
}

// meets lets others look meanwhile.
func (f *fake) meets(ctx context.Context) {
	if f.tries++; f.tries%crowd == 0 {
		close(f.met)
		f.met = make(chan struct{})
		return
	}
	met := f.met
	f.mu.Unlock()
	select {
	case <-met:
	case <-ctx.Done():
	}
	f.mu.Lock()
}

func (f *fake) Undo(_ context.Context, key string, p ratelimit.Policy) error {
	if err := f.check(key, p); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.rows[f.of(key)]; r.n > 0 && !f.proud {
		r.n--
		if !f.half {
			r.until = time.Time{}
		}
		f.rows[f.of(key)] = r
	}
	return nil
}

func (f *fake) Reset(_ context.Context, key string) error {
	if err := f.check(key, budget); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.deaf {
		delete(f.rows, f.of(key))
	}
	return nil
}

func TestSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	promise.Catch(t, cases(), broken(), func(t *promise.T, sabotage func(f *fake)) *kit {
		f := newFake()
		if sabotage != nil {
			sabotage(f)
		}
		return newKit(t, Subject{f, f}, Features{})
	})
}

func TestSuitePassesASoundAdapter(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) Subject {
		f := newFake()
		return Subject{f, f}
	}, Features{Bubble: true})
}

func broken() []promise.Broken[func(f *fake)] {
	const differ, refused, waits = "keys are not taken for one another", "what cannot be counted is refused", "a brake waits longer each time"
	const counted, undone, remembers = "attempts are counted by all together, up to the limit", "an attempt that is undone does not count", "a brake does not forget while somebody tries"
	return []promise.Broken[func(f *fake)]{
		{Name: "says nothing of durability", Break: func(f *fake) { f.grade = durability.Discards }, CaughtBy: "the limiter says what it keeps"},
		{Name: "punishes who is refused", Break: func(f *fake) { f.strict = true }, CaughtBy: counted},
		{Name: "forgets a pause", Break: func(f *fake) { f.pause = func(ratelimit.Policy, int) time.Duration { return 0 } }, CaughtBy: counted},
		{Name: "ignores case", Break: func(f *fake) { f.key = strings.ToLower }, CaughtBy: differ},
		{Name: "cuts spaces", Break: func(f *fake) { f.key = strings.TrimSpace }, CaughtBy: differ},
		{Name: "cuts keys", Break: func(f *fake) { f.key = func(k string) string { return k[:min(len(k), 255)] } }, CaughtBy: differ},
		{Name: "looks before it counts", Break: func(f *fake) { f.met = make(chan struct{}) }, CaughtBy: "of many at a time no more pass than may"},
		{Name: "resets nothing", Break: func(f *fake) { f.deaf = true }, CaughtBy: "a reset forgets"},
		{Name: "undoes nothing", Break: func(f *fake) { f.proud = true }, CaughtBy: undone},
		{Name: "undoes the count alone", Break: func(f *fake) { f.half = true }, CaughtBy: undone},
		{Name: "takes any policy", Break: func(f *fake) {
			f.check = func(key string, _ ratelimit.Policy) error { return ratelimit.CheckKey(key) }
		}, CaughtBy: refused},
		{Name: "takes any key", Break: func(f *fake) {
			f.check = func(_ string, p ratelimit.Policy) error { return ratelimit.Check("key", p) }
		}, CaughtBy: refused},
		{Name: "never ends a window", Break: func(f *fake) { f.eternal = true }, CaughtBy: "a budget comes back when its window ends"},
		{Name: "prolongs a window", Break: func(f *fake) { f.sliding = true }, CaughtBy: "a window begins with its first attempt"},
		{Name: "waits the same each time", Break: func(f *fake) {
			f.pause = func(p ratelimit.Policy, _ int) time.Duration { return p.Pause }
		}, CaughtBy: waits},
		{Name: "doubles for ever", Break: func(f *fake) {
			f.pause = func(p ratelimit.Policy, n int) time.Duration { return p.Pause << (n - p.Limit) }
		}, CaughtBy: waits},
		{Name: "never forgets", Break: func(f *fake) { f.eternal = true }, CaughtBy: "a brake forgets when nobody has tried for its window"},
		{Name: "forgets by the first attempt", Break: func(f *fake) { f.standing = true }, CaughtBy: remembers},
		{Name: "forgets a pause with the window", Break: func(f *fake) { f.short = true }, CaughtBy: remembers},
	}
}
