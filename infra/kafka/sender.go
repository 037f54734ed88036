package kafka

import (
	"context"
	"slices"

	"github.com/IBM/sarama"

	"fxcell.dev/fxcell/event"
)

// sender is one who publishes. What failed of it is guarded by the producer's mutex.
type sender struct {
	ctx      context.Context //nolint:containedctx // a sender is as old as its context
	producer *producer
	failed   map[string]struct{} // topics and keys
}

// letter is an event on its way.
type letter struct {
	sender *sender
	key    string // topic and key; empty when it has no order
	record *sarama.Record
	size   int
	at     int
	done   func(at int, err error)
}

// results are letters that are done, to be told when no lock is held.
type results []result

type result struct {
	letter *letter
	err    error
}

func (r results) tell() {
	for _, one := range r {
		one.letter.done(one.letter.at, one.err)
	}
}

// Open implements event.Sink.
func (p *producer) Open(ctx context.Context) event.Sender {
	context.AfterFunc(ctx, p.wake)
	return &sender{ctx: ctx, producer: p, failed: map[string]struct{}{}}
}

// Send implements event.Sender.
func (s *sender) Send(events []event.Event, done func(at int, err error)) {
	letters := make([]*letter, len(events))
	faults := make([]error, len(events))
	for i, e := range events {
		letters[i] = &letter{sender: s, record: recordOf(e), at: i, done: done}
		letters[i].size = sizeOf(letters[i].record)
		if e.Key != "" {
			letters[i].key = e.Topic + "\x00" + e.Key
		}
		faults[i] = s.producer.fits(e, letters[i].size)
	}
	s.producer.post(events, letters, faults).tell()
}

// post puts letters into the queues of their partitions, and returns those that are done by that.
func (p *producer) post(events []event.Event, letters []*letter, faults []error) (done results) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.wake()
	for i, l := range letters {
		_, behind := l.sender.failed[l.key]
		switch {
		case p.closed:
			done = append(done, result{l, errNotOpen})
		case l.sender.ctx.Err() != nil:
			done = append(done, result{l, context.Cause(l.sender.ctx)})
		case behind && l.key != "":
			done = append(done, result{l, event.ErrBehind})
		case faults[i] != nil:
			l.sender.failed[l.key] = struct{}{}
			done = append(done, result{l, faults[i]})
		default:
			p.waiting++
			p.routeOf(p.cluster.cfg.Topics.Prefix + events[i].Topic).add(l)
		}
	}
	return done
}

// finish says that letters are done. The producer's mutex is held.
func (p *producer) finish(done results) results {
	if p.waiting -= len(done); p.waiting == 0 {
		signal(p.idle)
	}
	return done
}

// abandon gives up everything that waits. The producer's mutex is held, and nothing is under way.
func (p *producer) abandon(err error) (done results) {
	for _, r := range p.topics {
		for _, l := range r.unrouted {
			done = append(done, result{l, err})
		}
		r.unrouted = nil
		for _, n := range r.lanes {
			for _, l := range slices.Concat(n.batch, n.queue) {
				done = append(done, result{l, err})
			}
			n.batch, n.queue = nil, nil
		}
	}
	return p.finish(done)
}
