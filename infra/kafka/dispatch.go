package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

// mostBytes bounds a request: brokers accept 100 MB.
const mostBytes = 32 << 20

// run sends what waits until the producer is stopped.
func (p *producer) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.woken:
		case <-timer.C:
		case <-p.stopped:
			return
		}
		p.mu.Lock()
		next, done := p.dispatch(time.Now())
		p.mu.Unlock()
		done.tell()
		timer.Reset(next)
	}
}

// dispatch begins a request to each broker that has none under way and leads a partition whose turn it is. It returns when to look again, if
// nothing happens before. The mutex is held.
func (p *producer) dispatch(now time.Time) (next time.Duration, done results) {
	next = time.Minute
	requests := map[int32]*round{}
	load := false
	for _, r := range p.topics {
		load = load || r.stale || len(r.unrouted) > 0
		for _, n := range r.lanes {
			done = append(done, n.prune()...)
			if n.underway || len(n.batch)+len(n.queue) == 0 {
				continue
			}
			if wait := n.again.Sub(now); wait > 0 {
				next = min(next, wait)
				continue
			}
			if n.leader == nil {
				load, r.stale = true, true
				continue
			}
			if id := n.leader.ID(); !p.busy[id] {
				if requests[id] == nil {
					requests[id] = &round{producer: p, leader: n.leader}
				}
				requests[id].add(n)
			}
		}
	}
	for _, r := range p.topics {
		kept := r.unrouted[:0:0]
		for _, l := range r.unrouted {
			if l.sender.ctx.Err() == nil {
				kept = append(kept, l)
			} else {
				done = append(done, result{l, context.Cause(l.sender.ctx)})
			}
		}
		r.unrouted = kept
	}
	for id, r := range requests {
		p.busy[id] = true
		p.rounds.Go(r.run)
	}
	if load && !p.loading {
		if wait := p.loadAfter.Sub(now); wait > 0 {
			next = min(next, wait)
		} else {
			p.loading = true
			p.rounds.Go(p.load)
		}
	}
	return next, p.finish(done)
}

// load looks up the leaders of the topics whose ways are stale.
func (p *producer) load() {
	p.mu.Lock()
	var names []string
	for name, r := range p.topics {
		if r.stale || len(r.lanes) == 0 {
			names = append(names, name)
		}
	}
	p.mu.Unlock()
	err := p.client.RefreshMetadata(names...)
	fault := err
	for _, name := range names {
		if err := p.loadTopic(name); err != nil {
			fault = fmt.Errorf("topic %s: %w", name, err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loading = false
	if fault != nil {
		p.loadFails++
		p.loadAfter = time.Now().Add(pause(p.cfg.Backoff, p.loadFails))
		p.holdUp(fault)
	} else {
		p.loadFails, p.loadAfter = 0, time.Time{}
	}
	p.wake()
}

func (p *producer) loadTopic(name string) error {
	partitions, err := p.client.Partitions(name)
	if err != nil {
		if missing := p.cluster.ensureTopics(context.Background(), []string{p.cluster.cfg.topicOf(name)}); missing != nil {
			return missing
		}
		return err
	}
	leaders := make([]*sarama.Broker, len(partitions))
	for i, partition := range partitions {
		if leaders[i], err = p.client.Leader(name, partition); err != nil {
			leaders[i] = nil
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.topics[name]
	if len(r.lanes) == 0 {
		r.widen(len(partitions))
	}
	for i, n := range r.lanes {
		if i < len(leaders) {
			n.leader = leaders[i]
		}
	}
	r.stale = err != nil
	return err
}
