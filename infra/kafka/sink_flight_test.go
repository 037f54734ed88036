package kafka

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"fxcell.dev/fxcell/event"
)

// one sends an event of the key k, and returns where its fate is told.
func (r *sinkRig) one(ctx context.Context, id string) <-chan error {
	told := make(chan error, 1)
	r.Open(ctx).Send([]event.Event{{ID: id, Contract: "event.a.v1", Topic: "suite", Key: "k"}}, func(_ int, err error) { told <- err })
	return told
}

// A batch that was tried and given up may be kept: what follows must not be taken for it by its number.
func TestWhatFollowsABatchThatWasGivenUpIsKept(t *testing.T) {
	t.Parallel()
	r := newSinkRig(t, fakeBrokers(t, 1), func(c *Config) { c.Producer.Backoff = 200 * time.Millisecond })
	r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "suite", Err: kerr.RequestTimedOut, Count: 1}) // which keeps the batch
	ctx, giveUp := context.WithCancel(t.Context())
	first := r.one(ctx, "first")
	for r.trouble() == nil {
		<-time.After(time.Millisecond)
	}
	giveUp()
	if err := <-first; err == nil {
		t.Fatal("the first is kept, want it given up between two tries")
	}
	if err := <-r.one(t.Context(), "second"); err != nil {
		t.Fatalf("second = %v, want it kept", err)
	}
	kept, err := r.read(t.Context())
	if err != nil || len(kept) != 2 || kept[1].ID != "second" {
		t.Errorf("the brokers keep %v, %v, want the second after the first", kept, err)
	}
}

// While the leader of a partition is asked, nobody else is asked the same: also when the leader has changed meanwhile.
func TestABatchIsOnItsWayOnceThoughItsLeaderChanges(t *testing.T) {
	t.Parallel()
	r := newSinkRig(t, fakeBrokers(t, 2))
	var asked atomic.Int64
	answer := make(chan struct{})
	r.fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		r.fake.KeepControl()
		if asked.Add(1) == 1 {
			r.fake.SleepControl(func() { <-answer })
		}
		return nil, nil, false
	})
	told := r.one(t.Context(), "first")
	for asked.Load() == 0 {
		<-time.After(time.Millisecond)
	}
	r.mu.Lock()
	for _, n := range r.topics["suite"].lanes {
		for _, b := range r.client.Brokers() {
			if n.underway && b.ID() != n.leader.ID() {
				_ = b.Open(r.client.Config())
				n.leader = b
				break
			}
		}
	}
	r.mu.Unlock()
	r.wake()
	<-time.After(300 * time.Millisecond)
	if n := asked.Load(); n != 1 {
		t.Errorf("%d requests with it are under way, want one", n)
	}
	close(answer)
	if err := <-told; err != nil {
		t.Errorf("first = %v", err)
	}
}

// A round asks for the acknowledgement of all replicas that are in step: less would be lost with the leader.
func TestEveryReplicaInStepIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := newSinkRig(t, fakeBrokers(t, 1))
	var acks atomic.Int64
	r.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		r.fake.KeepControl()
		acks.Store(int64(req.(*kmsg.ProduceRequest).Acks)) //nolint:forcetypeassert // the key says so
		return nil, nil, false
	})
	if err := <-r.one(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	if got := acks.Load(); got != int64(sarama.WaitForAll) {
		t.Errorf("acks = %d, want those of all", got)
	}
}
