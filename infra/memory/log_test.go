package memory

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

var errTest = errors.New("test")

// bench is a log beside the engine that its transactions run on.
type bench struct {
	t      *testing.T
	engine transactor
	log    *eventLog
}

func setup(t *testing.T, capacity int) bench {
	t.Helper()
	log, err := newLog(Config{LogCapacity: capacity})
	if err != nil {
		t.Fatal(err)
	}
	return bench{t, newTransactor(), log}
}

func named(id string) event.Event {
	return event.Event{ID: id, Contract: "event.a.v1", Topic: "a", Key: "k", Payload: []byte(id)}
}

// write commits one transaction with an event for each id; an id "b:x" is of contract event.b.v1.
func (b bench) write(ids ...string) error {
	b.t.Helper()
	return b.engine.InTx(b.t.Context(), func(ctx context.Context) error {
		for _, id := range ids {
			e := named(id)
			if strings.HasPrefix(id, "b:") {
				e.Contract = "event.b.v1"
			}
			if err := b.log.Write(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b bench) mustWrite(ids ...string) {
	b.t.Helper()
	if err := b.write(ids...); err != nil {
		b.t.Fatalf("write %v: %v", ids, err)
	}
}

func (b bench) own(r event.Reader) event.Stream {
	b.t.Helper()
	s, err := b.log.Own(b.t.Context(), r)
	if err != nil {
		b.t.Fatalf("own %s: %v", r.Name, err)
	}
	return s
}

func (b bench) next(s event.Stream, limit int) event.Batch {
	b.t.Helper()
	batch, err := s.Next(b.t.Context(), limit)
	if err != nil {
		b.t.Fatalf("next: %v", err)
	}
	return batch
}

func (b bench) advance(s event.Stream, batches ...event.Batch) error {
	b.t.Helper()
	return b.engine.InTx(b.t.Context(), func(ctx context.Context) error {
		for _, batch := range batches {
			if err := s.Advance(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b bench) mustAdvance(s event.Stream, batches ...event.Batch) {
	b.t.Helper()
	if err := b.advance(s, batches...); err != nil {
		b.t.Fatalf("advance: %v", err)
	}
}

func (b bench) held() int {
	b.log.mu.Lock()
	defer b.log.mu.Unlock()
	return len(b.log.events)
}

func ids(b event.Batch) string {
	out := make([]string, len(b.Events))
	for i, e := range b.Events {
		out[i] = e.ID
	}
	return strings.Join(out, " ")
}

func TestLogIsVolatile(t *testing.T) {
	t.Parallel()
	if got := setup(t, 0).log.Durability(); got != durability.Volatile {
		t.Errorf("Durability = %v, want volatile", got)
	}
}

func TestEventsLeaveWithTheCommitInTheOrderOfCommits(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	s := b.own(event.Reader{Name: "r"})
	read := func() event.Batch { return b.next(s, 10) }
	err := b.engine.InTx(t.Context(), func(ctx context.Context) error {
		if err := b.log.Write(ctx, named("1"), event.Event{}); err != nil {
			return err
		}
		_ = b.engine.InTx(ctx, func(ctx context.Context) error {
			return errors.Join(b.log.Write(ctx, named("dropped with its savepoint")), errTest)
		})
		if got := read(); len(got.Events) != 0 {
			t.Errorf("read %d events before the commit", len(got.Events))
		}
		return b.engine.InTx(ctx, func(ctx context.Context) error { return b.log.Write(ctx, named("3")) })
	})
	if err != nil {
		t.Fatal(err)
	}
	b.mustWrite("4")
	got := b.next(s, 10)
	if len(got.Events) != 4 || got.Events[1].ID == "" {
		t.Fatalf("read %+v, want four events, the second with an id", got.Events)
	}
	got.Events[1].ID = "2"
	if diff := cmp.Diff("1 2 3 4", ids(got)); diff != "" {
		t.Error(diff)
	}
	for i, e := range got.Events {
		if e.Seq != int64(i+1) {
			t.Errorf("event %s has Seq %d, want %d", e.ID, e.Seq, i+1)
		}
	}
}

func TestEventsOfAnUndoneTransactionNeverLeave(t *testing.T) {
	t.Parallel()
	ends := map[string]func(cancel context.CancelFunc) error{
		"error":  func(context.CancelFunc) error { return errTest },
		"panic":  func(context.CancelFunc) error { panic(errTest) }, //nolint:forbidigo // code in a transaction may panic
		"goexit": func(context.CancelFunc) error { runtime.Goexit(); return nil },
		"ended":  func(cancel context.CancelFunc) error { cancel(); return nil },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			s := b.own(event.Reader{Name: "r"})
			left := make(chan struct{})
			go func() {
				defer close(left)
				defer func() { _ = recover() }()
				ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
				defer cancel()
				_ = b.engine.InTx(ctx, func(ctx context.Context) error {
					if err := b.log.Write(ctx, named("undone")); err != nil {
						t.Errorf("Write = %v", err)
					}
					return end(cancel)
				})
			}()
			<-left
			b.mustWrite("kept") // which would not fit beside the other
			if got := ids(b.next(s, 10)); got != "kept" {
				t.Errorf("read %q, want kept", got)
			}
		})
	}
}

func TestWriteNeedsAnOpenTransaction(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	if err := b.log.Write(t.Context(), named("1")); !errors.Is(err, outbox.ErrNoTransaction) {
		t.Errorf("Write = %v, want outbox.ErrNoTransaction", err)
	}
	if err := b.log.Write(t.Context()); !errors.Is(err, outbox.ErrNoTransaction) {
		t.Errorf("Write of nothing = %v, want outbox.ErrNoTransaction", err)
	}
	var ended context.Context
	_ = b.engine.InTx(t.Context(), func(ctx context.Context) error { ended = ctx; return nil })
	if err := b.log.Write(ended, named("1")); !errors.Is(err, db.ErrTxDone) {
		t.Errorf("Write after the end = %v, want db.ErrTxDone", err)
	}
}

func TestPayloadsAreCopies(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	first, second := b.own(event.Reader{Name: "1"}), b.own(event.Reader{Name: "2"})
	e := named("as it was")
	err := b.engine.InTx(t.Context(), func(ctx context.Context) error {
		defer clear(e.Payload)
		return b.log.Write(ctx, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	clear(b.next(first, 1).Events[0].Payload)
	if got := string(b.next(second, 1).Events[0].Payload); got != "as it was" {
		t.Errorf("payload = %q", got)
	}
}

func TestFullLogFailsTheWriteAtOnceAndDropsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, 3)
		s := b.own(event.Reader{Name: "r"})
		b.mustWrite("1", "2")
		if err := b.write("3", "too many"); !errors.Is(err, outbox.ErrFull) {
			t.Fatalf("write = %v, want outbox.ErrFull", err)
		}
		b.mustWrite("3")
		if err := b.write("4"); !errors.Is(err, outbox.ErrFull) {
			t.Errorf("write = %v, want outbox.ErrFull", err)
		}
		first := b.next(s, 2)
		if err := b.write("4"); !errors.Is(err, outbox.ErrFull) {
			t.Errorf("write when events were read, not passed = %v, want outbox.ErrFull", err)
		}
		b.mustAdvance(s, first)
		b.mustWrite("4", "5")
		if got := ids(first) + "; " + ids(b.next(s, 10)); got != "1 2; 3 4 5" {
			t.Errorf("read %q, want 1 2; 3 4 5", got)
		}
	})
}

func TestRoomThatASavepointGaveBackCanBeUsed(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	s := b.own(event.Reader{Name: "r"})
	err := b.engine.InTx(t.Context(), func(ctx context.Context) error {
		_ = b.engine.InTx(ctx, func(ctx context.Context) error {
			return errors.Join(b.log.Write(ctx, named("x"), named("y")), errTest)
		})
		return b.log.Write(ctx, named("1"), named("2"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(b.next(s, 10)); got != "1 2" {
		t.Errorf("read %q, want 1 2", got)
	}
}

func TestWithoutAReaderTheOldestMakeRoom(t *testing.T) {
	t.Parallel()
	b := setup(t, 3)
	for i := range 10 {
		b.mustWrite(fmt.Sprint(i))
	}
	if err := b.write("a", "b", "c", "d"); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("a transaction larger than the log = %v, want outbox.ErrFull", err)
	}
	early, late := b.own(event.Reader{Name: "early"}), b.own(event.Reader{Name: "late", From: event.Latest})
	if got := ids(b.next(early, 10)); got != "7 8 9" {
		t.Errorf("the first reader reads %q, want 7 8 9", got)
	}
	if got := ids(b.next(late, 10)); got != "" {
		t.Errorf("a reader from the latest on reads %q, want nothing", got)
	}
	if err := b.write("full"); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("write = %v, want outbox.ErrFull now that there is a reader", err)
	}
}

func TestReaderThatComesBeforeTheCommitMissesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	b.mustWrite("1", "2")
	var s event.Stream
	own := func() { s = b.own(event.Reader{Name: "r"}) }
	err := b.engine.InTx(t.Context(), func(ctx context.Context) error {
		err := b.log.Write(ctx, named("3")) // the oldest would make room: there is no reader yet
		own()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.write("4"); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("write = %v, want outbox.ErrFull", err)
	}
	if got := ids(b.next(s, 10)); got != "1 2 3" {
		t.Errorf("read %q, want 1 2 3", got)
	}
}

func TestEventsGoWhenEveryReaderHasPassedThem(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	first, second := b.own(event.Reader{Name: "1"}), b.own(event.Reader{Name: "2"})
	b.mustWrite("1", "2", "3")
	b.mustAdvance(first, b.next(first, 10))
	if got := b.held(); got != 3 {
		t.Errorf("the log holds %d events, want 3 while one reader is behind", got)
	}
	b.mustAdvance(second, b.next(second, 2))
	if got := b.held(); got != 1 {
		t.Errorf("the log holds %d events, want 1", got)
	}
	b.mustAdvance(second, b.next(second, 2))
	if got := b.held(); got != 0 {
		t.Errorf("the log holds %d events, want none", got)
	}
}

func TestLogIsUnwellWhenNearlyFull(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	check := b.log.check()
	if check.Critical || check.Name != "infra/memory/log" {
		t.Errorf("check = %+v, want infra/memory/log, not critical", check)
	}
	for range 3 {
		b.mustWrite("1", "2", "3", "4")
	}
	if err := check.Probe(t.Context()); err != nil {
		t.Errorf("full, without readers: %v, want healthy", err)
	}
	ahead := b.own(event.Reader{Name: "ahead", From: event.Latest})
	s := b.own(event.Reader{Name: "behind"})
	want := "memory: the log is nearly full: 10 of 10 events; reader behind is 10 behind"
	if err := check.Probe(t.Context()); err == nil || err.Error() != want {
		t.Errorf("full: %v, want %s", err, want)
	}
	b.mustAdvance(s, b.next(s, 1))
	if err := check.Probe(t.Context()); err != nil {
		t.Errorf("nine of ten: %v, want healthy", err)
	}
	_ = ahead.Release(t.Context())
}
