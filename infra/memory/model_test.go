package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// logModel says what the log must do: all events that were ever committed, and where each reader stands.
type logModel struct {
	rt        *rapid.T
	b         bench
	capacity  int
	committed []string // ids, in the order of their commits
	number    int      // of ids given out
	readers   map[string]*readerModel
}

type readerModel struct {
	name   string
	wants  string // a contract; empty is all of them
	stream event.Stream
	from   int // index into committed: what is before was handled or passed over
	read   int // and what is before was read
	open   []event.Batch
	reads  [][2]int // of each open batch: from where to where
}

func contractOf(id string) string { return "event." + id[:1] + ".v1" }

func (m *logModel) write(rt *rapid.T) {
	var kept []string
	room := m.capacity
	if len(m.readers) > 0 {
		room -= m.b.held()
	}
	undo := rapid.Bool().Draw(rt, "undo")
	err := m.b.engine.InTx(m.b.t.Context(), func(ctx context.Context) error {
		for range rapid.IntRange(1, 4).Draw(rt, "savepoints") {
			var ids []string
			var events []event.Event
			for range rapid.IntRange(0, 3).Draw(rt, "events") {
				m.number++
				id := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "contract"), m.number)
				ids, events = append(ids, id), append(events, event.Event{ID: id, Contract: contractOf(id)})
			}
			fits, back := len(kept)+len(ids) <= room, rapid.Bool().Draw(rt, "back")
			err := m.b.engine.InTx(ctx, func(ctx context.Context) error {
				if err := m.b.log.Write(ctx, events...); fits != (err == nil) || !fits && !errors.Is(err, outbox.ErrFull) {
					rt.Fatalf("Write of %d events = %v; room for %d, %d written", len(ids), err, room, len(kept))
				}
				if back || !fits {
					return errTest
				}
				return nil
			})
			if err == nil {
				kept = append(kept, ids...)
			}
		}
		if undo {
			return errTest
		}
		return nil
	})
	if undo != errors.Is(err, errTest) || !undo && err != nil {
		rt.Fatalf("InTx = %v", err)
	}
	if !undo {
		m.committed = append(m.committed, kept...)
	}
}

func (m *logModel) own(rt *rapid.T) {
	name := rapid.SampledFrom([]string{"r1", "r2", "r3"}).Draw(rt, "reader")
	r, exists := m.readers[name]
	if exists && r.stream != nil {
		return
	}
	if !exists {
		r = &readerModel{name: name, wants: rapid.SampledFrom([]string{"", "event.a.v1"}).Draw(rt, "wants"), from: max(0, len(m.committed)-m.b.held())}
		if rapid.Bool().Draw(rt, "latest") {
			r.from = len(m.committed)
		}
	}
	want := event.Reader{Name: name}
	if r.wants != "" {
		want.Contracts = []string{r.wants}
	}
	if !exists && r.from == len(m.committed) {
		want.From = event.Latest
	}
	m.readers[name] = r
	r.stream, r.read, r.open, r.reads = m.b.own(want), r.from, nil, nil
}

func (m *logModel) owned(rt *rapid.T) *readerModel {
	var names []string
	for name, r := range m.readers {
		if r.stream != nil {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return m.readers[rapid.SampledFrom(names).Draw(rt, "owned")]
}

func (m *logModel) next(rt *rapid.T) {
	r := m.owned(rt)
	if r == nil {
		return
	}
	limit := rapid.IntRange(1, 5).Draw(rt, "limit")
	var want []string
	at := r.read
	for ; at < len(m.committed) && len(want) < limit; at++ {
		if r.wants == "" || contractOf(m.committed[at]) == r.wants {
			want = append(want, m.committed[at])
		}
	}
	batch := m.b.next(r.stream, limit)
	var got []string
	for _, e := range batch.Events {
		got = append(got, e.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		rt.Fatalf("reader %s (-want +got):\n%s", r.name, diff)
	}
	if len(got) > 0 {
		r.open, r.reads = append(r.open, batch), append(r.reads, [2]int{r.read, at})
	}
	r.read = at
}

func (m *logModel) advance(rt *rapid.T) {
	r := m.owned(rt)
	if r == nil || len(r.open) == 0 {
		return
	}
	if rapid.Bool().Draw(rt, "alone") {
		if err := r.stream.Advance(m.b.t.Context(), r.open[0]); err != nil {
			rt.Fatalf("advance alone = %v", err)
		}
		r.from, r.open, r.reads = r.reads[0][1], r.open[1:], r.reads[1:]
		return
	}
	n := rapid.IntRange(1, len(r.open)).Draw(rt, "batches")
	undo := rapid.Bool().Draw(rt, "undo")
	err := m.b.engine.InTx(m.b.t.Context(), func(ctx context.Context) error {
		for _, batch := range r.open[:n] {
			if err := r.stream.Advance(ctx, batch); err != nil {
				return err
			}
		}
		if undo {
			return errTest
		}
		return nil
	})
	if undo != errors.Is(err, errTest) || !undo && err != nil {
		rt.Fatalf("advance = %v", err)
	}
	if !undo {
		r.from, r.open, r.reads = r.reads[n-1][1], r.open[n:], r.reads[n:]
	}
}

func (m *logModel) release(rt *rapid.T) {
	if r := m.owned(rt); r != nil {
		if err := r.stream.Release(m.b.t.Context()); err != nil {
			rt.Fatalf("Release = %v", err)
		}
		r.stream = nil
	}
}

// check holds the log to its bounds: it keeps what a reader needs, and no more than its capacity.
func (m *logModel) check(rt *rapid.T) {
	needed := 0
	for _, r := range m.readers {
		for i := r.from; i < len(m.committed); i++ {
			if r.wants == "" || contractOf(m.committed[i]) == r.wants {
				needed = max(needed, len(m.committed)-i)
				break
			}
		}
	}
	if got := m.b.held(); got < needed || got > m.capacity {
		rt.Fatalf("the log holds %d events, want at least %d and at most %d", got, needed, m.capacity)
	}
}

func TestLogKeepsItsPromisesInAnyOrderOfEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		capacity := rapid.IntRange(1, 12).Draw(rt, "capacity")
		m := &logModel{rt: rt, b: setup(t, capacity), capacity: capacity, readers: map[string]*readerModel{}}
		rt.Repeat(map[string]func(*rapid.T){
			"write": m.write, "own": m.own, "next": m.next, "advance": m.advance, "release": m.release, "": m.check,
		})
	})
}
