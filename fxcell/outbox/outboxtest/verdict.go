package outboxtest

import (
	"cmp"

	"fxcell.dev/fxcell/event"
)

// keep notes what an owner of the reader handled, and ends the reader after the last event.
func (c *chaos) keep(name string, events []event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handled[name] = append(c.handled[name], events...)
	c.endIfComplete(name)
}

// noMore says that nothing more is written.
func (c *chaos) noMore() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = true
	for name := range c.ended {
		c.endIfComplete(name)
	}
}

func (c *chaos) endIfComplete(name string) {
	if c.done && len(c.handled[name]) >= len(c.written) {
		c.ended[name]()
	}
}

func (c *chaos) count(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.handled[name])
}

// check holds what a reader's owners handled against what was committed.
func (c *chaos) check(name string) {
	c.Helper()
	seen := map[string]bool{}
	lastSeq := map[string]int64{}
	last := map[[2]any]place{}
	for _, e := range c.handled[name] {
		p, known := c.written[e.ID]
		switch {
		case !known:
			c.Errorf("reader %s handled %s, which was not committed", name, e.ID)
			continue
		case seen[e.ID]:
			c.Errorf("reader %s handled %s twice", name, e.ID)
			continue
		}
		seen[e.ID] = true
		if e.Seq <= lastSeq[p.key] {
			c.Errorf("reader %s: %s has Seq %d after %d of the same key", name, e.ID, e.Seq, lastSeq[p.key])
		}
		lastSeq[p.key] = e.Seq
		of := [2]any{p.writer, p.key}
		if before, any := last[of]; any && cmp.Or(cmp.Compare(before.round, p.round), cmp.Compare(before.at, p.at)) > 0 {
			c.Errorf("reader %s handled %s after %s of the same writer and key", name, e.ID, before.id())
		}
		last[of] = p
	}
	for id := range c.written {
		if !seen[id] {
			c.Errorf("reader %s never handled %s", name, id)
		}
	}
}
