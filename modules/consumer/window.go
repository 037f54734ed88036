package consumer

import (
	"context"
	"sync"

	"fxcell.dev/fxcell/event"
)

// window is what was read of a stream and is not passed: batches in the order of reading, whose events end in any order.
type window struct {
	size int
	room chan struct{} // there may be room again
	done chan struct{} // the oldest batch is done

	mu      sync.Mutex
	batches []*pending
	events  int // in batches
}

// pending is a batch and how many of its events are not done.
type pending struct {
	event.Batch

	left int
}

func newWindow(size int) *window {
	return &window{size: size, room: make(chan struct{}, 1), done: make(chan struct{}, 1)}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// free waits until there is room, and returns for how many events; 0 when ctx ends.
func (w *window) free(ctx context.Context) int {
	for ctx.Err() == nil {
		w.mu.Lock()
		free := w.size - w.events
		w.mu.Unlock()
		if free > 0 {
			return free
		}
		select {
		case <-w.room:
		case <-ctx.Done():
		}
	}
	return 0
}

func (w *window) add(b event.Batch) *pending {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &pending{b, len(b.Events)}
	w.batches = append(w.batches, p)
	w.events += p.left
	return p
}

// finish says that one event of p is done.
func (w *window) finish(p *pending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.left--; w.batches[0].left == 0 {
		signal(w.done)
	}
}

// complete returns the oldest batches that are done: up to them the position may move.
func (w *window) complete() []event.Batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []event.Batch
	for _, p := range w.batches {
		if p.left > 0 {
			break
		}
		out = append(out, p.Batch)
	}
	return out
}

// pass forgets the oldest n batches: the position has passed them.
func (w *window) pass(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.batches[:n] {
		w.events -= len(p.Events)
	}
	clear(w.batches[:n])
	w.batches = w.batches[n:]
	signal(w.room)
}
