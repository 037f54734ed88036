package outboxtest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// faults are what a fake does wrong inside; the zero faults are none.
type faults struct {
	keepsSavepoints bool // does not undo what a savepoint wrote
	keepsAdvances   bool // does not undo how far a savepoint advanced
	sharesPayloads  bool
	numbersEarly    bool // gives an event its place when it is written, and reads on from the last place
	startsAgain     bool // lets a reader start anew each time
	hastyTakeover   bool // lets an owner begin while the last one's transaction is open
	advancesAll     bool // moves every reader
	forgetsAlone    bool // stores no position without a transaction
	sharesLease     bool // lets a second release give up the reader
	capacity        int
	makesRoom       bool // drops the oldest when it is full
	dropsNew        bool // drops the newest when it is full
	waitsForRoom    bool
	fastestCounts   bool
	readMakesRoom   bool
	unwantedStays   bool
}

// fake is a log with many transactions at a time. It keeps all events for ever, and gives them their places at the commit.
type fake struct {
	faults

	mu      sync.Mutex
	events  []event.Event // in the order in which they can be read
	last    int64
	readers map[string]*reader
}

func newFake() *fake { return &fake{readers: map[string]*reader{}} }

func (*fake) Durability() durability.Grade { return durability.Volatile }

func (f *fake) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.Run(ctx, func(context.Context) (db.Unit, error) { return &unit{fake: f, advanced: map[*stream]int{}}, nil }, fn)
}

// unit is a transaction: what it adds to the log, and how far it advances.
type unit struct {
	fake     *fake
	events   []event.Event
	advanced map[*stream]int
	locked   []*reader
	saved    []unit
}

func (u *unit) Commit(ctx context.Context) error {
	f := u.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fit(ctx, u); err != nil {
		return err
	}
	for _, e := range u.events {
		if e.Seq == 0 {
			f.last++
			e.Seq = f.last
		}
		f.events = append(f.events, e)
		for _, r := range f.readers {
			r.wake(e)
		}
	}
	for s, to := range u.advanced {
		for name, r := range f.readers {
			if r == s.reader || f.advancesAll {
				f.readers[name].passed = to
			}
		}
	}
	u.unlock()
	return nil
}

func (u *unit) Rollback(context.Context) error {
	u.unlock()
	return nil
}

func (u *unit) unlock() {
	for _, r := range u.locked {
		<-r.row
	}
	u.locked = nil
}

func (u *unit) Savepoint(context.Context) error {
	u.saved = append(u.saved, unit{events: slices.Clip(u.events), advanced: maps.Clone(u.advanced)})
	return nil
}

func (u *unit) RollbackTo(ctx context.Context) error {
	s := u.saved[len(u.saved)-1]
	if !u.fake.keepsSavepoints {
		u.events = s.events
	}
	if !u.fake.keepsAdvances {
		u.advanced = s.advanced
	}
	return u.Release(ctx)
}

func (u *unit) Release(context.Context) error {
	u.saved = u.saved[:len(u.saved)-1]
	return nil
}

// unitOf returns the open transaction of ctx.
func unitOf(ctx context.Context) (*unit, error) {
	if u, ok := db.UnitOf(ctx).(*unit); ok {
		return u, nil
	}
	return nil, db.OnCommit(ctx, func(context.Context) {})
}

func (f *fake) Write(ctx context.Context, events ...event.Event) error {
	u, err := unitOf(ctx)
	if err != nil {
		return outbox.ErrNoTransaction
	}
	for _, e := range events {
		if !f.sharesPayloads {
			e.Payload = bytes.Clone(e.Payload)
		}
		if f.numbersEarly {
			f.mu.Lock()
			f.last++
			e.Seq = f.last
			f.mu.Unlock()
		}
		u.events = append(u.events, e)
	}
	return nil
}

// fit fails when the log has no room for what u adds.
func (f *fake) fit(ctx context.Context, u *unit) error {
	for f.capacity > 0 && len(u.events) > 0 && len(f.readers) > 0 && len(f.events)-f.needed()+len(u.events) > f.capacity {
		switch {
		case f.makesRoom:
			for _, r := range f.readers {
				r.passed = max(r.passed, len(f.events)+len(u.events)-f.capacity)
			}
		case f.dropsNew:
			u.events = nil
		case f.waitsForRoom:
			f.mu.Unlock()
			<-ctx.Done()
			f.mu.Lock()
			return context.Cause(ctx)
		default:
			return outbox.ErrFull
		}
	}
	return nil
}

// needed returns the index of the first event that a reader has yet to pass.
func (f *fake) needed() int {
	first := -1
	for _, r := range f.readers {
		passed := r.passed
		if f.readMakesRoom && r.owner != nil {
			passed = r.owner.read
		}
		for !f.unwantedStays && passed < len(f.events) && !r.wanted(f.events[passed]) {
			passed++
		}
		if first < 0 || (passed < first) != f.fastestCounts {
			first = passed
		}
	}
	return max(first, 0)
}
