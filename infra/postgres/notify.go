package postgres

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"
)

// channel is where commits that wrote events are made known. Notifications say nothing: who hears one looks.
const channel = "fxcell_outbox"

// notifyPause is the least time between two notifications. Each comes after the commits that it stands for: what is noted while it is sent gets
// another one.
const notifyPause = 2 * time.Millisecond

// notifier tells other processes of commits, from a session of its own: a notification inside the transactions themselves would have their commits wait
// for one another.
type notifier struct {
	log   *eventLog
	dirty chan struct{}
	pid   atomic.Int64 // of the session on the server; 0 without one

	mu   sync.Mutex
	halt context.CancelFunc
	done chan struct{}
}

func newNotifier(l *eventLog) *notifier { return &notifier{log: l, dirty: make(chan struct{}, 1)} }

// mark has a notification sent soon.
func (n *notifier) mark() {
	n.mu.Lock()
	if n.log.ending.Err() != nil {
		n.mu.Unlock()
		return
	}
	if n.halt == nil {
		ctx, halt := context.WithCancel(context.Background())
		n.halt, n.done = halt, make(chan struct{})
		go n.run(ctx, n.done)
	}
	n.mu.Unlock()
	signal(n.dirty)
}

// stop sends what is marked, and ends the session.
func (n *notifier) stop() {
	n.mu.Lock()
	halt, done := n.halt, n.done
	n.halt = nil
	n.mu.Unlock()
	if halt == nil {
		return
	}
	halt()
	<-done
}

func (n *notifier) run(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	var on *session
	defer func() { n.leave(on) }()
	for {
		select {
		case <-n.dirty:
		case <-ctx.Done():
			select {
			case <-n.dirty: // the last commits
			default:
				return
			}
		}
		pause := notifyPause
		var err error
		if on, err = n.send(ctx, on); err != nil {
			if ctx.Err() != nil {
				return
			}
			signal(n.dirty)
			pause = time.Second // whoever does not hear of it looks by itself
		}
		rest(ctx, pause)
	}
}

// send notifies on the session, or on a new one. It returns the session that can be used again.
func (n *notifier) send(ctx context.Context, on *session) (*session, error) {
	if on == nil {
		made, err := n.log.session(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		on = made
		_, err = on.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
			var pid int64
			err := conn.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&pid)
			n.pid.Store(pid)
			return err
		})
		if err != nil {
			n.leave(on)
			return nil, err
		}
	}
	_, err := on.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, `NOTIFY `+channel)
		return err
	})
	if err != nil {
		n.leave(on)
		return nil, err
	}
	return on, nil
}

func (n *notifier) leave(on *session) {
	if on != nil {
		n.pid.Store(0)
		on.close()
	}
}

// rest pauses, or until ctx ends.
func rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
