package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// The reader is the only one, what it has passed goes at once, and a fifth of the transactions leave gaps: what it had not read would be gone.
func TestNothingIsDroppedThatAReaderHasYetToRead(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.pool.cfg.Outbox.Retention, u.size, u.every = time.Millisecond, 20, 5*time.Millisecond
	l := newLog(h.pool)
	if err := l.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var upkeeps, readers sync.WaitGroup
	t.Cleanup(func() {
		stop()
		upkeeps.Wait()
		readers.Wait()
		if err := l.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for range 2 {
		upkeeps.Go(func() {
			if err := u.run(ctx); err != nil {
				t.Errorf("run = %v", err)
			}
		})
	}
	s, err := l.Own(ctx, event.Reader{Name: "r"})
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 4, 60
	w := &writer{pool: h.pool, committed: l.wrote}
	h.publishMany(w, "early", writers, each/2)
	read := make(chan map[string]int, 1)
	readers.Go(func() { read <- h.readAll(ctx, s, writers*each) })
	h.publishMany(w, "late", writers, each/2)
	select {
	case all := <-read:
		for id, n := range all {
			if n != 1 {
				t.Errorf("event %s was read %d times", id, n)
			}
		}
	case <-time.After(40 * time.Second):
		t.Fatal("not every event was read")
	}
	if n := h.number("SELECT last_value FROM fxcell.outbox_id_seq"); n < writers*each*6/5 {
		t.Errorf("%d ids were given out: no transaction left a gap", n)
	}
	eventually(t, "a log without what was read", func() bool {
		return h.number("SELECT count(*) FROM fxcell.outbox") <= 2*20
	})
}

// readAll reads until it has so many events, and returns how often each came.
func (h *house) readAll(ctx context.Context, s event.Stream, want int) map[string]int {
	h.Helper()
	got := map[string]int{}
	for len(got) < want && ctx.Err() == nil {
		b, err := s.Next(ctx, 20)
		if err != nil {
			if ctx.Err() == nil {
				h.Errorf("Next = %v", err)
			}
			break
		}
		if len(b.Events) == 0 {
			select {
			case <-s.Wake():
			case <-ctx.Done():
			}
			continue
		}
		for _, e := range b.Events {
			got[e.ID]++
		}
		if err := h.tx.InTx(ctx, func(ctx context.Context) error { return s.Advance(ctx, b) }); err != nil {
			h.Errorf("Advance = %v", err)
			break
		}
	}
	return got
}

// publishMany commits as many events as many writers may, and undoes some.
func (h *house) publishMany(w *writer, name string, writers, each int) {
	h.Helper()
	undone := errors.New("undone")
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			for i := 0; i < each && !h.Failed(); {
				for _, fate := range []error{undone, nil} {
					if fate != nil && i%5 > 0 {
						continue
					}
					err := h.tx.InTx(h.Context(), func(ctx context.Context) error {
						e := event.Event{ID: fmt.Sprintf("%s-%d-%d", name, n, i), Contract: "event.a.v1", Topic: "t", Key: fmt.Sprint(n), Payload: []byte("{}")}
						if err := w.Write(ctx, e); err != nil {
							return err
						}
						// The rows are inserted by a hook before the commit; this one comes after it.
						return db.BeforeCommit(ctx, func(ctx context.Context) error {
							return db.BeforeCommit(ctx, func(ctx context.Context) error {
								return db.BeforeCommit(ctx, func(context.Context) error { return fate })
							})
						})
					})
					switch {
					case err == nil:
						i++
					case errors.Is(err, db.ErrUnavailable):
						h.awaitRoom()
					case !errors.Is(err, undone):
						h.Errorf("write = %v", err)
					}
				}
			}
		})
	}
	all.Wait()
}
