package idempotencytest

import (
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/internal/promise"
)

func endCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "what is done cannot be claimed", Keep: doneStays},
		{Name: "what is done is forgotten after its retention", Keep: doneIsForgotten},
		{Name: "a claim that is renewed is kept", Keep: renewedIsKept},
		{Name: "a stalled holder whose lease ran out cannot complete", Keep: stalledCannotComplete},
		{Name: "a lease that ran out is over, also for nobody", Keep: overForNobody},
		{Name: "a stalled holder does no harm to its successor", Keep: stalledHarmsNobody},
		{Name: "completing again does no harm", Keep: completedTwice},
		{Name: "a release after the end gives nothing back", Keep: releasedAfterTheEnd},
		{Name: "a released claim is over", Keep: releasedIsOver},
	}
}

func doneStays(k *kit) {
	c := k.claim("of nobody", k.Claimer, "a", k.lease)
	k.wants("Complete", c.Complete(k.Outside, never), nil)
	k.refused("after it was done", "a", idempotency.ErrDone)
	k.pause(2 * k.lease)
	k.refused("when the lease is over", "a", idempotency.ErrDone)
}

func doneIsForgotten(k *kit) {
	c := k.claim("of nobody", k.Claimer, "a", never)
	k.wants("Complete", c.Complete(k.Outside, k.lease), nil)
	k.refused("within the retention", "a", idempotency.ErrDone)
	k.pause(k.lease)
	next := k.soon("after the retention", k.Other, "a")
	k.newer("after the retention", next, c)
	k.refused("after it was claimed again", "a", idempotency.ErrBusy)
}

func renewedIsKept(k *kit) {
	c := k.claim("of nobody", k.Claimer, "a", 2*k.lease)
	for range 6 {
		k.pause(k.lease / 2)
		k.wants("Renew", c.Renew(k.Outside, 2*k.lease), nil)
	}
	k.refused("after more than its lease", "a", idempotency.ErrBusy)
	k.wants("Renew by a longer lease", c.Renew(k.Outside, never), nil)
	k.pause(3 * k.lease)
	k.refused("within the longer lease", "a", idempotency.ErrBusy)
	k.wants("Complete", c.Complete(k.Outside, never), nil)
}

// The fence is what an effect can check that the stalled holder has begun.
func stalledCannotComplete(k *kit) {
	stalled := k.claim("of nobody", k.Claimer, "a", k.lease)
	k.pause(k.lease)
	next := k.soon("after the lease", k.Other, "a")
	k.newer("after the lease", next, stalled)
	k.wants("Complete by the stalled holder", stalled.Complete(k.Outside, never), idempotency.ErrLost)
	k.refused("after the stalled holder tried to complete", "a", idempotency.ErrBusy)
	k.wants("Complete by its successor", next.Complete(k.Outside, never), nil)
	k.wants("Complete by the stalled holder, when it is done", stalled.Complete(k.Outside, never), idempotency.ErrLost)
}

func overForNobody(k *kit) {
	c := k.claim("of nobody", k.Claimer, "a", k.lease)
	k.pause(k.lease + k.lease/2)
	k.wants("Complete after the lease", c.Complete(k.Outside, never), idempotency.ErrLost)
	k.wants("Renew after the lease", c.Renew(k.Outside, never), idempotency.ErrLost)
	k.wants("Release after the lease", c.Release(k.Outside), idempotency.ErrLost)
	k.claim("after the lease", k.Other, "a", never)
}

func stalledHarmsNobody(k *kit) {
	stalled := k.claim("of nobody", k.Claimer, "a", k.lease)
	k.pause(k.lease)
	next := k.soon("after the lease", k.Other, "a")
	k.wants("Release by the stalled holder", stalled.Release(k.Outside), idempotency.ErrLost)
	k.wants("Renew by the stalled holder", stalled.Renew(k.Outside, k.lease), idempotency.ErrLost)
	k.pause(2 * k.lease)
	k.refused("after what the stalled holder tried", "a", idempotency.ErrBusy)
	k.wants("Complete by its successor", next.Complete(k.Outside, never), nil)
	k.wants("Release by the stalled holder, when it is done", stalled.Release(k.Outside), idempotency.ErrLost)
	k.refused("after all", "a", idempotency.ErrDone)
}

// An answer that was lost is asked for again.
func completedTwice(k *kit) {
	c := k.claim("of nobody", k.Claimer, "a", k.lease)
	k.wants("Complete", c.Complete(k.Outside, never), nil)
	k.pause(2 * k.lease)
	k.wants("Complete again", c.Complete(k.Outside, never), nil)
	k.refused("after it was completed again", "a", idempotency.ErrDone)
}

// A deferred release comes after the end of what went well, too.
func releasedAfterTheEnd(k *kit) {
	c := k.claim("of nobody", k.Claimer, "a", never)
	k.wants("Complete", c.Complete(k.Outside, never), nil)
	k.wants("Release after Complete", c.Release(k.Outside), nil)
	k.refused("after the release", "a", idempotency.ErrDone)
	k.wants("Renew after Complete", c.Renew(k.Outside, never), idempotency.ErrLost)
	k.refused("after the renewal", "a", idempotency.ErrDone)
}

func releasedIsOver(k *kit) {
	c := k.claim("of nobody", k.Claimer, "a", never)
	k.wants("Release", c.Release(k.Outside), nil)
	k.wants("Complete after Release", c.Complete(k.Outside, never), idempotency.ErrLost)
	k.wants("Renew after Release", c.Renew(k.Outside, never), idempotency.ErrLost)
	k.wants("Release again", c.Release(k.Outside), idempotency.ErrLost)
	next := k.claim("after the release", k.Other, "a", never)
	k.wants("Complete by the one before", c.Complete(k.Outside, never), idempotency.ErrLost)
	k.wants("Complete by the next", next.Complete(k.Outside, never), nil)
}
