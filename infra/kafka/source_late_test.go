package kafka

import (
	"slices"
	"testing"
	"time"

	"fxcell.dev/fxcell/event"
)

// reads takes every stream of a reader, and returns what comes of a contract within a while.
func (r *sourceRig) reads(t *testing.T, reader event.Reader, contract string, n int) (ids []string) {
	t.Helper()
	streams, err := r.Open(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	var held []event.Stream
	for deadline := time.After(20 * time.Second); len(ids) < n; {
		select {
		case s := <-streams:
			held = append(held, s)
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("read %q, want %d events", ids, n)
		}
		for _, s := range held {
			b, _ := s.Next(t.Context(), 100)
			for _, e := range b.Events {
				if e.Contract == contract {
					ids = append(ids, e.ID)
				}
			}
		}
	}
	return ids
}

func of(contract, topic, id string) event.Event {
	return event.Event{ID: id, Contract: contract, Topic: topic, Key: id}
}

// As when a new version of an app, which subscribes one contract more, comes up beside the old one: the group is not free to be told positions.
func TestLateReaderBeginsLateOnATopicThatItsGroupDoesNotKnow(t *testing.T) {
	t.Parallel()
	rig := newSourceRig(t, brisk(fake(t).ListenAddrs()...))
	rig.mustPublish(t, of("event.m.v1", "more", "early 1"), of("event.m.v1", "more", "early 2"), of("event.a.v1", "suite", "early"))
	old := event.Reader{Name: "late", Contracts: []string{"event.a.v1"}, From: event.Latest}
	streams, err := rig.Open(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	first := <-streams // it is a member
	go func() {
		_ = first.Release(t.Context())
		for s := range streams {
			_ = s.Release(t.Context())
		}
	}()
	newer := event.Reader{Name: "late", Contracts: []string{"event.a.v1", "event.m.v1"}, From: event.Latest}
	got := make(chan []string, 1)
	go func() { got <- rig.reads(t, newer, "event.m.v1", 2) }()
	published := 0
	var ids []string
	until(t, "the late ones come", func() bool {
		select {
		case ids = <-got:
			return true
		default:
			published++
			rig.mustPublish(t, of("event.m.v1", "more", "late"))
			return false
		}
	})
	if slices.ContainsFunc(ids, func(id string) bool { return id != "late" }) {
		t.Errorf("read %q, want what was published after it came", ids)
	}
}

func TestReaderOfAContractThatNobodySubscribesIsRefused(t *testing.T) {
	t.Parallel()
	rig := newSourceRig(t, brisk(fake(t).ListenAddrs()...))
	if _, err := rig.Open(t.Context(), event.Reader{Name: "r", Contracts: []string{"event.none.v1"}}); err == nil {
		t.Error("Open = nil, want an error: there is no topic to read")
	}
}
