package locktest

import (
	"context"
	"sync"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/lock"
)

// server is a server of leases. Its functions and faults stand in for what it does; zero ones break nothing.
type server struct {
	key       func(name string) string
	number    func(last int64) int64
	forgiving bool // lets a second one in
	shared    bool // drops and extends leases of others
	fixed     bool // extends nothing
	loses     bool // counts from nothing when it has forgotten
	deaf      bool // never tells that a lease is gone
	tired     bool // drops nothing

	mu    sync.Mutex
	rows  map[string]*row
	fence map[string]int64
}

type row struct {
	fence int64
	until time.Time
}

func newServer() *server { return &server{rows: map[string]*row{}, fence: map[string]int64{}} }

func (s *server) of(name string) string {
	if s.key != nil {
		return s.key(name)
	}
	return name
}

// Take implements lock.Leases.
func (s *server) Take(_ context.Context, name string, ttl time.Duration) (lock.Lease, error) {
	name = s.of(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rows[name]; r != nil && time.Now().Before(r.until) && !s.forgiving {
		return nil, lock.ErrHeld
	}
	s.fence[name]++
	if s.number != nil {
		s.fence[name] = s.number(s.fence[name] - 1)
	}
	s.rows[name] = &row{s.fence[name], time.Now().Add(ttl)}
	return &lease{s, name, s.fence[name]}, nil
}

func (s *server) forget(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rows, s.of(name))
	if s.loses {
		delete(s.fence, s.of(name))
	}
	return nil
}

type lease struct {
	*server

	name  string
	fence int64
}

// Fence implements lock.Lease.
func (l *lease) Fence() int64 { return l.fence }

func (l *lease) change(ttl time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rows[l.name]
	if r == nil || !l.shared && (r.fence != l.fence || !time.Now().Before(r.until)) {
		if l.deaf {
			return nil
		}
		return lock.ErrLost
	}
	r.until = time.Now().Add(ttl)
	return nil
}

// Extend implements lock.Lease.
func (l *lease) Extend(_ context.Context, ttl time.Duration) error {
	if l.fixed {
		return nil
	}
	return l.change(ttl)
}

// Drop implements lock.Lease.
func (l *lease) Drop(context.Context) error {
	if l.tired {
		return nil
	}
	return l.change(0)
}

// fake is a locker on a server. Its functions stand in for what it does.
type fake struct {
	*lock.Keeper

	grade   durability.Grade
	acquire func(l lock.Locker, ctx context.Context, name string, ttl time.Duration) (lock.Lock, error)
	try     func(l lock.Locker, ctx context.Context, name string, ttl time.Duration) (lock.Lock, error)
	wrap    func(ctx context.Context, l lock.Lock) lock.Lock
}

// Durability implements lock.Locker.
func (f *fake) Durability() durability.Grade { return f.grade }

// sound is the fake without what stands in for Acquire and TryAcquire.
type sound struct{ *fake }

// Acquire implements lock.Locker.
func (s sound) Acquire(ctx context.Context, name string, ttl time.Duration) (lock.Lock, error) {
	return s.wrapped(ctx)(s.Keeper.Acquire(ctx, name, ttl))
}

// TryAcquire implements lock.Locker.
func (s sound) TryAcquire(ctx context.Context, name string, ttl time.Duration) (lock.Lock, error) {
	return s.wrapped(ctx)(s.Keeper.TryAcquire(ctx, name, ttl))
}

func (f *fake) wrapped(ctx context.Context) func(l lock.Lock, err error) (lock.Lock, error) {
	return func(l lock.Lock, err error) (lock.Lock, error) {
		if err != nil || f.wrap == nil {
			return l, err
		}
		return f.wrap(ctx, l), nil
	}
}

// Acquire implements lock.Locker.
func (f *fake) Acquire(ctx context.Context, name string, ttl time.Duration) (lock.Lock, error) {
	if f.acquire != nil {
		return f.acquire(sound{f}, ctx, name, ttl)
	}
	return sound{f}.Acquire(ctx, name, ttl)
}

// TryAcquire implements lock.Locker.
func (f *fake) TryAcquire(ctx context.Context, name string, ttl time.Duration) (lock.Lock, error) {
	if f.try != nil {
		return f.try(sound{f}, ctx, name, ttl)
	}
	return sound{f}.TryAcquire(ctx, name, ttl)
}
