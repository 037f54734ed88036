package relay

import (
	"sync"

	"go.opentelemetry.io/otel/trace"

	"fxcell.dev/fxcell/event"
)

// state is how far an event is.
type state int

const (
	unsent state = iota
	onItsWay
	acknowledged
	failed // not kept this time
	given  // never to be kept: it is parked
	held   // parked behind one that is
)

// item is one event of the window. The window's mutex guards its state and its error.
type item struct {
	event.Event

	batch *batch
	state state
	err   error // why it failed, or is given up
}

// keyOf is what order is kept by; empty where there is none.
func keyOf(e event.Event) string {
	if e.Key == "" {
		return ""
	}
	return e.Topic + "\x00" + e.Key
}

// batch is what one read returned.
type batch struct {
	event.Batch

	items []*item
	left  int // of them that are neither acknowledged nor parked; guarded by the window's mutex
	bytes int
	span  trace.Span
}

// window is what was read and is not passed, in the order of reading. Its batches belong to one goroutine.
type window struct {
	batches []*batch
	bytes   int
	changed chan struct{} // there is news

	mu       sync.Mutex
	onTheWay int
	broken   bool // something failed
}

func newWindow() *window { return &window{changed: make(chan struct{}, 1)} }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// add takes up what was read.
func (w *window) add(read event.Batch) *batch {
	b := &batch{Batch: read, items: make([]*item, len(read.Events)), left: len(read.Events)}
	for i, e := range read.Events {
		b.items[i] = &item{Event: e, batch: b}
		b.bytes += len(e.Payload) + 512 // what is around it
	}
	w.batches = append(w.batches, b)
	w.bytes += b.bytes
	return b
}

// send hands items over.
func (w *window) send(to event.Sender, items []*item) {
	if len(items) == 0 {
		return
	}
	events := make([]event.Event, len(items))
	w.mu.Lock()
	for i, it := range items {
		it.state, it.err = onItsWay, nil
		events[i] = it.Event
	}
	w.onTheWay += len(items)
	w.mu.Unlock()
	to.Send(events, func(at int, err error) { w.tell(items[at], err) })
}

// tell notes what became of an item.
func (w *window) tell(it *item, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onTheWay--
	if it.err = err; err != nil {
		it.state, w.broken = failed, true
	} else {
		it.state = acknowledged
		it.batch.left--
	}
	if w.broken && w.onTheWay == 0 || it.batch.left == 0 {
		signal(w.changed)
	}
}

// park notes that an item is not sent: it is given up, or waits behind one that is.
func (w *window) park(it *item, as state, why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	it.state, it.err = as, why
	it.batch.left--
}

// isBroken reports whether something failed, and whether nothing is on its way any more.
func (w *window) isBroken() (broken, still bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken, w.onTheWay == 0
}

// complete returns the oldest batches whose items are all done.
func (w *window) complete() []*batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n, b := range w.batches {
		if b.left > 0 {
			return w.batches[:n]
		}
	}
	return w.batches
}

// pass forgets the oldest n batches.
func (w *window) pass(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.batches[:n] {
		w.bytes -= b.bytes
	}
	clear(w.batches[:n])
	w.batches = w.batches[n:]
}

// failures returns what failed, in order.
func (w *window) failures() (items []*item) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.batches {
		for _, it := range b.items {
			if it.state == failed {
				items = append(items, it)
			}
		}
	}
	return items
}

// mend says that what failed is sent again.
func (w *window) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = false
}
