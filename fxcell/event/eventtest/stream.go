package eventtest

import (
	"context"
	"errors"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func streamCases() []promise.Case[*sourceKit] {
	return []promise.Case[*sourceKit]{
		{Name: "Next hands out at most its limit, and nothing at once", Keep: nextIsBounded},
		{Name: "what arrives wakes its stream", Keep: arrivalWakes},
		{Name: "batches advance in order, and once", Keep: advanceInOrder},
		{Name: "an advance goes with its transaction, where it says so", Keep: advanceJoins},
		{Name: "who released is fenced", Keep: releasedIsFenced},
	}
}

func nextIsBounded(k *sourceKit) {
	m := k.join(event.Reader{Name: "r"}).alone()
	nothing := func() {
		k.Helper()
		ctx, cancel := context.WithTimeout(k.Outside, k.Patience/2)
		defer cancel()
		for _, s := range m.held {
			if b, err := s.Next(ctx, 1); err != nil || len(b.Events) > 0 {
				k.Fatalf("Next = %d events, %v, want an empty batch", len(b.Events), err)
			}
		}
	}
	nothing()
	k.publish("k/1", "k/2", "k/3", "k/4", "k/5")
	var got []read
	for _, limit := range []int{1, 2, 2} {
		got = append(got, m.reads(limit, limit)...) // which holds it to its limit
	}
	k.wantOrder("r", got, "k/1", "k/2", "k/3", "k/4", "k/5")
	nothing()
}

func arrivalWakes(k *sourceKit) {
	m := k.join(event.Reader{Name: "r"}).alone()
	for _, id := range []string{"k/1", "k/2", "k/3"} {
		for _, s := range m.held {
			for woken := true; woken; {
				select {
				case <-s.Wake():
				default:
					woken = false
				}
			}
		}
		ctx, cancel := context.WithCancel(k.Outside)
		woken := make(chan struct{}, len(m.held))
		k.publish(id)
		for _, s := range m.held {
			go func() {
				select {
				case <-s.Wake():
					woken <- struct{}{}
				case <-ctx.Done():
				}
			}()
		}
		select {
		case <-woken:
		case <-k.Outside.Done():
			cancel()
			k.Fatalf("nothing woke a stream when %s arrived", id)
		}
		cancel()
		k.mustAdvance(m.reads(1, 1)...)
	}
}

func advanceInOrder(k *sourceKit) {
	m := k.join(event.Reader{Name: "r"})
	k.publish("k/1", "k/2", "k/3") // of one stream
	b := m.reads(3, 1)
	for name, wrong := range map[string]read{"the second": b[1], "the third": b[2]} {
		if err := k.advance(wrong); !errors.Is(err, event.ErrOrder) {
			k.Errorf("%s before the first: Advance = %v, want event.ErrOrder", name, err)
		}
	}
	k.mustAdvance(b[0])
	if err := k.advance(b[0]); !errors.Is(err, event.ErrOrder) {
		k.Errorf("one that was passed: Advance = %v, want event.ErrOrder", err)
	}
	k.mustAdvance(b[1], b[2])
	m.readsNothing()
}

func advanceJoins(k *sourceKit) {
	m := k.join(event.Reader{Name: "r"})
	k.publish("k/1", "k/2")
	b := m.reads(2, 1)
	s := b[0].stream
	if !s.Transactional() {
		k.mustAdvance(b...) // outside of a transaction
		m.release(k.Outside)
		m.readsNothing()
		return
	}
	for range 2 {
		undo(k.Outside, k.T, k.Tx, func(ctx context.Context) error {
			return errors.Join(s.Advance(ctx, b[0].Batch), s.Advance(ctx, b[1].Batch))
		})
	}
	k.mustAdvance(b[0])
	undo(k.Outside, k.T, k.Tx, func(ctx context.Context) error { return s.Advance(ctx, b[1].Batch) })
	m.release(k.Outside)
	k.wantOrder("r", m.reads(1, 1), "k/2")
}

func releasedIsFenced(k *sourceKit) {
	m := k.join(event.Reader{Name: "r"})
	k.publish("k/1", "k/2", "k/3")
	b := m.reads(2, 1)
	old := b[0].stream
	k.mustAdvance(b[0])
	if lost(old) {
		k.Error("Lost is closed though the stream is owned")
	}
	m.release(k.Outside)
	select {
	case <-old.Lost():
	case <-k.Outside.Done():
		k.Fatal("Lost is open after Release")
	}
	fenced := func(when string) {
		k.Helper()
		if err := k.advance(b[1]); !errors.Is(err, event.ErrLost) {
			k.Errorf("%s: Advance = %v, want event.ErrLost", when, err)
		}
		if got, err := old.Next(k.Outside, 1); !errors.Is(err, event.ErrLost) {
			k.Errorf("%s: Next = %d events, %v, want event.ErrLost", when, len(got.Events), err)
		}
	}
	fenced("after Release")
	again := m.reads(1, 1)
	fenced("with the next owner")
	_ = old.Release(k.Outside) // again: whatever it answers, it disturbs nobody
	if lost(again[0].stream) {
		k.Error("the owner lost its stream when another one was released again")
	}
	k.mustAdvance(again...)
	got := append(again, m.reads(1, 1)...)
	k.wantOrder("the next owner", got, "k/2", "k/3")
}
