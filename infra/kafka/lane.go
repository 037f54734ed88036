package kafka

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/IBM/sarama"

	"fxcell.dev/fxcell/event"
)

// route is the way to a topic. The producer's mutex guards it and its lanes.
type route struct {
	name     string
	lanes    []*lane // one for each partition; none while those are unknown
	unrouted []*letter
	stale    bool // leaders are to be looked up
	hash     sarama.Partitioner
}

// lane is the way to a partition: what waits in order, and the batch that goes first.
type lane struct {
	route     *route
	partition int32
	leader    *sarama.Broker // nil while it is unknown

	queue    []*letter
	batch    []*letter // what was sent and is not done: it is sent again as it was
	underway bool
	most     int // letters of a batch, while one is looked for that is refused; 0 for any number

	as       *identity // nil: to be asked for
	sequence int32     // of the batch
	fails    int
	again    time.Time // not before
}

// identity is what a broker knows a producer by, to tell what it was sent twice.
type identity struct {
	id    int64
	epoch int16
}

func (p *producer) routeOf(name string) *route {
	r, known := p.topics[name]
	if !known {
		r = &route{name: name, stale: true, hash: sarama.NewMurmur2Partitioner(name)}
		p.topics[name] = r
	}
	return r
}

// add puts a letter into the queue of its partition.
func (r *route) add(l *letter) {
	if len(r.lanes) == 0 {
		r.unrouted = append(r.unrouted, l)
		return
	}
	m := &sarama.ProducerMessage{}
	if l.record.Key != nil {
		m.Key = sarama.ByteEncoder(l.record.Key)
	}
	n, _ := r.hash.Partition(m, int32(len(r.lanes))) // fails only with an encoder that does
	r.lanes[n].queue = append(r.lanes[n].queue, l)
}

// widen makes the lanes of a topic. Their number stays for the life of the producer: a key would move otherwise while its events are on their way.
func (r *route) widen(partitions int) {
	for i := range partitions {
		r.lanes = append(r.lanes, &lane{route: r, partition: int32(i)})
	}
	for _, l := range r.unrouted {
		r.add(l)
	}
	r.unrouted = nil
}

// prune drops the letters of senders that have ended. What was tried of them may be kept or not: what follows is sent under another identity.
func (n *lane) prune() (done results) {
	if n.underway {
		return nil
	}
	keep := func(letters []*letter) []*letter {
		kept := letters[:0:0]
		for _, l := range letters {
			if l.sender.ctx.Err() == nil {
				kept = append(kept, l)
			} else {
				done = append(done, result{l, context.Cause(l.sender.ctx)})
			}
		}
		return kept
	}
	if kept := keep(n.batch); len(kept) < len(n.batch) {
		n.queue, n.batch, n.as = slices.Concat(kept, n.queue), nil, nil
	}
	if kept := keep(n.queue); len(kept) < len(n.queue) {
		n.queue = kept
	}
	return done
}

// load fills the batch from the queue.
func (n *lane) load(limit int) {
	if len(n.batch) > 0 {
		return
	}
	most := n.most
	if most == 0 {
		most = math.MaxInt16
	}
	size, count := batchOverhead, 0
	for count < len(n.queue) && count < most && (count == 0 || size+n.queue[count].size <= limit) {
		size += n.queue[count].size
		count++
	}
	n.batch, n.queue = n.queue[:count:count], n.queue[count:]
	if int(n.sequence)+count > math.MaxInt32 {
		n.as = nil
	}
}

// pass says that the batch is kept.
func (n *lane) pass() (done results) {
	for _, l := range n.batch {
		done = append(done, result{l, nil})
	}
	n.sequence += int32(len(n.batch))
	n.batch, n.most, n.fails, n.again = nil, 0, 0, time.Time{}
	return done
}

// postpone says that the batch is to be tried again.
func (n *lane) postpone(from time.Duration) {
	n.fails++
	n.again = time.Now().Add(pause(from, n.fails))
	n.route.stale = true
}

// refuse says that some letters of the batch will never be kept, and that so the later ones of their keys are not either, of the same sender.
func (n *lane) refuse(refused map[int]struct{}, err error) (done results) {
	rest := slices.Concat(n.batch, n.queue)
	n.batch, n.queue, n.most, n.fails = nil, nil, 0, 0
	for i, l := range rest {
		_, never := refused[i]
		_, behind := l.sender.failed[l.key]
		switch {
		case behind && l.key != "":
			done = append(done, result{l, event.ErrBehind})
		case never:
			l.sender.failed[l.key] = struct{}{}
			done = append(done, result{l, event.Permanent(err)})
		default:
			n.queue = append(n.queue, l)
		}
	}
	return done
}

// maxPause bounds the pause between two tries.
const maxPause = 5 * time.Second

// pause returns how long to wait after the n-th failure: about from, doubled with each failure. Chance spreads those who failed together.
func pause(from time.Duration, n int) time.Duration {
	upTo := min(from, maxPause)
	for ; n > 1 && upTo < maxPause; n-- {
		upTo = min(2*upTo, maxPause)
	}
	return upTo/2 + rand.N(upTo/2+1) //nolint:gosec // jitter is no secret
}
