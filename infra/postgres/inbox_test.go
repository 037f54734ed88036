package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/event/eventtest"
)

func TestInboxKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	eventtest.RunInbox(t, func(*testing.T) eventtest.InboxSubject {
		return eventtest.InboxSubject{Tx: h.tx, Inbox: apartInbox{newInbox(h.sql), rand.Text()}}
	})
}

// apartInbox is an inbox that is empty at first: its readers have names of their own.
type apartInbox struct {
	event.Inbox

	prefix string
}

func (a apartInbox) Seen(ctx context.Context, reader string, e event.Event) (bool, error) {
	return a.Inbox.Seen(ctx, a.prefix+reader, e)
}

func (a apartInbox) Mark(ctx context.Context, reader string, e event.Event) error {
	return a.Inbox.Mark(ctx, a.prefix+reader, e)
}

// keyed and alone are events with and without a key.
func keyed(seq int64) event.Event {
	return event.Event{ID: fmt.Sprint("event ", seq), Seq: seq, Topic: "t", Key: "k"}
}

func alone(seq int64) event.Event {
	e := keyed(seq)
	e.Key = ""
	return e
}

// handles takes an event as the consumer does, and reports whether it had to be handled.
func handles(ctx context.Context, in *inbox, reader string, e event.Event, effect func()) error {
	if seen, err := in.Seen(ctx, reader, e); seen || err != nil {
		return err
	}
	effect()
	return in.Mark(ctx, reader, e)
}

func TestOfTwoOwnersOnlyTheFirstIsNotUndone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, tt := range []struct {
		name   string
		before []event.Event // marked before both
		e      event.Event
	}{
		{"a new key", nil, keyed(5)},
		{"a known key", []event.Event{keyed(3)}, keyed(5)},
		{"no key", []event.Event{alone(3)}, alone(5)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			first, second, reader := newInbox(h.sql), newInbox(h.sql), tt.name // of two processes
			for _, e := range tt.before {
				if err := h.tx.InTx(t.Context(), func(ctx context.Context) error { return first.Mark(ctx, reader, e) }); err != nil {
					t.Fatal(err)
				}
			}
			outside, effects := t.Context(), 0
			err := h.tx.InTx(t.Context(), func(ctx context.Context) error {
				return handles(ctx, second, reader, tt.e, func() {
					effects++
					if err := h.tx.InTx(outside, func(ctx context.Context) error {
						return handles(ctx, first, reader, tt.e, func() { effects++ })
					}); err != nil {
						t.Errorf("the first owner = %v", err)
					}
				})
			})
			if !errors.Is(err, db.ErrSerialization) || effects != 2 {
				t.Errorf("the second owner = %v after %d effects, want ErrSerialization after both", err, effects)
			}
			wants(t, err, "another owner of the reader has handled it")
			again := h.tx.InTx(t.Context(), func(ctx context.Context) error {
				return handles(ctx, second, reader, tt.e, func() { t.Error("the second owner handles it again") })
			})
			if again != nil || len(second.sights.marks)+len(first.sights.marks) != 0 {
				t.Errorf("again = %v, want the event to be seen; what transactions saw is remembered: %v", again, second.sights.marks)
			}
		})
	}
}

func TestWatermarkRisesTwiceInATransactionAndOverAnUndoneSavepoint(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := newInbox(h.sql)
	undone := errors.New("undone")
	err := h.tx.InTx(t.Context(), func(ctx context.Context) error {
		for seq := range int64(3) {
			if seen, err := in.Seen(ctx, "r", keyed(seq+1)); seen || err != nil {
				t.Errorf("Seen(%d) = %v, %v, want it unseen", seq+1, seen, err)
			}
		}
		if err := in.Mark(ctx, "r", keyed(1)); err != nil {
			return err
		}
		if err := h.tx.InTx(ctx, func(ctx context.Context) error {
			return errors.Join(in.Mark(ctx, "r", keyed(2)), in.Mark(ctx, "r", alone(2)), undone)
		}); !errors.Is(err, undone) || errors.Is(err, db.ErrSerialization) {
			t.Errorf("the savepoint = %v, want it undone by its own error alone", err)
		}
		return errors.Join(in.Mark(ctx, "r", keyed(2)), in.Mark(ctx, "r", keyed(3)), in.Mark(ctx, "r", keyed(2)))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.number("SELECT last_id FROM fxcell.inbox"); got != 3 {
		t.Errorf("the watermark is %d, want 3", got)
	}
	if len(in.sights.marks) != 0 {
		t.Errorf("the inbox remembers %v of transactions that have ended", in.sights.marks)
	}
}

func TestEventsWithoutAKeyAreSeenOneByOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := newInbox(h.sql)
	for range 2 { // the second time nothing is new
		if err := h.tx.InTx(t.Context(), func(ctx context.Context) error { return in.Mark(ctx, "r", alone(7)) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		reader string
		seq    int64
		want   bool
	}{{"r", 7, true}, {"r", 6, false}, {"r", 8, false}, {"r2", 7, false}} {
		if got, err := in.Seen(t.Context(), tt.reader, alone(tt.seq)); got != tt.want || err != nil {
			t.Errorf("Seen(%s, %d) = %v, %v, want %v", tt.reader, tt.seq, got, err, tt.want)
		}
	}
}

func TestKeysMayBeLongerThanAnIndexTakes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in, park := newInbox(h.sql), parking{h.sql}
	var long strings.Builder
	for n := range 4000 { // of no pattern, so that the server cannot compress it
		long.WriteString(indexable(fmt.Sprint("sha256:", n)))
	}
	one, other := keyed(1), keyed(1)
	one.Key, other.Key = long.String()+"1", long.String()+"2"
	digest := keyed(1)
	digest.Key = indexable(one.Key)
	err := h.tx.InTx(t.Context(), func(ctx context.Context) error {
		return errors.Join(in.Mark(ctx, "r", one), park.Park(ctx, event.Parked{Event: one, Reader: "r"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	for e, want := range map[*event.Event]bool{&one: true, &other: false, &digest: false} {
		seen, err := in.Seen(t.Context(), "r", *e)
		held, err2 := park.Holds(t.Context(), "r", "t", e.Key)
		if seen != want || held != want || err != nil || err2 != nil {
			t.Errorf("a key of %d bytes: seen %v, %v, held %v, %v, want %v", len(e.Key), seen, err, held, err2, want)
		}
	}
}
