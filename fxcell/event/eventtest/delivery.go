package eventtest

import (
	"slices"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func deliveryCases() []promise.Case[*sourceKit] {
	return []promise.Case[*sourceKit]{
		{Name: "events come once, in the order of their keys", Keep: inOrderOfKeys},
		{Name: "events come as they were published", Keep: asPublished},
		{Name: "a reader is handed what it wants", Keep: handedWhatItWants},
		{Name: "readers do not take from one another", Keep: readersApart},
		{Name: "a new reader starts with what is there, or after it", Keep: startsWhereItSays},
	}
}

var (
	some = []string{"k1/1", "k2/1", "k1/2", "k3/1", "k3/2", "k1/3"}
	more = []string{"k2/2", "k2/3", "k1/4", "k3/3"}
)

// wantOrder fails unless the events have come once each, those of a key in their order and with growing places.
func (k *sourceKit) wantOrder(who string, got []read, want ...string) {
	k.Helper()
	byKey := func(ids []string) []string {
		sorted := slices.Clone(ids)
		slices.SortStableFunc(sorted, func(a, b string) int { return slices.Compare([]byte(named(a).Key), []byte(named(b).Key)) })
		return sorted
	}
	if got := byKey(idsOf(got)); !slices.Equal(got, byKey(want)) {
		k.Errorf("%s read %q, want %q, key by key", who, got, byKey(want))
	}
	last := map[string]int64{}
	for _, b := range got {
		for _, e := range b.Events {
			if e.Seq <= last[e.Key] {
				k.Errorf("%s: %s has Seq %d after %d of its key, want it to grow", who, e.ID, e.Seq, last[e.Key])
			}
			last[e.Key] = e.Seq
		}
	}
}

func inOrderOfKeys(k *sourceKit) {
	m := k.join(event.Reader{Name: "r"})
	k.publish(some...)
	k.publish(more...)
	got := m.reads(len(some)+len(more), 3)
	k.wantOrder("r", got, slices.Concat(some, more)...)
	m.readsNothing()
	k.mustAdvance(got...)
	k.publish("k1/5", "k2/4")
	k.wantOrder("r", m.reads(2, 3), "k1/5", "k2/4")
}

func asPublished(k *sourceKit) {
	m := k.join(event.Reader{Name: "r"})
	bare := event.Event{ID: "2", Contract: "event.a.v1", Topic: "suite", Key: full().Key, Time: full().Time}
	if err := k.Publish(k.Outside, full(), bare); err != nil {
		k.Fatalf("publish: %v", err)
	}
	var got []event.Event
	for _, b := range m.reads(2, 2) {
		got = append(got, b.Events...)
	}
	for i, want := range []event.Event{full(), bare} {
		want.Seq = got[i].Seq
		if diff := difference(want, got[i]); diff != "" {
			k.Errorf("event %s (-published +read):\n%s", want.ID, diff)
		}
	}
}

// A source may hand a reader more than it wants, but nothing less.
func handedWhatItWants(k *sourceKit) {
	all, onlyB := k.join(event.Reader{Name: "all"}), k.join(event.Reader{Name: "b", Contracts: []string{"event.b.v1"}})
	k.publish("k1/1", "b:k1/2", "k2/1", "k1/3", "b:k2/2", "b:k1/4")
	k.wantOrder("all", all.reads(6, 4), "k1/1", "b:k1/2", "k2/1", "k1/3", "b:k2/2", "b:k1/4")
	var got []read
	for wanted := 0; wanted < 3; {
		b := onlyB.reads(1, 1)[0]
		if b.Events[0].Contract == "event.b.v1" {
			wanted++
			got = append(got, b)
		}
		k.mustAdvance(b)
	}
	k.wantOrder("b", got, "b:k1/2", "b:k2/2", "b:k1/4")
}

func readersApart(k *sourceKit) {
	first, second := k.join(event.Reader{Name: "1"}), k.join(event.Reader{Name: "2"})
	k.publish(some...)
	got := first.reads(len(some), 2)
	k.mustAdvance(got...)
	k.wantOrder("1", got, some...)
	got = second.reads(len(some), 3)
	k.wantOrder("2", got, some...)
	first.readsNothing()
}

func startsWhereItSays(k *sourceKit) {
	k.publish(some...)
	early := k.join(event.Reader{Name: "early"}) // first: a log may keep only what a reader has yet to pass
	late := k.join(event.Reader{Name: "late", From: event.Latest}).alone()
	late.readsNothing()
	k.publish(more...)
	k.wantOrder("late", late.reads(len(more), 2), more...)
	k.wantOrder("early", early.reads(len(some)+len(more), 5), slices.Concat(some, more)...)
}
