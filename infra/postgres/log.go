package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// eventLog is the reading side of the log: it gives this process readers to own.
//
// Who holds the advisory lock of a reader on a session of its own is the owner. A process that dies lets go of it at once, with its connections. One
// that is frozen does not: so the owner also keeps a lease by a heartbeat, and who waits for a reader ends the session of an owner whose lease ran out.
// Neither of them is what keeps the position right. That is its fence: each owner takes a new epoch and a token, each Advance names both and the
// version that it replaces, and finds no row when another owner has been there.
type eventLog struct {
	pool   *pool
	access access
	lease  time.Duration
	notify *notifier
	listen *listener

	ending context.Context //nolint:containedctx // it ends with the log
	end    context.CancelFunc

	mu       sync.Mutex
	sessions *sql.DB                  // of owners, and of those who wait; nil unless open
	turns    map[string]chan struct{} // by reader: full while somebody of this process owns it or waits for it at the server
	streams  map[*stream]struct{}     // what this process owns
}

var _ outbox.Log = (*eventLog)(nil)

func newLog(p *pool) *eventLog {
	l := &eventLog{
		pool: p, access: access{p}, lease: p.cfg.Outbox.Lease, turns: map[string]chan struct{}{}, streams: map[*stream]struct{}{},
	}
	l.ending, l.end = context.WithCancel(context.Background())
	l.notify = newNotifier(l)
	l.listen = newListener(l)
	return l
}

// Durability is Persistent: events and positions are rows of the server.
func (*eventLog) Durability() durability.Grade { return durability.Persistent }

// open makes sessions possible. None is opened yet.
func (l *eventLog) open(context.Context) error {
	c, err := newSessionConnector(l.pool.cfg, l.pool.target)
	if err != nil {
		return fmt.Errorf("postgres: open the log: %w", err)
	}
	made := sql.OpenDB(c)
	made.SetMaxIdleConns(-1) // a session ends with its owner
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions = made
	return nil
}

// close gives up what is still owned.
func (l *eventLog) close(ctx context.Context) error {
	l.mu.Lock()
	made := l.sessions
	l.sessions = nil
	l.mu.Unlock()
	if made == nil {
		return nil
	}
	l.end()
	var faults []error
	for _, s := range l.owned() {
		faults = append(faults, s.Release(ctx))
	}
	l.listen.stop()
	l.notify.stop()
	if err := errors.Join(append(faults, made.Close())...); err != nil {
		return fmt.Errorf("postgres: close the log: %w", err)
	}
	return nil
}

func (l *eventLog) owned() []*stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*stream, 0, len(l.streams))
	for s := range l.streams {
		all = append(all, s)
	}
	return all
}

// session opens a session of its own.
func (l *eventLog) session(ctx context.Context) (*session, error) {
	l.mu.Lock()
	made := l.sessions
	l.mu.Unlock()
	if made == nil {
		return nil, errNotOpen
	}
	conn, err := made.Conn(ctx)
	if err != nil {
		return nil, translate(ctx, err)
	}
	return &session{conn: conn}, nil
}

// wrote tells of a commit that wrote events: the owners here, and those elsewhere.
func (l *eventLog) wrote() {
	l.wake()
	l.notify.mark()
}

func (l *eventLog) wake() {
	for _, s := range l.owned() {
		s.notify()
	}
}

var errReaderName = errors.New("postgres: a reader of the log needs a name")

// Own implements outbox.Log. Those of this process who want the same reader wait here; one of them at a time waits at the server.
func (l *eventLog) Own(ctx context.Context, r event.Reader) (event.Stream, error) {
	if r.Name == "" {
		return nil, errReaderName
	}
	if err := l.register(ctx, r); err != nil {
		return nil, fmt.Errorf("postgres: own reader %s: %w", r.Name, err)
	}
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("postgres: own reader %s: %w", r.Name, err)
	}
	turn := l.turn(r.Name)
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("postgres: own reader %s: %w", r.Name, context.Cause(ctx))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ending, cancel)() //nolint:contextcheck // whichever ends first
	s, err := l.take(ctx, r, turn)
	if err != nil {
		<-turn
		return nil, fmt.Errorf("postgres: own reader %s: %w", r.Name, err)
	}
	return s, nil
}

func (l *eventLog) turn(reader string) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	turn, ok := l.turns[reader]
	if !ok {
		turn = make(chan struct{}, 1)
		l.turns[reader] = turn
	}
	return turn
}
