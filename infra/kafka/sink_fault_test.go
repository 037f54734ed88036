package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"fxcell.dev/fxcell/event"
)

// batchesOf returns events of so many keys, in batches that take turns with the keys.
func batchesOf(batches, size, keys int) [][]event.Event {
	all := make([][]event.Event, batches)
	for n := range batches * size {
		all[n/size] = append(all[n/size], event.Event{
			ID: fmt.Sprint(n), Seq: int64(n + 1), Contract: "event.a.v1", Topic: "suite", Key: fmt.Sprint("k", n%keys), Payload: []byte(`{"order":"order-17","amount":1200}`),
		})
	}
	return all
}

// publish sends batches by one sender, and waits until all is kept, or fails the test.
func publish(tb testing.TB, s event.Sink, batches [][]event.Event) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	sender := s.Open(ctx)
	var left sync.WaitGroup
	for _, b := range batches {
		left.Add(len(b))
		sender.Send(b, func(at int, err error) {
			if err != nil {
				tb.Errorf("event %s = %v, want it kept", b[at].ID, err)
			}
			left.Done()
		})
	}
	left.Wait()
}

// keptOnce fails unless the brokers keep every event once, those of a key in order.
func (r *sinkRig) keptOnce(tb testing.TB, batches [][]event.Event) {
	tb.Helper()
	kept, err := r.read(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	ids := func(events []event.Event) map[string][]string {
		out := map[string][]string{}
		for _, e := range events {
			out[e.Key] = append(out[e.Key], e.ID)
		}
		return out
	}
	want, got := ids(slices.Concat(batches...)), ids(kept)
	for key := range want {
		if !slices.Equal(got[key], want[key]) {
			tb.Errorf("key %s: kept %q, want %q", key, got[key], want[key])
		}
	}
}

func TestWhateverBrokersAnswerEveryEventIsKeptOnceInOrder(t *testing.T) {
	t.Parallel()
	for _, answer := range []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.LeaderNotAvailable, kerr.UnknownTopicOrPartition, kerr.NotEnoughReplicas,
		kerr.NotEnoughReplicasAfterAppend, // which keeps the batch
		kerr.RequestTimedOut,              // which keeps it too
		kerr.KafkaStorageError, kerr.CorruptMessage, kerr.NetworkException, kerr.UnknownServerError,
		kerr.TopicAuthorizationFailed, kerr.ClusterAuthorizationFailed, // somebody may grant them
		kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID, kerr.InvalidProducerEpoch, kerr.InvalidProducerIDMapping,
	} {
		t.Run(answer.Message, func(t *testing.T) {
			t.Parallel()
			r := newSinkRig(t, fakeBrokers(t, 2))
			fault := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "suite", Err: answer, Count: 4})
			batches := batchesOf(6, 50, 7)
			publish(t, r.producer, batches)
			r.keptOnce(t, batches)
			if fault.Hits() == 0 {
				t.Error("the brokers never answered that")
			}
		})
	}
}

func TestEventsAreKeptOnceWhileLeadersMoveAndConnectionsAreCut(t *testing.T) {
	t.Parallel()
	r := newSinkRig(t, fakeBrokers(t, 3))
	requests := 0
	r.fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		r.fake.KeepControl()
		requests++
		return nil, errors.New("cut"), requests%5 == 0
	})
	moved := make(chan struct{})
	go func() {
		defer close(moved)
		for range 10 {
			<-time.After(10 * time.Millisecond)
			r.fake.ShufflePartitionLeaders()
		}
	}()
	batches := batchesOf(40, 20, 11)
	for _, b := range batches {
		publish(t, r.producer, [][]event.Event{b})
	}
	<-moved
	r.keptOnce(t, batches)
}

// A batch may be acknowledged although its answer is lost: sent again under the same number, it is kept once.
func TestALostAnswerKeepsNothingTwice(t *testing.T) {
	t.Parallel()
	r := newSinkRig(t, fakeBrokers(t, 1))
	// The fake keeps what it answers with a timeout: to the producer that is an answer that it did not get.
	r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "suite", Err: kerr.RequestTimedOut, Count: 10})
	batches := batchesOf(3, 30, 3)
	publish(t, r.producer, batches)
	r.keptOnce(t, batches)
}

func TestATopicOfNoContractIsMadeWhenItIsPublishedTo(t *testing.T) {
	t.Parallel()
	r := newSinkRig(t, fakeBrokers(t, 2))
	e := event.Event{ID: "1", Contract: "event.b.v1", Topic: "another", Key: "k"}
	publish(t, r.producer, [][]event.Event{{e}})
	if got := len(r.fake.PartitionInfos("another")); got != 3 {
		t.Errorf("the topic has %d partitions, want 3 as declared", got)
	}
}

func TestATopicThatTakesLessIsKnownToDoSo(t *testing.T) {
	t.Parallel()
	f := fakeBrokers(t, 1)
	if err := f.CreateTopic("suite", 3, map[string]string{"max.message.bytes": "2000"}); err != nil {
		t.Fatal(err)
	}
	r := newSinkRig(t, f)
	if err := r.Fits(event.Event{ID: "1", Contract: "event.a.v1", Topic: "suite", Payload: make([]byte, 1000)}); err != nil {
		t.Errorf("Fits = %v", err)
	}
	if err := r.Fits(event.Event{ID: "1", Contract: "event.a.v1", Topic: "suite", Payload: make([]byte, 3000)}); !event.IsPermanent(err) {
		t.Errorf("Fits = %v of more than the topic takes, want a permanent error", err)
	}
}

func TestCloseWaitsForEveryAcknowledgement(t *testing.T) {
	t.Parallel()
	f := fakeBrokers(t, 1)
	r := newSinkRig(t, f)
	slow(f, 20*time.Millisecond)
	batches := batchesOf(10, 100, 3)
	var mu sync.Mutex
	kept := 0
	sender := r.Open(t.Context())
	for _, b := range batches {
		sender.Send(b, func(_ int, err error) {
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				kept++
			}
		})
	}
	if err := r.close(t.Context()); err != nil {
		t.Errorf("close = %v", err)
	}
	if kept != 1000 {
		t.Errorf("%d events were acknowledged when close returned, want all 1000", kept)
	}
	var refused error
	sender.Send(batches[0][:1], func(_ int, err error) { refused = err })
	if !errors.Is(refused, errNotOpen) {
		t.Errorf("Send after close = %v, want errNotOpen", refused)
	}
}

// slow makes brokers answer after a while.
func slow(f *kfake.Cluster, after time.Duration) {
	f.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		f.SleepControl(func() { <-time.After(after) })
		return nil, nil, false
	})
}

func TestTheCheckTellsWhyNothingIsKept(t *testing.T) {
	t.Parallel()
	r := newSinkRig(t, fakeBrokers(t, 1))
	if err := r.check().Probe(t.Context()); err != nil {
		t.Errorf("check = %v before anything was sent", err)
	}
	fault := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "suite", Err: kerr.NotEnoughReplicas, Count: -1})
	told := make(chan error, 1)
	r.Open(t.Context()).Send(batchesOf(1, 1, 1)[0], func(_ int, err error) { told <- err })
	err := r.check().Probe(t.Context())
	for end := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(end); err = r.check().Probe(t.Context()) {
		<-time.After(time.Millisecond)
	}
	if err == nil {
		t.Error("check = nil while brokers lack replicas")
	}
	fault.Remove()
	if err := <-told; err != nil {
		t.Errorf("the event = %v when there are enough again", err)
	}
	if err := r.check().Probe(t.Context()); err != nil {
		t.Errorf("check = %v when there are enough again", err)
	}
}
