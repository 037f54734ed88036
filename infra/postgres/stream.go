package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"fxcell.dev/fxcell/event"
)

// stream is what the owner of a reader reads by.
type stream struct {
	log     *eventLog
	name    string
	wants   []string // contracts; none is all of them
	session *session
	turn    chan struct{} // the reader's, within this process
	token   string        // of this owner alone
	epoch   int64

	waking chan struct{}
	lost   chan struct{}
	done   chan struct{} // nothing is held any more
	doubt  chan struct{} // there is reason to ask whether it is still owned
	alarm  *time.Timer   // wakes without a commit

	// Of the goroutine that calls Next.
	place   place     // everything that was handed out, or is of no interest, is before it
	scan    int       // rows to look at for one batch
	pace    pace      // of reading
	passed  bool      // the place has moved and is not stored, nor in a checkpoint
	settled time.Time // when it was stored last without an event

	mu      sync.Mutex
	version int64         // of the stored position
	open    []*checkpoint // of batches that were read and not advanced, oldest first
	joined  *joined       // the transaction that advances the stream now
	gone    bool          // lost is closed
}

var _ event.Stream = (*stream)(nil)

// checkpoint is a batch's place in its stream.
type checkpoint struct {
	head int64
	gaps string // an int8multirange
}

func newStream(l *eventLog, r event.Reader, on *session, turn chan struct{}) *stream {
	s := &stream{
		log: l, name: r.Name, wants: r.Contracts, session: on, turn: turn, token: uuid.NewString(),
		waking: make(chan struct{}, 1), lost: make(chan struct{}), done: make(chan struct{}), doubt: make(chan struct{}, 1), settled: time.Now(),
	}
	s.alarm = time.AfterFunc(safety, s.notify)
	return s
}

// Transactional implements event.Stream.
func (*stream) Transactional() bool { return true }

// Wake implements event.Stream.
func (s *stream) Wake() <-chan struct{} { return s.waking }

// Lost implements event.Stream.
func (s *stream) Lost() <-chan struct{} { return s.lost }

func (s *stream) notify() { signal(s.waking) }

// ask has the owner look whether it is still one.
func (s *stream) ask() { signal(s.doubt) }

// signal leaves a note in a channel of one, unless there is one already.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// lose ends the ownership. What was held is let go of by keep.
func (s *stream) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.gone {
		s.gone = true
		close(s.lost)
	}
}

func (s *stream) isLost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone
}

// Release implements event.Stream. A transaction that has advanced the stream already may still end; the next owner begins after it.
func (s *stream) Release(ctx context.Context) error {
	s.lose()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("postgres: release reader %s: %w", s.name, context.Cause(ctx))
	}
}

// keep renews the lease until the stream is lost, and then lets go of the reader.
func (s *stream) keep(ctx context.Context) {
	defer close(s.done)
	tick := time.NewTicker(s.log.lease / 3)
	defer tick.Stop()
	for !s.isLost() {
		select {
		case <-tick.C:
			s.beat(ctx)
		case <-s.doubt:
			s.beat(ctx)
		case <-s.lost:
		}
	}
	s.alarm.Stop()
	s.log.mu.Lock()
	delete(s.log.streams, s)
	s.log.mu.Unlock()
	s.session.leave(ctx)
	<-s.turn
}

// beat renews the lease. Without one, or without the session, this process is no owner.
func (s *stream) beat(ctx context.Context) {
	n := int64(0)
	_, err := s.session.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		n, err = s.beatOn(ctx, conn, s.token)
		return err
	})
	if err != nil || n == 0 {
		s.lose()
	}
}
