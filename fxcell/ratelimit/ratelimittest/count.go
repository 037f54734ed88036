package ratelimittest

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/ratelimit"
)

func countCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "the limiter says what it keeps", Keep: statesItsGrade},
		{Name: "attempts are counted by all together, up to the limit", Keep: countsTogether},
		{Name: "keys are not taken for one another", Keep: keysDiffer},
		{Name: "of many at a time no more pass than may", Keep: manyAtATime},
		{Name: "a reset forgets", Keep: resetForgets},
		{Name: "an attempt that is undone does not count", Keep: undoneDoesNotCount},
		{Name: "what cannot be counted is refused", Keep: refuses},
	}
}

func statesItsGrade(k *kit) {
	if got := k.Limiter.Durability(); got != durability.Volatile && got != durability.Persistent {
		k.Errorf("Durability = %v, want volatile or persistent", got)
	}
}

func countsTogether(k *kit) {
	for key, p := range policies() {
		k.passes(k.Limiter, key, p, 1)
		k.passes(k.Other, key, p, 2)
		k.passes(k.Limiter, key, p, 3)
		for range 3 { // who is refused is not counted
			for _, by := range []ratelimit.Limiter{k.Limiter, k.Other} {
				if p.Pause == 0 {
					k.refused(by, key, p, p.Window-time.Minute, p.Window)
				} else {
					k.refused(by, key, p, p.Pause-30*time.Second, p.Pause)
				}
			}
		}
	}
}

// keys are keys that are easily taken for one another.
func keys() []string {
	return []string{
		"a", "A", "a ", "a/b", "a:b", "{a}", "}a{", "a%", "a_", "kéy with \" and ' and \\",
		strings.Repeat("n", ratelimit.MaxKey), strings.Repeat("n", ratelimit.MaxKey-1) + "m",
	}
}

func keysDiffer(k *kit) {
	for want := range 2 {
		for _, key := range keys() {
			k.passes(k.Limiter, key, budget, want+1)
		}
	}
}

// crowd is how many try at a time.
const crowd = 16

func manyAtATime(k *kit) {
	for key, p := range policies() {
		var passed atomic.Int32
		var all sync.WaitGroup
		for i := range crowd {
			all.Go(func() {
				_, err := []ratelimit.Limiter{k.Limiter, k.Other}[i%2].Take(k.Outside, key, p)
				if _, limited := errors.AsType[*ratelimit.LimitedError](err); err == nil {
					passed.Add(1)
				} else if !limited {
					k.Errorf("Take = %v", err)
				}
			})
		}
		all.Wait()
		if got := int(passed.Load()); got != p.Limit {
			k.Errorf("%s: %d of %d attempts at a time passed, want %d", key, got, crowd, p.Limit)
		}
	}
}

func resetForgets(k *kit) {
	for key, p := range policies() {
		for i := range p.Limit {
			k.passes(k.Limiter, key, p, i+1)
		}
		k.refused(k.Limiter, key, p, 0, time.Hour)
		if err := k.Other.Reset(k.Outside, key); err != nil {
			k.Errorf("Reset = %v", err)
		}
		k.passes(k.Limiter, key, p, 1)
		if err := k.Limiter.Reset(k.Outside, "nobody's"); err != nil {
			k.Errorf("Reset of a key without attempts = %v", err)
		}
		k.passes(k.Limiter, key, p, 2)
	}
}

func (k *kit) undo(by ratelimit.Limiter, key string, p ratelimit.Policy) {
	k.Helper()
	if err := by.Undo(k.Outside, key, p); err != nil {
		k.Errorf("Undo = %v", err)
	}
}

func undoneDoesNotCount(k *kit) {
	for key, p := range policies() {
		k.undo(k.Limiter, key, p) // of none
		for i := range p.Limit {
			k.passes(k.Limiter, key, p, i+1)
		}
		k.refused(k.Limiter, key, p, 0, time.Hour)
		k.undo(k.Other, key, p)
		k.passes(k.Limiter, key, p, p.Limit)
		k.refused(k.Other, key, p, 0, time.Hour)
	}
}

func refuses(k *kit) {
	with := func(change func(p *ratelimit.Policy)) ratelimit.Policy {
		p := brake
		change(&p)
		return p
	}
	for what, c := range map[string]struct {
		key string
		p   ratelimit.Policy
	}{
		"no key": {"", budget}, "a long key": {strings.Repeat("n", ratelimit.MaxKey+1), budget}, "no UTF-8": {"a\xff", budget}, "a NUL": {"a\x00b", budget},
		"no policy": {"a", ratelimit.Policy{}}, "no limit": {"a", with(func(p *ratelimit.Policy) { p.Limit = 0 })},
		"no window":           {"a", with(func(p *ratelimit.Policy) { p.Window = 0 })},
		"a negative pause":    {"a", with(func(p *ratelimit.Policy) { p.Pause = -1 })},
		"a longest too short": {"a", with(func(p *ratelimit.Policy) { p.MaxPause = p.Pause - 1 })},
		"a longest alone":     {"a", with(func(p *ratelimit.Policy) { p.Pause = 0 })},
	} {
		if n, err := k.Limiter.Take(k.Outside, c.key, c.p); !errors.Is(err, ratelimit.ErrInvalid) || n != 0 {
			k.Errorf("%s: Take = %d, %v, want ratelimit.ErrInvalid", what, n, err)
		}
		if err := k.Limiter.Undo(k.Outside, c.key, c.p); !errors.Is(err, ratelimit.ErrInvalid) {
			k.Errorf("%s: Undo = %v, want ratelimit.ErrInvalid", what, err)
		}
	}
	if err := k.Limiter.Reset(k.Outside, ""); !errors.Is(err, ratelimit.ErrInvalid) {
		k.Errorf("Reset without a key = %v, want ratelimit.ErrInvalid", err)
	}
	k.passes(k.Limiter, "a", brake, 1)
}
