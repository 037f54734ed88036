package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
)

// producer publishes events: idempotent, with the acknowledgement of all replicas that are in step. Each partition has one batch on its way at most,
// and what fails is tried again before anything later of its partition is sent: nothing overtakes, and nothing is left out. (The driver's own producer
// goes on with later messages of a partition when one was refused.)
type producer struct {
	cluster *cluster
	cfg     ProducerConfig
	limit   int // bytes of a batch
	timeout time.Duration
	logger  *zap.Logger
	woken   chan struct{}
	stopped chan struct{} // closed when no more is sent

	mu        sync.Mutex
	client    sarama.Client
	topics    map[string]*route // by the brokers' name
	busy      map[int32]bool    // brokers that a request is under way to
	loading   bool              // routes are being looked up
	loadAfter time.Time
	loadFails int
	held      *holdUp // since when nothing goes on, and why
	waiting   int     // letters that are not done
	idle      chan struct{}
	closed    bool
	rounds    sync.WaitGroup
}

var _ event.Sink = (*producer)(nil)

func newSink(c *cluster) *producer {
	return &producer{
		cluster: c, cfg: c.cfg.Producer, limit: c.cfg.Producer.MaxMessageBytes, timeout: c.cfg.RequestTimeout, logger: c.logger,
		woken: make(chan struct{}, 1), stopped: make(chan struct{}), idle: make(chan struct{}, 1),
		topics: map[string]*route{}, busy: map[int32]bool{}, closed: true,
	}
}

// Durability is Persistent: what is acknowledged is with the brokers.
func (*producer) Durability() durability.Grade { return durability.Persistent }

// Fits implements event.Sink.
func (p *producer) Fits(e event.Event) error { return p.fits(e, sizeOf(recordOf(e))) }

func (p *producer) fits(e event.Event, size int) error {
	name, err := p.cluster.cfg.topicName(e.Topic)
	if err != nil {
		return event.Permanent(err)
	}
	size += batchOverhead
	if limit := min(p.limit, p.cluster.limitOf(name)); size > limit {
		return event.Permanent(fmt.Errorf("kafka: an event of %s has %d bytes with its headers, at most %d fit into topic %s", e.Contract, size, limit, name))
	}
	return nil
}

// open makes the producer's own connections.
func (p *producer) open(context.Context) error {
	client, err := p.cluster.newClient(func(c *sarama.Config) {
		c.Net.MaxOpenRequests = 1
		c.Metadata.Retry.Max = 0 // the producer tries again itself, and waits for nobody meanwhile
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.client, p.closed = client, false
	p.rounds.Go(p.run)
	return nil
}

// close waits until everything that was handed over is acknowledged, or ctx ends, and ends what open began.
func (p *producer) close(ctx context.Context) error {
	left := p.drain(ctx)
	p.mu.Lock()
	client := p.client
	wasClosed := p.closed
	p.closed = true
	p.mu.Unlock()
	if client == nil || wasClosed {
		return nil
	}
	close(p.stopped)
	err := client.Close() // ends the requests that are under way
	p.rounds.Wait()
	p.mu.Lock()
	done := p.abandon(errNotOpen)
	p.mu.Unlock()
	done.tell()
	if left > 0 {
		err = errors.Join(fmt.Errorf("%d events were not acknowledged: %w", left, context.Cause(ctx)), err)
	}
	if err != nil {
		return fmt.Errorf("kafka: close the producer on %v: %w", p.cluster, err)
	}
	return nil
}

// drain returns how many events are not done when ctx ends.
func (p *producer) drain(ctx context.Context) int {
	for {
		p.mu.Lock()
		left := p.waiting
		p.mu.Unlock()
		if left == 0 {
			return 0
		}
		select {
		case <-p.idle:
		case <-ctx.Done():
			return left
		}
	}
}

func (p *producer) wake() { signal(p.woken) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
