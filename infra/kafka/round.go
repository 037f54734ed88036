package kafka

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/IBM/sarama"
	"go.uber.org/zap"
)

// round is one request to a broker: a batch for each of the partitions that it leads and that have something to send.
type round struct {
	producer *producer
	leader   *sarama.Broker
	lanes    []*lane
	size     int
}

// add takes the batch of a lane along, where it has room. The producer's mutex is held.
func (r *round) add(n *lane) {
	if r.size > mostBytes {
		return
	}
	n.load(min(r.producer.limit, r.producer.cluster.limitOf(n.route.name)))
	for _, l := range n.batch {
		r.size += l.size
	}
	n.underway = true
	r.lanes = append(r.lanes, n)
}

// run sends the batches, waits for the answer and does what it says.
func (r *round) run() {
	p := r.producer
	answer, err := r.send()
	if err != nil {
		_ = r.leader.Close() // who looks up the leader next connects again
	}
	p.mu.Lock()
	var done results
	for _, n := range r.lanes {
		n.underway = false
		done = append(done, p.settle(n, answer, err)...)
	}
	delete(p.busy, r.leader.ID())
	done = p.finish(done)
	p.mu.Unlock()
	done.tell()
	p.wake()
}

func (r *round) send() (*sarama.ProduceResponse, error) {
	if err := r.identify(); err != nil {
		return nil, err
	}
	p := r.producer
	req := &sarama.ProduceRequest{RequiredAcks: sarama.WaitForAll, Timeout: int32(p.timeout.Milliseconds() / 2), Version: 10}
	for _, n := range r.lanes { // underway: nobody else touches their batches
		req.AddBatch(n.route.name, n.partition, batchOf(n.batch, *n.as, n.sequence, codecs[p.cfg.Compression]))
	}
	return r.leader.Produce(req)
}

// identify asks for an identity where a lane has none.
func (r *round) identify() error {
	var as *identity
	for _, n := range r.lanes {
		if n.as != nil {
			continue
		}
		if as == nil {
			res, err := r.leader.InitProducerID(&sarama.InitProducerIDRequest{Version: 4, ProducerID: -1, ProducerEpoch: -1})
			if err == nil && !errors.Is(res.Err, sarama.ErrNoError) {
				err = res.Err
			}
			if err != nil {
				return fmt.Errorf("ask for a producer id: %w", err)
			}
			as = &identity{res.ProducerID, res.ProducerEpoch}
		}
		n.as, n.sequence = as, 0
	}
	return nil
}

// settle does with a lane's batch what the answer to it says. The mutex is held.
func (p *producer) settle(n *lane, answer *sarama.ProduceResponse, err error) (done results) {
	var block *sarama.ProduceResponseBlock
	if err == nil {
		if block = answer.GetBlock(n.route.name, n.partition); block == nil {
			err = sarama.ErrIncompleteResponse
		} else if !errors.Is(block.Err, sarama.ErrNoError) {
			err = block.Err
		}
	}
	switch verdictOf(err) {
	case kept:
		done = n.pass()
		p.goOn()
		return done
	case refused:
		return p.isolate(n, block, err)
	case forgotten:
		n.as = nil
	case transient:
	}
	n.postpone(p.cfg.Backoff)
	p.holdUp(fmt.Errorf("topic %s, partition %d: %w", n.route.name, n.partition, err))
	return nil
}

// isolate finds out which letters of a refused batch are meant, and gives them up.
func (p *producer) isolate(n *lane, block *sarama.ProduceResponseBlock, err error) results {
	meant := map[int]struct{}{}
	for _, one := range block.RecordErrors {
		if i := int(one.BatchIndex); i >= 0 && i < len(n.batch) {
			meant[i] = struct{}{}
		}
	}
	if len(n.batch) == 1 {
		meant[0] = struct{}{}
	}
	if len(meant) > 0 {
		return n.refuse(meant, fmt.Errorf("kafka: topic %s, partition %d: %w", n.route.name, n.partition, err))
	}
	n.most = max(len(n.batch)/2, 1)
	n.batch, n.queue = nil, slices.Concat(n.batch, n.queue)
	return nil
}

// holdUp is the time in which publishing does not go on.
type holdUp struct {
	since time.Time
	cause error
}

func (p *producer) holdUp(cause error) {
	if p.held == nil {
		p.held = &holdUp{since: time.Now()}
		p.logger.Warn("publishing is held up", zap.Error(cause))
	}
	p.held.cause = cause
}

// goOn says that a batch is kept: the hold-up is over when no other partition waits for another try.
func (p *producer) goOn() {
	if p.held == nil || p.loadFails > 0 {
		return
	}
	for _, r := range p.topics {
		if slices.ContainsFunc(r.lanes, func(n *lane) bool { return n.fails > 0 && len(n.batch)+len(n.queue) > 0 }) {
			return
		}
	}
	p.logger.Info("publishing goes on", zap.Duration("after", time.Since(p.held.since)))
	p.held = nil
}

// trouble returns why publishing does not go on, nil when it does.
func (p *producer) trouble() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil || p.waiting == 0 {
		return nil
	}
	return fmt.Errorf("kafka: %d events wait to be published, for %v: %w", p.waiting, time.Since(p.held.since).Round(time.Millisecond), p.held.cause)
}
