package kafka

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
)

// member takes part in the group of a reader.
type member struct {
	cfg     Config
	name    string // of the group
	topics  []string
	ends    map[string]map[int32]int64 // where partitions begin that the group has no position of, by topic; the oldest event else
	client  sarama.Client
	dialer  *dialer
	group   sarama.ConsumerGroup
	streams chan event.Stream
	logger  *zap.Logger

	claims atomic.Int64 // that are not given up
}

var _ sarama.ConsumerGroupHandler = (*member)(nil)

// The pauses between two tries to join double from the first to the last.
const firstRejoin, lastRejoin = 100 * time.Millisecond, 5 * time.Second

// run is a member of the group until ctx ends, whatever becomes of the brokers.
func (m *member) run(ctx context.Context) {
	defer close(m.streams)
	ended := make(chan struct{})
	defer close(ended)
	go m.hurry(ctx, ended)
	complained := make(chan struct{})
	go func() {
		defer close(complained)
		m.complain()
	}()
	for tries := 0; ctx.Err() == nil; tries++ {
		began := time.Now()
		err := m.group.Consume(ctx, m.topics, m)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > lastRejoin {
			tries = 0
		}
		m.logger.Warn("membership in the group has ended: it is joined again", zap.String("group", m.name), zap.Error(err))
		wait(ctx, rand.N(min(firstRejoin<<min(tries, 10), lastRejoin))) //nolint:gosec // jitter is no secret
	}
	if err := m.group.Close(); err != nil {
		m.logger.Warn("group could not be left: its partitions go to others when the session has ended", zap.String("group", m.name), zap.Error(err))
	}
	<-complained
	if err := m.client.Close(); err != nil && !errors.Is(err, sarama.ErrClosedClient) {
		m.logger.Warn("connections of a group could not be closed", zap.String("group", m.name), zap.Error(err))
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// leaveTimeout is how long brokers may take to answer a member that leaves.
const leaveTimeout = 3 * time.Second

// hurry cuts the connections when a member that is to end waits for brokers that do not answer, or for others that join.
func (m *member) hurry(ctx context.Context, ended <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-ended:
		return
	}
	timer := time.NewTimer(leaveTimeout)
	defer timer.Stop()
	for until := time.Now().Add(m.cfg.Groups.grace()); ; timer.Reset(leaveTimeout) {
		select {
		case <-timer.C:
		case <-ended:
			return
		}
		if m.claims.Load() == 0 || time.Now().After(until) { // else streams are being given up, and their positions stored
			m.dialer.cut()
			_ = m.client.Close() // nothing is asked again: the one who waits reports what became of it
			return
		}
	}
}

// Setup implements sarama.ConsumerGroupHandler.
func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.logger.Info("group joined", zap.String("group", m.name), zap.String("member", session.MemberID()))
	return nil
}

// Cleanup implements sarama.ConsumerGroupHandler: every claim has ended, and what they marked is stored.
func (*member) Cleanup(session sarama.ConsumerGroupSession) error {
	session.Commit()
	return nil
}

// ConsumeClaim implements sarama.ConsumerGroupHandler: it hands out a partition as streams until the partition is to be given up, and returns when
// nobody works on them any more, or would hold up the group.
func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, from sarama.ConsumerGroupClaim) error {
	m.claims.Add(1)
	defer m.claims.Add(-1)
	c := m.claim(session, from)
	defer m.flow(from, false) // the next claim of the partition, when there is one, begins anew
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.take(session.Context(), from.Messages())
	}()
	lost := c.serve(ended, m.streams)
	if lost == nil {
		return nil
	}
	timer := time.NewTimer(m.cfg.Groups.grace())
	defer timer.Stop()
	select {
	case <-lost.released:
	case <-timer.C:
		m.logger.Warn("partition given up though its events are still being handled: the inbox tells them from the next owner's",
			zap.String("topic", from.Topic()), zap.Int32("partition", from.Partition()))
	}
	return nil
}

func (m *member) claim(session sarama.ConsumerGroupSession, from sarama.ConsumerGroupClaim) *claim {
	mark := func(offset int64) { session.MarkOffset(from.Topic(), from.Partition(), offset, "") }
	c := &claim{cfg: m.cfg, mark: mark, flow: func(paused bool) { m.flow(from, paused) }}
	if end, late := m.ends[from.Topic()][from.Partition()]; late && from.InitialOffset() < 0 {
		c.from = end
		mark(end)
	}
	c.open()
	return c
}

func (m *member) flow(of sarama.ConsumerGroupClaim, paused bool) {
	which := map[string][]int32{of.Topic(): {of.Partition()}}
	if paused {
		m.group.Pause(which)
	} else {
		m.group.Resume(which)
	}
}

// complain tells what goes wrong beside the group's own sessions, until the group is closed. Of many faults it tells one in a while.
func (m *member) complain() {
	var told time.Time
	more := 0
	for err := range m.group.Errors() {
		if more++; time.Since(told) < lastRejoin {
			continue
		}
		m.logger.Warn("events are not read, or positions not stored", zap.String("group", m.name), zap.Int("faults", more), zap.Error(err))
		told, more = time.Now(), 0
	}
}
