package idempotencytest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/internal/promise"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake keeps claims in a map. Its functions and faults stand in for what it does; zero ones break nothing.
type fake struct {
	grade     durability.Grade
	key       func(key string) string
	number    func(last int64) int64
	check     func(key string, length time.Duration) error
	met       chan struct{} // the first claimers meet when they have looked
	patient   bool          // does not look at its context
	loses     bool          // counts from nothing when it has forgotten
	unfenced  bool          // takes everybody for the holder
	late      bool          // takes a holder whose lease ran out for one
	deaf      bool          // renews nothing
	eternal   bool          // never forgets what is done
	brief     bool          // keeps what is done for the lease
	once      bool          // completes once
	tied      bool          // a release gives back what is done
	sticky    bool          // a release of what is done is told to be late
	lasting   bool          // a release ends nothing
	forgiving bool          // a claim of what is done is told to be busy

	mu     sync.Mutex
	rows   map[string]*row
	fence  map[string]int64
	claims int
}

type row struct {
	fence int64
	until time.Time
	done  bool
}

func newFake() *fake {
	return &fake{grade: durability.Volatile, rows: map[string]*row{}, fence: map[string]int64{}, check: idempotency.Check}
}

func (f *fake) Durability() durability.Grade { return f.grade }

func (f *fake) of(key string) string {
	if f.key != nil {
		return f.key(key)
	}
	return key
}

func (f *fake) Claim(ctx context.Context, key string, lease time.Duration) (idempotency.Claim, error) {
	if err := f.check(key, lease); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil && !f.patient {
		return nil, err
	}
	key = f.of(key)
	if err := f.look(key); err != nil {
		return nil, err
	}
	if f.met != nil {
		f.meets(ctx)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fence[key]++
	if f.number != nil {
		f.fence[key] = f.number(f.fence[key] - 1)
	}
	f.rows[key] = &row{fence: f.fence[key], until: time.Now().Add(lease)}
	return &claim{f, key, f.fence[key], lease}, nil
}

func (f *fake) look(key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch r := f.rows[key]; {
	case r == nil:
		return nil
	case r.done && f.eternal, r.done && time.Now().Before(r.until):
		if f.forgiving {
			return idempotency.ErrBusy
		}
		return idempotency.ErrDone
	case time.Now().Before(r.until):
		return idempotency.ErrBusy
	default:
		return nil
	}
}

func (f *fake) meets(ctx context.Context) {
	f.mu.Lock()
	if f.claims++; f.claims == crowd {
		close(f.met)
	}
	f.mu.Unlock()
	select {
	case <-f.met:
	case <-ctx.Done():
	}
}

func (f *fake) forget(_ context.Context, key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.rows, f.of(key))
	if f.loses {
		delete(f.fence, f.of(key))
	}
	return nil
}

type claim struct {
	*fake

	key   string
	fence int64
	lease time.Duration
}

func (c *claim) Fence() int64 { return c.fence }

// row returns the claim's row if it is its holder.
func (c *claim) row() *row {
	r := c.rows[c.key]
	if r == nil || !c.unfenced && r.fence != c.fence {
		return nil
	}
	if !r.done && !c.late && !time.Now().Before(r.until) {
		return nil
	}
	return r
}

func (c *claim) Renew(_ context.Context, lease time.Duration) error {
	if err := c.check("key", lease); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.row()
	switch {
	case r == nil || r.done:
		return idempotency.ErrLost
	case !c.deaf:
		r.until = time.Now().Add(lease)
	}
	return nil
}

func (c *claim) Complete(_ context.Context, retention time.Duration) error {
	if err := c.check("key", retention); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.row()
	if r == nil || r.done && c.once {
		return idempotency.ErrLost
	}
	if c.brief {
		retention = c.lease
	}
	r.done, r.until = true, time.Now().Add(retention)
	return nil
}

func (c *claim) Release(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.row()
	switch {
	case r == nil || r.done && c.sticky:
		return idempotency.ErrLost
	case r.done && !c.tied || c.lasting:
		return nil
	}
	r.done, r.until = false, time.Now()
	return nil
}

