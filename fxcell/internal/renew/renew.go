// Package renew keeps leases: what has to be extended again and again, and is lost when that fails.
package renew

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Lease is a lease that was just taken.
type Lease struct {
	TTL    time.Duration
	Since  time.Time                       // before it was asked for: the server counts from a later time
	Extend func(ctx context.Context) error // by another TTL from now
	Gone   error                           // what Extend returns when it is another's, or nobody's
	OnLost func()                          // called once when it is lost, beside the closing of Lost; it must not wait
}

// Renewal extends a lease until Stop, or until it is lost.
type Renewal struct {
	lease Lease
	lost  chan struct{}
	end   context.CancelFunc
	ended chan struct{} // nothing of it runs any more

	mu     sync.Mutex
	until  time.Time // by this machine's clock, which counts earlier than the server
	over   bool      // lost, or stopped
	expiry *time.Timer
}

// Start begins to extend the lease, every third of its TTL, with the values of ctx but not its end. Whoever starts it stops it.
func Start(ctx context.Context, l Lease) *Renewal {
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	r := &Renewal{lease: l, lost: make(chan struct{}), end: end, ended: make(chan struct{}), until: l.Since.Add(l.TTL)}
	r.mu.Lock()
	r.expiry = time.AfterFunc(time.Until(r.until), r.expire)
	r.mu.Unlock()
	go r.run(ctx)
	return r
}

// Lost closes when the lease was lost: another has it, or it could not be extended in time. It does not close by Stop.
func (r *Renewal) Lost() <-chan struct{} { return r.lost }

// Stop ends the renewal, and waits for what is under way of it until ctx ends. It reports whether the lease was ours until now.
func (r *Renewal) Stop(ctx context.Context) (ours bool) {
	r.mu.Lock()
	r.over = true
	r.expiry.Stop()
	r.mu.Unlock()
	r.end()
	select {
	case <-r.ended:
	case <-ctx.Done():
	}
	select {
	case <-r.lost:
		return false
	default:
		return true
	}
}

// Lose gives the lease up for lost.
func (r *Renewal) Lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lose()
}

func (r *Renewal) lose() {
	if r.over {
		return
	}
	r.over = true
	r.expiry.Stop()
	r.end()
	close(r.lost)
	if r.lease.OnLost != nil {
		r.lease.OnLost()
	}
}

// expire is called when the lease may have run out. An extension that came in between has moved its end.
func (r *Renewal) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !time.Now().Before(r.until) {
		r.lose()
	}
}

func (r *Renewal) run(ctx context.Context) {
	defer close(r.ended)
	next := time.NewTimer(r.lease.TTL / 3)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
		asked := time.Now()
		err := r.extend(ctx, asked)
		switch {
		case err == nil && r.extended(asked):
			next.Reset(r.lease.TTL / 3)
		case err == nil: // too late
			return
		case errors.Is(err, r.lease.Gone):
			r.Lose()
			return
		default: // it may pass: the lease is ours until it ends
			next.Reset(r.lease.TTL / 10)
		}
	}
}

// extend asks once. A third of the TTL is enough for an answer: who hangs longer on one connection has no time left for another.
func (r *Renewal) extend(ctx context.Context, asked time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, asked.Add(r.lease.TTL/3))
	defer cancel()
	return r.lease.Extend(ctx)
}

// extended moves the end of the lease, unless it is over.
func (r *Renewal) extended(asked time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	r.until = asked.Add(r.lease.TTL)
	r.expiry.Reset(time.Until(r.until))
	return true
}
