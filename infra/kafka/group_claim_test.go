package kafka

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/IBM/sarama"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
)

// quietGroup is a group of which nothing is asked but to pause.
type quietGroup struct{ sarama.ConsumerGroup }

func (quietGroup) Pause(map[string][]int32)  {}
func (quietGroup) Resume(map[string][]int32) {}

// session is one of a group whose calls are counted.
type session struct {
	sarama.ConsumerGroupSession

	ctx     context.Context //nolint:containedctx // as the driver's
	marked  int64
	commits int
}

func (s *session) Context() context.Context                         { return s.ctx }
func (s *session) MarkOffset(_ string, _ int32, at int64, _ string) { s.marked = at }
func (s *session) Commit()                                          { s.commits++ }

// onePartition is a partition of a session.
type onePartition struct {
	sarama.ConsumerGroupClaim

	messages chan *sarama.ConsumerMessage
}

func (onePartition) Topic() string                              { return "suite" }
func (onePartition) Partition() int32                           { return 1 }
func (onePartition) InitialOffset() int64                       { return 0 }
func (p onePartition) Messages() <-chan *sarama.ConsumerMessage { return p.messages }

// The next owner of a partition begins when the last one has let go, or the group would leave him out.
func TestPartitionIsGivenUpWhenItsStreamIsReleased(t *testing.T) {
	t.Parallel()
	for name, releases := range map[string]bool{"released": true, "never released": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := Config{}.WithDefaults()
				m := &member{cfg: cfg, group: quietGroup{}, streams: make(chan event.Stream), logger: zap.NewNop()}
				ctx, revoke := context.WithCancel(t.Context())
				s := &session{ctx: ctx}
				given := make(chan time.Duration, 1)
				go func() {
					_ = m.ConsumeClaim(s, onePartition{messages: make(chan *sarama.ConsumerMessage)})
					given <- 0
				}()
				stream := <-m.streams
				began := time.Now()
				revoke()
				<-time.After(cfg.Groups.grace() - time.Millisecond)
				synctest.Wait()
				if len(given) != 0 {
					t.Error("the partition is given up while somebody works on it")
				}
				if releases {
					_ = stream.Release(t.Context())
				}
				<-given
				if took := time.Since(began); took > cfg.Groups.grace() {
					t.Errorf("given up after %v, want the grace at most", took)
				}
				if err := m.Cleanup(s); err != nil || s.commits != 1 {
					t.Errorf("Cleanup = %v with %d commits, want the positions stored", err, s.commits)
				}
			})
		})
	}
}
