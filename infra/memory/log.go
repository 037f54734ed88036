package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// eventLog is the outbox log: one order for all events, read by fenced readers. It holds what some reader has yet to pass; without a reader it
// holds the newest events, for the first one that comes.
type eventLog struct {
	capacity int

	mu      sync.Mutex
	events  []event.Event // without holes; the last one's Seq is last
	last    int64         // Seq of the newest event ever written
	readers map[string]*reader
}

var (
	_ outbox.Writer = (*eventLog)(nil)
	_ outbox.Log    = (*eventLog)(nil)
)

func newLog(cfg Config) (*eventLog, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &eventLog{capacity: cfg.WithDefaults().LogCapacity, readers: map[string]*reader{}}, nil
}

// Durability is Volatile: events end with the process.
func (*eventLog) Durability() durability.Grade { return durability.Volatile }

// Write implements outbox.Writer. It fails at once when the log has no room.
func (l *eventLog) Write(ctx context.Context, events ...event.Event) error {
	w, err := memdb.Join(ctx, l, func() *writing { return &writing{log: l} })
	if errors.Is(err, db.ErrNoTransaction) {
		return outbox.ErrNoTransaction
	}
	if err != nil {
		return fmt.Errorf("memory: write to the log: %w", err)
	}
	if err := l.room(len(w.events) + len(events)); err != nil {
		return err
	}
	for _, e := range events {
		if e.ID == "" {
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("memory: write to the log: %w", err)
			}
			e.ID = id.String()
		}
		e.Payload = bytes.Clone(e.Payload)
		w.events = append(w.events, e)
	}
	return nil
}

// room returns outbox.ErrFull when a transaction may not write n events. Room that there is stays until its commit: nobody else writes meanwhile.
func (l *eventLog) room(n int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > l.capacity || len(l.readers) > 0 && len(l.events)+n > l.capacity {
		return outbox.ErrFull
	}
	return nil
}

// writing is what one transaction adds to the log.
type writing struct {
	log    *eventLog
	events []event.Event
}

// Save implements memdb.Participant.
func (w *writing) Save() (restore func()) {
	n := len(w.events)
	return func() { w.events = w.events[:n] }
}

// Apply implements memdb.Participant: the events get their place in the order, and their readers hear of them.
func (w *writing) Apply() {
	l := w.log
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range w.events {
		l.last++
		e.Seq = l.last
		l.events = append(l.events, e)
		for _, r := range l.readers {
			r.wrote(e)
		}
	}
	l.free()
}

// at returns the event with the Seq, which is in the log.
func (l *eventLog) at(seq int64) event.Event {
	return l.events[int(seq-l.first())]
}

// first returns the Seq of the oldest event in the log, or of the next one when it is empty.
func (l *eventLog) first() int64 { return l.last - int64(len(l.events)) + 1 }

// free drops the events that every reader has passed; without a reader, the oldest of too many.
func (l *eventLog) free() {
	if len(l.readers) == 0 {
		l.drop(len(l.events) - l.capacity)
		return
	}
	passed := l.last
	for _, r := range l.readers {
		passed = min(passed, r.passed)
	}
	l.drop(int(passed - l.first() + 1))
}

// drop removes the oldest n events. The memory behind them goes when append moves the rest.
func (l *eventLog) drop(n int) {
	if n <= 0 {
		return
	}
	clear(l.events[:n])
	l.events = l.events[n:]
}

// passed returns the Seq up to which the reader has passed the log, 0 when there is no such reader.
func (l *eventLog) passed(name string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r, ok := l.readers[name]; ok {
		return r.passed
	}
	return 0
}
