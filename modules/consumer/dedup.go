package consumer

import (
	"context"

	"fxcell.dev/fxcell/event"
)

// handled asks the inbox whether the reader has handled e.
func (t *tenure) handled(ctx context.Context, e event.Event) (bool, error) {
	seen, err := t.Inbox.Seen(ctx, t.name, known(e))
	if seen && err == nil {
		t.parked.doubt(keyOf(e))
	}
	return seen, err
}

// mark tells the inbox, in the transaction of ctx, that the reader has handled e.
func (t *tenure) mark(ctx context.Context, e event.Event) error {
	return t.Inbox.Mark(ctx, t.name, known(e))
}

// known returns what the inbox is to know an event by. One that has no place in a log, because somebody else published it, neither comes after the
// last of its key nor before: it is known by its id, as those without a key are.
func known(e event.Event) event.Event {
	if e.Seq == 0 {
		e.Key = ""
	}
	return e
}

// repeats tells which events come again in a batch, before any of them is in the inbox: a broker's may.
type repeats map[string]int64

// again reports whether e or a later event of its key was met before.
func (r repeats) again(e event.Event) bool {
	by := keyOf(e)
	if known(e).Key == "" {
		by = keyOf(event.Event{Topic: e.Topic}) + "\x00" + e.ID
	}
	last, met := r[by]
	if met && e.Seq <= last {
		return true
	}
	r[by] = e.Seq
	return false
}
