package domain

import (
	"context"
	"errors"
)

// End is what stands at the end of a trail.
type End struct {
	Head  Head
	Found bool // there is a head record
	Begun bool // there are keys, which are made with the first entry: so there was a chain
}

// Finish holds the end of the trail against the rows and returns the result. Its error says only that the check could not be made.
func (v *Verifier) Finish(ctx context.Context, end End) (Result, error) {
	if v.fault == nil {
		if err := v.judgeEnd(ctx, end); err != nil {
			return Result{}, err
		}
	}
	if v.fault != nil {
		return *v.fault, nil
	}
	return Result{Valid: true, Checked: v.good}, nil
}

func (v *Verifier) judgeEnd(ctx context.Context, end End) error {
	if !end.Found {
		if end.Begun {
			v.fail(MissingChain, 1)
		}
		return nil
	}
	key, err := v.keyOf(ctx, end.Head.KeyID)
	switch {
	case errors.Is(err, ErrNoKey):
		v.fail(UnknownKey, max(v.good, 1))
	case err != nil:
		return err
	case !end.Head.Authentic(key):
		v.fail(Altered, max(v.good, 1))
	default:
		v.judgeHead(end.Head)
	}
	return nil
}

// judgeHead looks at a head record that was signed by a key of ours.
func (v *Verifier) judgeHead(h Head) {
	switch {
	case v.good == 0:
		v.fail(MissingChain, 1)
	case h.Size > v.good:
		v.fail(TruncatedTail, v.good+1)
	case h.Size < v.good:
		v.fail(RolledBack, h.Size+1)
	case h.KeyID != v.key.ID(): // the last entry and its head are signed together
		v.fail(Altered, v.good)
	case h.Last != v.last:
		v.fail(BrokenLink, v.good)
	}
}
