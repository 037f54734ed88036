package memory

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
)

func of(topic, key string, seq int64) event.Event {
	return event.Event{ID: fmt.Sprint(seq), Topic: topic, Key: key, Seq: seq}
}

func newTestInbox(t *testing.T, b bench, capacity int) *inbox {
	t.Helper()
	i, err := newInbox(Config{InboxCapacity: capacity}, b.log)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (b bench) mark(i *inbox, reader string, events ...event.Event) error {
	return b.engine.InTx(b.t.Context(), func(ctx context.Context) error {
		for _, e := range events {
			if err := i.Mark(ctx, reader, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestInboxRemembersTheLastEventOfAKey(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	i := newTestInbox(t, b, 0)
	if err := b.mark(i, "r", of("t", "k", 5), of("t", "k", 3)); err != nil { // the second changes nothing
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		reader string
		event  event.Event
		want   bool
	}{
		{"the event itself", "r", of("t", "k", 5), true},
		{"an earlier one", "r", of("t", "k", 4), true},
		{"a later one", "r", of("t", "k", 6), false},
		{"another key", "r", of("t", "k2", 5), false},
		{"another topic", "r", of("t2", "k", 5), false},
		{"another reader", "r2", of("t", "k", 5), false},
	} {
		if got, err := i.Seen(t.Context(), c.reader, c.event); got != c.want || err != nil {
			t.Errorf("%s: Seen = %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestInboxMarksInTheTransaction(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	i := newTestInbox(t, b, 0)
	if err := i.Mark(t.Context(), "r", of("t", "k", 1)); !errors.Is(err, db.ErrNoTransaction) {
		t.Errorf("Mark outside of a transaction = %v, want db.ErrNoTransaction", err)
	}
	_ = b.engine.InTx(t.Context(), func(ctx context.Context) error {
		if err := i.Mark(ctx, "r", of("t", "k", 1)); err != nil {
			t.Errorf("Mark = %v", err)
		}
		if seen, _ := i.Seen(ctx, "r", of("t", "k", 1)); !seen {
			t.Error("not seen inside")
		}
		return errTest
	})
	if seen, _ := i.Seen(t.Context(), "r", of("t", "k", 1)); seen {
		t.Error("seen though the transaction was undone")
	}
}

func TestInboxForgetsWhatThePositionHasPassed(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	i := newTestInbox(t, b, 4)
	s := b.own(event.Reader{Name: "r"})
	b.own(event.Reader{Name: "r2"})
	b.mustWrite("1", "2", "3", "4")
	behind := b.next(s, 4)
	if err := b.mark(i, "r", of("t", "1", 1), of("t", "2", 2), of("t", "3", 3), of("t", "4", 4)); err != nil {
		t.Fatal(err)
	}
	b.mustAdvance(s, behind)
	for n := int64(5); n <= 100; n++ { // each its own key, far more than fit
		b.mustWrite(fmt.Sprint(n))
		batch := b.next(s, 1)
		if err := b.mark(i, "r", of("t", fmt.Sprint(n), batch.Events[0].Seq)); err != nil {
			t.Fatalf("mark %d: %v", n, err)
		}
		b.mustAdvance(s, batch)
	}
	if got := i.marks.Len(t.Context()); got > 2 || got != i.places.Len(t.Context()) {
		t.Errorf("the inbox holds %d keys and %d places, want 2 at most", got, i.places.Len(t.Context()))
	}
	full := b.mark(i, "r2", of("t", "a", 1), of("t", "b", 2), of("t", "c", 3), of("t", "d", 4), of("t", "e", 5))
	if !errors.Is(full, db.ErrFull) {
		t.Errorf("marks that are still needed = %v, want db.ErrFull", full)
	}
}

func newTestParking(t *testing.T, capacity int) *parking {
	t.Helper()
	p, err := newParking(Config{ParkingCapacity: capacity})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b bench) park(k *parking, parked ...event.Parked) error {
	return b.engine.InTx(b.t.Context(), func(ctx context.Context) error {
		for _, p := range parked {
			if err := k.Park(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestParkingListsAndHolds(t *testing.T) {
	t.Parallel()
	b, k := setup(t, 0), newTestParking(t, 0)
	first := event.Parked{Event: of("t", "k", 300), Reader: "r", Attempts: 3, Reason: "why"}
	second := event.Parked{Event: of("t", "k", 2), Reader: "r", Held: true}
	other := event.Parked{Event: of("t", "k", 1), Reader: "r2"}
	if err := b.park(k, first, second, other, first); err != nil {
		t.Fatal(err)
	}
	got, err := k.List(t.Context(), "r")
	if diff := cmp.Diff([]event.Parked{second, first}, got); diff != "" || err != nil {
		t.Errorf("List = %v:\n%s", err, diff)
	}
	for _, c := range []struct {
		reader, topic, key string
		want               bool
	}{{"r", "t", "k", true}, {"r", "t", "k2", false}, {"r", "t2", "k", false}, {"r2", "t", "k", true}, {"r3", "t", "k", false}} {
		if held, err := k.Holds(t.Context(), c.reader, c.topic, c.key); held != c.want || err != nil {
			t.Errorf("Holds(%s, %s, %s) = %v, %v, want %v", c.reader, c.topic, c.key, held, err, c.want)
		}
	}
	if err := k.Park(t.Context(), first); err != nil {
		t.Errorf("Park of what is parked already = %v, want nil", err)
	}
	if err := k.Park(t.Context(), event.Parked{Event: of("t", "k", 9), Reader: "r"}); !errors.Is(err, db.ErrNoTransaction) {
		t.Errorf("Park outside of a transaction = %v, want db.ErrNoTransaction", err)
	}
}

func TestParkingIsBoundedAndSaysSo(t *testing.T) {
	t.Parallel()
	b, k := setup(t, 0), newTestParking(t, 2)
	check := k.check()
	for n := range int64(2) {
		if err := check.Probe(t.Context()); err != nil {
			t.Errorf("with %d of 2: %v, want healthy", n, err)
		}
		if err := b.park(k, event.Parked{Event: of("t", "k", n+1), Reader: "r"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.park(k, event.Parked{Event: of("t", "k", 3), Reader: "r"}); !errors.Is(err, db.ErrFull) {
		t.Errorf("Park = %v, want db.ErrFull", err)
	}
	want := "memory: the parking is nearly full: 2 of 2 events"
	if err := check.Probe(t.Context()); err == nil || err.Error() != want {
		t.Errorf("full: %v, want %s", err, want)
	}
	if check.Critical || k.Durability() != durability.Volatile {
		t.Errorf("Critical = %v, Durability = %v", check.Critical, k.Durability())
	}
}
