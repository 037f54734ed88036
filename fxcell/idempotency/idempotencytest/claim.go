package idempotencytest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/internal/promise"
)

func claimCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "the claimer says what it keeps", Keep: statesItsGrade},
		{Name: "a key is claimed by one at a time", Keep: oneAtATime},
		{Name: "keys are not taken for one another", Keep: keysDiffer},
		{Name: "a later claim has a greater fence", Keep: fencesGrow},
		{Name: "fences grow though the server forgets", Keep: fencesGrowAfterForgetting},
		{Name: "what cannot be claimed is refused", Keep: refuses},
		{Name: "a claim needs a context that has not ended", Keep: needsContext},
		{Name: "one of many claims a key", Keep: oneOfMany},
	}
}

func statesItsGrade(k *kit) {
	if got := k.Claimer.Durability(); got != durability.Volatile && got != durability.Persistent {
		k.Errorf("Durability = %v, want volatile or persistent", got)
	}
}

func oneAtATime(k *kit) {
	first := k.claim("of nobody", k.Claimer, "a", never)
	k.refused("while it is claimed", "a", idempotency.ErrBusy)
	k.wants("Release", first.Release(k.Outside), nil)
	k.claim("after the release", k.Other, "a", never)
	k.refused("while the other has claimed it", "a", idempotency.ErrBusy)
}

// keys are keys that are easily taken for one another.
func keys() []string {
	return []string{
		"a", "A", "a ", "a/b", "a:b", "{a}", "}a{", "a}", "a%", "a_", "claim:a", "kéy with \" and ' and \\",
		strings.Repeat("n", idempotency.MaxKey), strings.Repeat("n", idempotency.MaxKey-1) + "m",
	}
}

func keysDiffer(k *kit) {
	for i, key := range keys() {
		c := k.claim("of another key than those that are claimed", k.Claimer, key, never)
		if i%2 == 1 {
			k.wants("Complete", c.Complete(k.Outside, never), nil)
		}
	}
	for i, key := range keys() {
		k.refused("after all were claimed", key, []error{idempotency.ErrBusy, idempotency.ErrDone}[i%2])
	}
}

func fencesGrow(k *kit) {
	last := int64(0)
	for i := range 6 {
		c := k.claim("after the release", []idempotency.Claimer{k.Claimer, k.Other}[i%2], "a", never)
		if c.Fence() <= last {
			k.Errorf("fence %d after %d, want a greater one", c.Fence(), last)
		}
		if last = c.Fence(); last != c.Fence() {
			k.Error("the fence changes")
		}
		k.wants("Release", c.Release(k.Outside), nil)
	}
}

func fencesGrowAfterForgetting(k *kit) {
	last := int64(0)
	for i := range 6 {
		c := k.claim("after the server forgot", []idempotency.Claimer{k.Claimer, k.Other}[i%2], "a", never)
		if c.Fence() <= last {
			k.Errorf("fence %d after %d, want a greater one", c.Fence(), last)
		}
		last = c.Fence()
		if err := k.Forget(k.Outside, "a"); err != nil {
			k.Fatalf("Forget = %v", err)
		}
		k.wants("Complete of what was forgotten", c.Complete(k.Outside, never), idempotency.ErrLost)
	}
}

func refuses(k *kit) {
	for what, c := range map[string]struct {
		key   string
		lease time.Duration
	}{
		"no key": {"", never}, "a long key": {strings.Repeat("n", idempotency.MaxKey+1), never}, "no UTF-8": {"a\xff", never},
		"a NUL": {"a\x00b", never}, "no lease": {"a", 0}, "a short lease": {"a", idempotency.MinLease - 1}, "a negative lease": {"a", -never},
	} {
		if claim, err := k.Claimer.Claim(k.Outside, c.key, c.lease); !errors.Is(err, idempotency.ErrInvalid) || claim != nil {
			k.Errorf("%s: Claim = %v, want idempotency.ErrInvalid", what, err)
		}
	}
	c := k.claim("after what was refused", k.Claimer, "a", never)
	for _, short := range []time.Duration{0, -never, idempotency.MinLease - 1} {
		k.wants("Renew by a short lease", c.Renew(k.Outside, short), idempotency.ErrInvalid)
		k.wants("Complete for a short retention", c.Complete(k.Outside, short), idempotency.ErrInvalid)
	}
	k.refused("after what was refused", "a", idempotency.ErrBusy)
}

func needsContext(k *kit) {
	cause := errors.New("no longer interested")
	ctx, cancel := context.WithCancelCause(k.Outside)
	cancel(cause)
	if c, err := k.Claimer.Claim(ctx, "a", never); !errors.Is(err, cause) || c != nil {
		k.Errorf("Claim after the end of its context = %v, want its cause", err)
	}
	k.claim("after one whose context had ended", k.Other, "a", never)
}

// crowd is how many claim at a time.
const crowd = 16

func oneOfMany(k *kit) {
	var won, lost atomic.Int32
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() {
			c, err := []idempotency.Claimer{k.Claimer, k.Other}[i%2].Claim(k.Outside, "a", never)
			switch {
			case err == nil && c != nil:
				won.Add(1)
			case errors.Is(err, idempotency.ErrBusy):
				lost.Add(1)
			default:
				k.Errorf("Claim = %v", err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || lost.Load() != crowd-1 {
		k.Errorf("%d have claimed the key, and %d are told that another is at it", won.Load(), lost.Load())
	}
}
