package memory

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"

	"fxcell.dev/fxcell/health"
)

// leases are bounded leases by key. Those that have ended make room.
type leases struct {
	capacity int

	mu   sync.Mutex
	last int64 // fence of all keys
	rows map[string]*leaseRow
	ends leaseHeap
}

// leaseRow is a key that is held, that is done, or that was tried.
type leaseRow struct {
	key   string
	fence int64 // of its holder: nobody else has it
	until time.Time
	done  bool
	place int // in ends

	count   int       // of attempts
	blocked time.Time // until when there may be none
}

func newLeases(capacity int) *leases {
	return &leases{capacity: capacity, rows: map[string]*leaseRow{}}
}

var errLeasesFull = errors.New("memory: full")

// take gives the key to a new holder, unless it is held or done: then it returns the row.
func (l *leases) take(key string, lease time.Duration) (fence int64, taken *leaseRow, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.forget(now)
	if r := l.rows[key]; r != nil {
		return 0, &leaseRow{key: key, done: r.done}, nil
	}
	if len(l.rows) >= l.capacity {
		return 0, nil, errLeasesFull
	}
	l.last = max(l.last+1, now.UnixMicro()) // greater also than those of a process before, for what outlives both
	r := &leaseRow{key: key, fence: l.last, until: now.Add(lease)}
	l.rows[key] = r
	heap.Push(&l.ends, r)
	return r.fence, nil, nil
}

// forget removes what has ended.
func (l *leases) forget(now time.Time) {
	for len(l.ends) > 0 && !now.Before(l.ends[0].until) {
		l.remove(l.ends[0])
	}
}

func (l *leases) remove(r *leaseRow) {
	heap.Remove(&l.ends, r.place)
	delete(l.rows, r.key)
}

// change lets the holder with the fence change its row, and reports whether it was one.
func (l *leases) change(key string, fence int64, by func(r *leaseRow)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(time.Now())
	r := l.rows[key]
	if r == nil || r.fence != fence {
		return false
	}
	by(r)
	return true
}

// attempt lets by change the row of a key, which it makes if there is none.
func (l *leases) attempt(key string, by func(r *leaseRow, now time.Time)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.forget(now)
	r := l.rows[key]
	if r == nil {
		if len(l.rows) >= l.capacity {
			return errLeasesFull
		}
		r = &leaseRow{key: key}
		l.rows[key] = r
		heap.Push(&l.ends, r)
	}
	by(r, now)
	heap.Fix(&l.ends, r.place)
	return nil
}

// end lets a row end after d, and now when d is zero. It is for functions that change calls.
func (l *leases) end(r *leaseRow, d time.Duration) {
	if d == 0 {
		l.remove(r)
		return
	}
	r.until = time.Now().Add(d)
	heap.Fix(&l.ends, r.place)
}

// drop removes a key, whoever holds it.
func (l *leases) drop(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rows[key]; r != nil {
		l.remove(r)
	}
}

func (l *leases) check(name, rows string) health.Check {
	return full(name, rows, func(context.Context) int {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.forget(time.Now())
		return len(l.rows)
	}, l.capacity)
}

// leaseHeap has the row that ends first on top.
type leaseHeap []*leaseRow

func (h leaseHeap) Len() int           { return len(h) }
func (h leaseHeap) Less(i, j int) bool { return h[i].until.Before(h[j].until) }

func (h leaseHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *leaseHeap) Push(x any) {
	r, _ := x.(*leaseRow)
	r.place = len(*h)
	*h = append(*h, r)
}

func (h *leaseHeap) Pop() any {
	old := *h
	r := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return r
}
