package eventtest

import (
	"context"
	"slices"
	"time"

	"fxcell.dev/fxcell/event"
)

// member takes part in a reader: it holds the streams that it was handed.
type member struct {
	*sourceKit
	reader  event.Reader
	leave   context.CancelFunc
	streams <-chan event.Stream
	held    []event.Stream
	closed  bool
}

// join takes part in a reader until the test ends, or the member leaves.
func (k *sourceKit) join(r event.Reader) *member {
	k.Helper()
	ctx, cancel := context.WithCancel(k.Outside)
	streams, err := k.Source.Open(ctx, r)
	if err != nil {
		cancel()
		k.Fatalf("Open of %s = %v", r.Name, err)
	}
	m := &member{sourceKit: k, reader: r, leave: cancel, streams: streams}
	released := context.WithoutCancel(k.Outside)
	k.Cleanup(func() {
		released, stop := context.WithTimeout(released, k.Patience)
		defer stop()
		m.end(released)
	})
	return m
}

// end leaves, and releases what the member holds.
func (m *member) end(ctx context.Context) {
	m.Helper()
	m.leave()
	m.release(ctx)
	for !m.closed {
		select {
		case s, open := <-m.streams:
			if m.closed = !open; open {
				m.held = append(m.held, s)
				m.release(ctx)
			}
		case <-ctx.Done():
			m.Errorf("the channel of %s is still open after its member has left", m.reader.Name)
			return
		}
	}
}

func (m *member) release(ctx context.Context) {
	m.Helper()
	for _, s := range m.held {
		if err := s.Release(ctx); err != nil {
			m.Errorf("Release = %v", err)
		}
	}
	m.held = nil
}

// look takes what streams come, and releases those that are lost.
func (m *member) look() {
	m.held = slices.DeleteFunc(m.held, func(s event.Stream) bool {
		gone := lost(s)
		if gone {
			_ = s.Release(m.Outside) // whatever it answers
		}
		return gone
	})
	for {
		select {
		case s, open := <-m.streams:
			if m.closed = !open; m.closed {
				return
			}
			m.held = append(m.held, s)
		default:
			return
		}
	}
}

func lost(s event.Stream) bool {
	select {
	case <-s.Lost():
		return true
	default:
		return false
	}
}

// alone waits until the member holds every stream of its reader.
func (m *member) alone() *member {
	m.Helper()
	for m.look(); len(m.held) < m.sourceKit.streams; m.look() {
		select {
		case <-time.After(m.Quiet / 4):
		case <-m.Outside.Done():
			m.Fatalf("%d streams came to the only member of %s, want %d", len(m.held), m.reader.Name, m.sourceKit.streams)
		}
	}
	return m
}

// read is a batch and the stream that it came from.
type read struct {
	event.Batch
	stream event.Stream
}

// next looks once whether there is a batch to read.
func (m *member) next(limit int) (read, bool) {
	m.Helper()
	m.look()
	for _, s := range m.held {
		b, err := s.Next(m.Outside, limit)
		switch {
		case err != nil && !lost(s):
			m.Fatalf("Next = %v", err)
		case len(b.Events) > limit:
			m.Errorf("Next of at most %d returned %d events", limit, len(b.Events))
		}
		if len(b.Events) > 0 {
			return read{b, s}, true
		}
	}
	return read{}, false
}

// reads reads until n events have come, in batches of at most limit.
func (m *member) reads(n, limit int) []read {
	m.Helper()
	var all []read
	for got := 0; got < n; {
		if b, ok := m.next(min(limit, n-got)); ok {
			all, got = append(all, b), got+len(b.Events)
			continue
		}
		select {
		case <-time.After(m.Quiet / 4):
		case <-m.Outside.Done():
			m.Fatalf("%s read %q, want %d events", m.reader.Name, idsOf(all), n)
		}
	}
	return all
}

// readsNothing watches for a while that nothing comes.
func (m *member) readsNothing() {
	m.Helper()
	for watched := time.After(m.Quiet); ; {
		if b, ok := m.next(8); ok {
			m.Errorf("%s read %q, want nothing", m.reader.Name, idsOf([]read{b}))
			return
		}
		select {
		case <-time.After(m.Quiet / 4):
		case <-watched:
			return
		}
	}
}

// advance stores the positions after what was read, and returns what became of the first that was not.
func (k *sourceKit) advance(all ...read) error {
	for _, b := range all {
		err := k.inTx(b.stream, func(ctx context.Context) error { return b.stream.Advance(ctx, b.Batch) })
		if err != nil {
			return err
		}
	}
	return nil
}

// inTx runs fn in a transaction if the stream's positions go with one.
func (k *sourceKit) inTx(s event.Stream, fn func(ctx context.Context) error) error {
	if s.Transactional() {
		return k.Tx.InTx(k.Outside, fn)
	}
	return fn(k.Outside)
}

func (k *sourceKit) mustAdvance(all ...read) {
	k.Helper()
	if err := k.advance(all...); err != nil {
		k.Fatalf("Advance = %v", err)
	}
}

func idsOf(all []read) []string {
	var out []string
	for _, b := range all {
		for _, e := range b.Events {
			out = append(out, e.ID)
		}
	}
	return out
}
