package kafka

import (
	"context"
	"sync"

	"github.com/IBM/sarama"

	"fxcell.dev/fxcell/event"
)

const (
	// fetchBytes is how much of a partition is asked for at a time.
	fetchBytes = 512 << 10
	// bufferBytes is how much of a partition waits to be handed out before no more is asked for.
	bufferBytes = 1 << 20
)

// claim is a partition while this process has it, between the group that fetches and the streams that are handed out, one at a time. What was fetched
// stays until it is passed: a stream that is released without having passed it leaves it to the next one.
//
// Everything that is fetched is taken at once. A reader that is behind makes the claim pause its fetching, and neither other partitions nor the
// heartbeats of the group wait for it.
type claim struct {
	cfg  Config
	mark func(offset int64) // that everything before offset is handled
	flow func(paused bool)  // of fetches
	from int64              // what is before is not the reader's

	mu      sync.Mutex
	stream  *stream  // that is handed out
	records []record // in order, from the position on
	passed  int64    // how many were passed since the claim began: the place of the first of records
	waiting int      // bytes of records that were not handed out
	paused  bool
}

// take fills the claim until the partition is given up, or ctx ends.
func (c *claim) take(ctx context.Context, fetched <-chan *sarama.ConsumerMessage) {
	for {
		select {
		case m, ok := <-fetched:
			if !ok {
				return
			}
			if m.Offset >= c.from {
				c.add(c.cfg.read(m))
			}
		case <-ctx.Done():
			return
		}
	}
}

func (c *claim) add(r record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records = append(c.records, r)
	c.waiting += r.bytes
	c.steer()
	select {
	case c.stream.woken <- struct{}{}:
	default:
	}
}

// steer pauses fetching when much waits, and resumes it when half of that is gone. The caller has the lock.
func (c *claim) steer() {
	unread := len(c.records) - int(c.stream.read-c.passed)
	switch {
	case !c.paused && (unread >= c.cfg.Groups.Buffer || c.waiting >= bufferBytes):
		c.paused = true
	case c.paused && unread <= c.cfg.Groups.Buffer/2 && c.waiting <= bufferBytes/2:
		c.paused = false
	default:
		return
	}
	c.flow(c.paused)
}

// open begins the next stream, at the position.
func (c *claim) open() *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stream = &stream{
		claim: c, read: c.passed, woken: make(chan struct{}, 1), lost: make(chan struct{}), released: make(chan struct{}),
	}
	c.waiting = 0
	for _, r := range c.records {
		c.waiting += r.bytes
	}
	c.steer()
	return c.stream
}

// serve hands the claim out again and again, until it ended. It returns the stream that somebody still has, if any.
func (c *claim) serve(ended <-chan struct{}, streams chan<- event.Stream) *stream {
	for s := c.stream; ; s = c.open() {
		select {
		case streams <- s:
		case <-ended:
			s.lose()
			return nil
		}
		select {
		case <-s.released:
		case <-ended:
			s.lose()
			return s
		}
	}
}
