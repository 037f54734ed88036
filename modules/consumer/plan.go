package consumer

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
)

// Errors of subscriptions that cannot be run together.
var (
	// ErrDuplicate is returned when one slice subscribes a contract twice.
	ErrDuplicate = errors.New("one slice subscribes the same contract twice")
	// ErrMixed is returned when one slice subscribes in mode batch and in another one: one reader keeps one order.
	ErrMixed = errors.New("one slice subscribes in mode batch and in another mode")
	// ErrIncomplete is returned for a subscription that lacks a slice, a contract, a mode or a handler.
	ErrIncomplete = errors.New("a subscription needs a slice, a contract, a mode and a handler")
)

// plan is one slice's share of the subscriptions: one reader.
type plan struct {
	name    string // the slice's module, e.g. cells/audit/auditappend
	cell    string // its cell, e.g. cells/audit: who acts when its handlers do
	batched bool
	uses    map[string]*use // by contract
}

// use is how a slice handles the events of one contract.
type use struct {
	subscription *contract.Subscription
	retry        event.Retry
	onPoison     event.OnPoison
}

// makePlans groups subscriptions by slice, sorted, and reports everything that is wrong with them.
func makePlans(subscriptions []contract.Subscription) ([]*plan, error) {
	plans := map[string]*plan{}
	var faults []error
	sorted := slices.SortedFunc(slices.Values(subscriptions), func(a, b contract.Subscription) int { return cmp.Compare(label(a), label(b)) })
	for i := range sorted {
		s := &sorted[i]
		p, known := plans[s.Slice]
		if !known {
			p = &plan{name: s.Slice, cell: path.Dir(s.Slice), batched: s.Mode == event.Batched, uses: map[string]*use{}}
			plans[s.Slice] = p
		}
		faults = append(faults, p.add(s))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(plans), func(a, b *plan) int { return cmp.Compare(a.name, b.name) }), nil
}

func label(s contract.Subscription) string {
	words := []string{s.Slice}
	for _, c := range s.Contracts {
		words = append(words, c.ID)
	}
	return strings.Join(words, " ")
}

func (p *plan) add(s *contract.Subscription) error {
	known := slices.Contains([]event.Mode{event.Each, event.Batched, event.External}, s.Mode)
	if s.Slice == "" || len(s.Contracts) == 0 || s.Handle == nil || !known {
		return fmt.Errorf("consumer: %q, mode %q: %w", label(*s), s.Mode, ErrIncomplete)
	}
	if (s.Mode == event.Batched) != p.batched {
		return fmt.Errorf("consumer: %s is %s: %w", label(*s), s.Mode, ErrMixed)
	}
	for _, info := range s.Contracts {
		if _, twice := p.uses[info.ID]; twice {
			return fmt.Errorf("consumer: %s: %s: %w", s.Slice, info.ID, ErrDuplicate)
		}
		u := &use{subscription: s, retry: info.Retry, onPoison: cmp.Or(info.OnPoison, event.Park)}
		if u.retry == (event.Retry{}) {
			u.retry = event.DefaultRetry()
		}
		p.uses[info.ID] = u
	}
	return nil
}

// skips reports whether a parked event of one of the contracts lets later ones of its key go on.
func (p *plan) skips() bool {
	for _, u := range p.uses {
		if u.onPoison == event.Skip {
			return true
		}
	}
	return false
}

func (p *plan) reader() event.Reader {
	return event.Reader{Name: p.name, Contracts: slices.Sorted(maps.Keys(p.uses))}
}
