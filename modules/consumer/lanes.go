package consumer

import (
	"context"
	"sync"
	"time"

	"fxcell.dev/fxcell/event"
)

// lanes handles the events of a stream in order per key, several keys at a time.
type lanes struct {
	*tenure

	window *window
	ready  chan *queue // keys whose next event may be handled; it has room for every key of the window

	mu     sync.Mutex
	queues map[string]*queue
}

// queue holds the events of one key. It is in ready, or with a worker, or waits for its timer.
type queue struct {
	key   string
	items []*item
	timer *time.Timer
}

// keyOf is what order is kept by.
func keyOf(e event.Event) string { return e.Topic + "\x00" + e.Key }

// runLanes reads until fetch ends, which the stream's loss does too, and returns when every event in work has ended.
func (t *tenure) runLanes(ctx, fetch context.Context) {
	size := t.cfg.Window
	l := &lanes{tenure: t, window: newWindow(size), ready: make(chan *queue, size), queues: map[string]*queue{}}
	var workers, passing sync.WaitGroup
	for range t.cfg.Lanes {
		workers.Go(func() { l.work(ctx, fetch) })
	}
	handled := make(chan struct{})
	passing.Go(func() { l.pass(ctx, handled) })
	l.read(fetch)
	workers.Wait()
	l.stopTimers()
	close(handled)
	passing.Wait()
}

// read fills the queues, as far as the window has room.
func (l *lanes) read(fetch context.Context) {
	for {
		free := l.window.free(fetch)
		if free == 0 {
			return
		}
		b, ok := l.fetch(fetch, min(free, l.cfg.Batch))
		if !ok {
			return
		}
		p := l.window.add(b)
		for i := range b.Events {
			if it, wanted := l.itemOf(b, i); wanted {
				it.batch = p
				l.enqueue(it)
			} else {
				l.window.finish(p)
			}
		}
	}
}

func (l *lanes) enqueue(it *item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := keyOf(it.Event)
	q, busy := l.queues[key]
	if !busy {
		q = &queue{key: key}
		l.queues[key] = q
		l.ready <- q
	}
	q.items = append(q.items, it)
}

// work handles one event after the other until fetch ends.
func (l *lanes) work(ctx, fetch context.Context) {
	for fetch.Err() == nil {
		select {
		case q := <-l.ready:
			l.next(ctx, q)
		case <-fetch.Done():
		}
	}
}

// next handles the next event of a key.
func (l *lanes) next(ctx context.Context, q *queue) {
	l.mu.Lock()
	it := q.items[0]
	l.mu.Unlock()
	again, done := l.handle(ctx, it)
	if ctx.Err() != nil && !done {
		return // abandoned: its next owner handles it
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !done {
		q.timer = time.AfterFunc(again, func() { l.ready <- q })
		return
	}
	l.window.finish(it.batch)
	if q.items = q.items[1:]; len(q.items) > 0 {
		l.ready <- q
	} else {
		delete(l.queues, q.key)
	}
}

// stopTimers ends the waiting of keys whose events failed.
func (l *lanes) stopTimers() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range l.queues {
		if q.timer != nil {
			q.timer.Stop()
		}
	}
}

// pass moves the position behind what is done, until everything has been handled or ctx ends.
func (l *lanes) pass(ctx context.Context, handled <-chan struct{}) {
	for last := false; !last; {
		select {
		case <-l.window.done:
		case <-handled:
			last = true
		}
		batches := l.window.complete()
		if len(batches) == 0 {
			continue
		}
		if !l.advance(ctx, batches) {
			return
		}
		l.window.pass(len(batches))
	}
}