func kitOf(t *promise.T, sabotage func(f *fake)) *kit {
	f := newFake()
	if sabotage != nil {
		sabotage(f)
	}
	return newKit(t, Subject{f, f, f.forget}, Features{})
}

func TestSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	promise.Catch(t, cases(), broken(), kitOf)
}

func TestSuitePassesASoundAdapter(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) Subject {
		f := newFake()
		return Subject{f, f, f.forget}
	}, Features{Bubble: true})
}

func broken() []promise.Broken[func(f *fake)] {
	const differ, refused = "keys are not taken for one another", "what cannot be claimed is refused"
	const stalled, harms = "a stalled holder whose lease ran out cannot complete", "a stalled holder does no harm to its successor"
	constant := func(f *fake) { f.number = func(int64) int64 { return 7 } }
	return []promise.Broken[func(f *fake)]{
		{Name: "says nothing of durability", Break: func(f *fake) { f.grade = durability.Discards }, CaughtBy: "the claimer says what it keeps"},
		{Name: "releases nothing", Break: func(f *fake) { f.lasting = true }, CaughtBy: "a key is claimed by one at a time"},
		{Name: "ignores case", Break: func(f *fake) { f.key = strings.ToLower }, CaughtBy: differ},
		{Name: "cuts spaces", Break: func(f *fake) { f.key = strings.TrimSpace }, CaughtBy: differ},
		{Name: "cuts keys", Break: func(f *fake) { f.key = func(k string) string { return k[:min(len(k), 255)] } }, CaughtBy: differ},
		{Name: "has no fences", Break: constant, CaughtBy: "a later claim has a greater fence"},
		{Name: "counts down", Break: func(f *fake) { f.number = func(last int64) int64 { return last - 1 } }, CaughtBy: "a later claim has a greater fence"},
		{Name: "counts from nothing after forgetting", Break: func(f *fake) { f.loses = true }, CaughtBy: "fences grow though the server forgets"},
		{Name: "takes any lease", Break: func(f *fake) {
			f.check = func(key string, length time.Duration) error { return idempotency.Check(key, max(length, never)) }
		}, CaughtBy: refused},
		{Name: "takes any key", Break: func(f *fake) {
			f.check = func(_ string, length time.Duration) error { return idempotency.Check("key", length) }
		}, CaughtBy: refused},
		{Name: "claims for nobody", Break: func(f *fake) { f.patient = true }, CaughtBy: "a claim needs a context that has not ended"},
		{Name: "looks before it claims", Break: func(f *fake) { f.met = make(chan struct{}) }, CaughtBy: "one of many claims a key"},
		{Name: "takes what is done for what is begun", Break: func(f *fake) { f.forgiving = true }, CaughtBy: "what is done cannot be claimed"},
		{Name: "forgets what is done with the lease", Break: func(f *fake) { f.brief = true }, CaughtBy: "what is done cannot be claimed"},
		{Name: "never forgets", Break: func(f *fake) { f.eternal = true }, CaughtBy: "what is done is forgotten after its retention"},
		{Name: "renews nothing", Break: func(f *fake) { f.deaf = true }, CaughtBy: "a claim that is renewed is kept"},
		{Name: "completes for everybody", Break: func(f *fake) { f.unfenced = true }, CaughtBy: stalled},
		{Name: "gives the successor the same fence", Break: constant, CaughtBy: stalled},
		{Name: "completes late", Break: func(f *fake) { f.late = true }, CaughtBy: "a lease that ran out is over, also for nobody"},
		{Name: "releases for everybody", Break: func(f *fake) { f.unfenced = true }, CaughtBy: harms},
		{Name: "completes once", Break: func(f *fake) { f.once = true }, CaughtBy: "completing again does no harm"},
		{Name: "gives back what is done", Break: func(f *fake) { f.tied = true }, CaughtBy: "a release after the end gives nothing back"},
		{Name: "complains of a release after the end", Break: func(f *fake) { f.sticky = true }, CaughtBy: "a release after the end gives nothing back"},
		{Name: "lets go of nothing", Break: func(f *fake) { f.lasting = true }, CaughtBy: "a released claim is over"},
	}
}
