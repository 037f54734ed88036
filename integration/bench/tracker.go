package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// room is how many events one job can have.
const room = 1 << 20

// tracker sees what is committed and what is handled.
type tracker struct {
	next      atomic.Int64
	committed atomic.Int64
	handled   atomic.Int64 // different events
	locks     [keys]sync.Mutex
	issued    []atomic.Int64 // by event: just before its COMMIT, in Unix nanoseconds

	mu        sync.Mutex
	seen      []bool
	last      [keys]int64 // the event of the key that was handled last
	lastAt    time.Time
	reordered int
	repeated  int
	waits     []time.Duration // from the COMMIT to the handler
}

func newTracker() *tracker {
	return &tracker{issued: make([]atomic.Int64, room), seen: make([]bool, room)}
}

// under runs fn with the next event of a key, whose lock is held over the transaction: so commits of a key are in the order of events.
func (t *tracker) under(key int, fn func(i item, committing func()) error) error {
	t.locks[key].Lock()
	defer t.locks[key].Unlock()
	i := item{t.next.Add(1), key}
	if err := fn(i, func() { t.issued[i.seq].Store(time.Now().UnixNano()) }); err != nil {
		return err
	}
	t.committed.Add(1)
	return nil
}

func (t *tracker) handle(i item) { t.handleAt(i, time.Now()) }

func (t *tracker) handleAt(i item, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen[i.seq] {
		t.repeated++
		return
	}
	t.seen[i.seq] = true
	if i.seq < t.last[i.key] {
		t.reordered++
	}
	t.last[i.key], t.lastAt = i.seq, at
	if issued := t.issued[i.seq].Load(); issued != 0 {
		t.waits = append(t.waits, time.Duration(at.UnixNano()-issued))
	}
	t.handled.Add(1)
}

// percentile returns how long an event waited at most, of that share of them.
func (t *tracker) percentile(share float64) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waits) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.waits))
	return sorted[int(share*float64(len(sorted)-1))]
}

func (t *tracker) faults() (reordered, repeated int, lastAt time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reordered, t.repeated, t.lastAt
}
