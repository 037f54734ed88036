package eventtest

import (
	"bytes"
	"context"
	"errors"
	"hash/fnv"
	"sync"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
)

// broker is a source with some streams for each reader: events of a key are in one of them. Its faults stand in for what it does; zero ones break
// nothing.
type broker struct {
	transactional bool
	hoards        bool // keeps a stream that nobody took
	handsOutOnce  bool // gives a member no stream again
	neverCloses   bool
	movesOnRead   bool // takes what was read for handled
	atOnce        bool // lets no transaction hold back a position
	startsEarly   bool // whatever the reader says
	startsLate    bool
	open          func(r *event.Reader) // what becomes of what a member asks for
	odd           func(s *stream)

	mu      sync.Mutex
	seq     int64
	streams [][]event.Event
	readers map[string][]*position
}

// position is a reader's place in one stream. lease is full while it has an owner.
type position struct {
	contracts []string
	passed    int
	owner     *stream
	lease     chan struct{}
}

func newBroker(streams int, transactional bool) *broker {
	return &broker{transactional: transactional, streams: make([][]event.Event, streams), readers: map[string][]*position{}}
}

func (b *broker) subject() SourceSubject { return SourceSubject{Source: b, Tx: b, Publish: b.publish} }

func (*broker) Durability() durability.Grade { return durability.Volatile }

func (b *broker) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.Run(ctx, func(context.Context) (db.Unit, error) { return &moves{broker: b, to: map[*stream]int{}}, nil }, fn)
}

// moves is a transaction: how far it advances. It knows no savepoints.
type moves struct {
	broker *broker
	to     map[*stream]int
}

func (m *moves) Commit(context.Context) error {
	m.broker.mu.Lock()
	defer m.broker.mu.Unlock()
	for s, to := range m.to {
		s.at.passed = to
	}
	return nil
}

func (*moves) Rollback(context.Context) error   { return nil }
func (*moves) Savepoint(context.Context) error  { return errors.ErrUnsupported }
func (*moves) RollbackTo(context.Context) error { return errors.ErrUnsupported }
func (*moves) Release(context.Context) error    { return errors.ErrUnsupported }

func (b *broker) publish(_ context.Context, events ...event.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range events {
		hash := fnv.New32()
		_, _ = hash.Write([]byte(e.Key))
		in := int(hash.Sum32() % uint32(len(b.streams)))
		b.seq++
		e.Seq, e.Payload = b.seq, bytes.Clone(e.Payload)
		b.streams[in] = append(b.streams[in], e)
		for _, positions := range b.readers {
			if s := positions[in].owner; s != nil && s.wants(e) {
				s.notify()
			}
		}
	}
	return nil
}

func (b *broker) Open(ctx context.Context, r event.Reader) (<-chan event.Stream, error) {
	if b.open != nil {
		b.open(&r)
	}
	streams := make(chan event.Stream)
	var members sync.WaitGroup
	for in, at := range b.register(r) {
		members.Go(func() { b.member(ctx, in, at, streams) })
	}
	go func() {
		members.Wait()
		if !b.neverCloses {
			close(streams)
		}
	}()
	return streams, nil
}

func (b *broker) register(r event.Reader) []*position {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.readers[r.Name] == nil {
		for _, events := range b.streams {
			at := &position{contracts: r.Contracts, lease: make(chan struct{}, 1)}
			if r.From == event.Latest && !b.startsEarly || b.startsLate {
				at.passed = len(events)
			}
			b.readers[r.Name] = append(b.readers[r.Name], at)
		}
	}
	return b.readers[r.Name]
}

// member hands out one stream again and again, until ctx ends.
func (b *broker) member(ctx context.Context, in int, at *position, streams chan<- event.Stream) {
	for {
		select {
		case at.lease <- struct{}{}:
		case <-ctx.Done():
			return
		}
		s := b.grant(in, at)
		select {
		case streams <- s:
		case <-ctx.Done():
			if !b.hoards {
				_ = s.Release(ctx)
			}
			return
		}
		select {
		case <-s.lost:
		case <-ctx.Done():
			return
		}
		if b.handsOutOnce {
			return
		}
	}
}

func (b *broker) grant(in int, at *position) *stream {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &stream{broker: b, in: in, at: at, read: at.passed, woken: make(chan struct{}, 1), lost: make(chan struct{})}
	if b.odd != nil {
		b.odd(s)
	}
	at.owner = s
	return s
}
