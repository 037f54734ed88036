package eventtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

// SinkSubject is a sink under test. Each test gets one that has kept nothing.
type SinkSubject struct {
	Sink event.Sink
	// Read returns what the sink has kept of the topic "suite" so far, events of a key in the order in which they are kept.
	Read func(ctx context.Context) ([]event.Event, error)
	// Misfit is an event that the sink never takes, and knows it.
	Misfit event.Event
	// Refuse makes the server behind the sink refuse the events with the ID for good, which the sink learns only by sending them. The test is skipped
	// when nil.
	Refuse func(id string)
	// Away makes the server behind the sink go, or come back. The test is skipped when nil.
	Away func(away bool)
}

// RunSink holds what open returns against every promise of event.Sink, a new subject for each, in parallel.
func RunSink(t *testing.T, open func(t *testing.T) SinkSubject, f Features) {
	t.Helper()
	w := promise.Waits{Bubble: f.Bubble, Patience: f.Patience, Quiet: f.Quiet}
	promise.Run(t, w, sinkCases(), func(t *testing.T, report *promise.T) *sinkKit {
		t.Helper()
		return &sinkKit{report, open(t)}
	})
}

type sinkKit struct {
	*promise.T
	SinkSubject
}

func sinkCases() []promise.Case[*sinkKit] {
	return []promise.Case[*sinkKit]{
		{Name: "the sink says what it keeps", Keep: func(k *sinkKit) { statesItsGrade(k.T, k.Sink) }},
		{Name: "events are kept as they were handed over", Keep: keptAsHandedOver},
		{Name: "events are kept once, in the order of their keys", Keep: keptInOrder},
		{Name: "what is said to be kept is kept", Keep: keptWhenSaid},
		{Name: "many send at a time", Keep: manySend},
		{Name: "what does not fit is known before, and not kept", Keep: misfitIsKnown},
		{Name: "after a refused event none of its key is kept", Keep: nothingPassesARefusedOne},
		{Name: "another sender begins afresh", Keep: anotherSenderBeginsAfresh},
		{Name: "events wait for a server that is away", Keep: waitsForItsServer},
		{Name: "the end of its context ends a sender", Keep: endsWithItsContext},
	}
}

// sending is events that were handed over.
type sending struct {
	kit     *sinkKit
	ids     []string
	pending sync.WaitGroup

	mu   sync.Mutex
	told []int
	errs []error
}

// begin hands events over.
func (k *sinkKit) begin(s event.Sender, events ...event.Event) *sending {
	x := &sending{kit: k, told: make([]int, len(events)), errs: make([]error, len(events))}
	for _, e := range events {
		x.ids = append(x.ids, e.ID)
	}
	x.pending.Add(len(events))
	s.Send(events, func(at int, err error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.told[at]++; x.told[at] == 1 {
			x.errs[at] = err
			x.pending.Done()
		}
	})
	return x
}

// wait returns what became of the events, in their order.
func (x *sending) wait() []error {
	x.kit.Helper()
	all := make(chan struct{})
	go func() {
		x.pending.Wait()
		close(all)
	}()
	select {
	case <-all:
	case <-x.kit.Outside.Done():
		x.mu.Lock()
		defer x.mu.Unlock()
		for i, n := range x.told {
			if n == 0 {
				x.pending.Done() // for the goroutine above
				x.kit.Errorf("nothing was told of %s", x.ids[i])
			}
		}
		<-all
		x.kit.FailNow()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.errs)
}

// mustKeep waits until all events are kept.
func (x *sending) mustKeep() {
	x.kit.Helper()
	for i, err := range x.wait() {
		if err != nil {
			x.kit.Errorf("%s was not kept: %v", x.ids[i], err)
		}
	}
}

// toldOnce fails when something was told twice.
func (x *sending) toldOnce() {
	x.kit.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, n := range x.told {
		if n != 1 {
			x.kit.Errorf("done was called %d times for %s, want once", n, x.ids[i])
		}
	}
}

// run is n events of a key, from the given place on.
func run(key string, from, n int) []event.Event {
	events := make([]event.Event, n)
	for i := range events {
		events[i] = of("suite", key, int64(from+i))
		events[i].ID = fmt.Sprintf("%s/%d", key, from+i)
	}
	return events
}

// keeps fails unless the sink has kept the ids, those of each key in this order. again says that an event may be kept several times.
func (k *sinkKit) keeps(when string, again bool, want ...string) {
	k.Helper()
	kept, err := k.Read(k.Outside)
	if err != nil {
		k.Fatalf("%s: read: %v", when, err)
	}
	got, expected := map[string][]string{}, map[string][]string{}
	for _, e := range kept {
		if !again || !slices.Contains(got[e.Key], e.ID) {
			got[e.Key] = append(got[e.Key], e.ID)
		}
	}
	for _, id := range want {
		key, _, _ := cutID(id)
		expected[key] = append(expected[key], id)
	}
	if diff := difference(expected, got); diff != "" {
		k.Errorf("%s: kept, key by key (-want +got):\n%s", when, diff)
	}
}

func misfitIsKnown(k *sinkKit) {
	if err := k.Sink.Fits(full()); err != nil {
		k.Errorf("Fits = %v of an event that does", err)
	}
	if err := k.Sink.Fits(k.Misfit); !event.IsPermanent(err) {
		k.Errorf("Fits = %v of an event that does not, want an error marked by event.Permanent", err)
	}
	x := k.begin(k.Sink.Open(k.Outside), k.Misfit)
	if err := x.wait()[0]; !event.IsPermanent(err) {
		k.Errorf("Send of it = %v, want an error marked by event.Permanent", err)
	}
	k.keeps("after an event that does not fit", false)
}

func endsWithItsContext(k *sinkKit) {
	if k.Away == nil {
		k.Skip("the server cannot go away")
	}
	k.Away(true)
	over := errors.New("over")
	ctx, cancel := context.WithCancelCause(k.Outside)
	s := k.Sink.Open(ctx)
	x := k.begin(s, run("k", 1, 3)...)
	cancel(over)
	after := k.begin(s, run("k", 4, 1)...)
	for _, one := range []*sending{x, after} {
		for i, err := range one.wait() {
			if !errors.Is(err, over) {
				k.Errorf("%s = %v, want the cause of the context", one.ids[i], err)
			}
		}
		one.toldOnce()
	}
	k.Away(false)
	again := k.begin(k.Sink.Open(k.Outside), run("k", 1, 4)...)
	again.mustKeep()
	k.keeps("after another sender", true, "k/1", "k/2", "k/3", "k/4")
}
