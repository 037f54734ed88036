package outboxtest

import (
	"context"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func readerCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "a reader exists from the call of Own on", Keep: existsFromTheCall},
		{Name: "a new reader starts with what the log holds, or after it", Keep: startsWhereItSays},
		{Name: "a reader keeps its position", Keep: keepsPosition},
		{Name: "a reader is handed what it wants", Keep: handedWhatItWants},
		{Name: "readers do not disturb one another", Keep: readersApart},
	}
}

func existsFromTheCall(k *kit) {
	ended, cancel := context.WithCancel(k.Outside)
	cancel()
	r := event.Reader{Name: "r", From: event.Latest}
	if s, err := k.Log.Own(ended, r); err == nil {
		k.releaseAtEnd(s) // it got its turn all the same
		k.release(s)
	}
	k.write("1")
	k.readsAll(k.own(r), "1")
}

func startsWhereItSays(k *kit) {
	k.write("1", "2")
	early, late := k.own(event.Reader{Name: "early"}), k.own(event.Reader{Name: "late", From: event.Latest})
	k.readsNothing(late)
	k.write("3")
	k.readsAll(late, "3")
	k.readsAll(early, "1", "2", "3")
}

func keepsPosition(k *kit) {
	for _, from := range []event.From{event.Earliest, event.Latest} {
		r := event.Reader{Name: "from the latest", From: event.Latest}
		if from == event.Earliest {
			r = event.Reader{Name: "from the earliest"}
		}
		s := k.own(r)
		k.write("1", "2", "3")
		for range 3 { // who has advanced nothing has its position too
			k.release(s)
			s = k.own(r)
		}
		k.advance(s, k.reads(s, 1, "1", "2")...)
		k.release(s)
		k.write("4")
		s = k.own(r)
		k.advance(s, k.readsAll(s, "3", "4")...)
		k.release(s)
		k.readsNothing(k.own(r))
	}
}

func handedWhatItWants(k *kit) {
	onlyB := k.own(event.Reader{Name: "b", Contracts: []string{"event.b.v1"}})
	both := k.own(event.Reader{Name: "both", Contracts: []string{"event.a.v1", "event.b.v1"}})
	all := k.own(event.Reader{Name: "all"})
	none := k.own(event.Reader{Name: "none", Contracts: []string{"event.c.v1"}})
	k.write("1", "b:2", "3")
	k.write("4")
	k.write("b:5", "6")
	k.readsNothing(none)
	k.readsAll(both, "1", "b:2", "3", "4", "b:5", "6")
	k.readsAll(all, "1", "b:2", "3", "4", "b:5", "6")
	batches := k.reads(onlyB, 1, "b:2")
	k.advance(onlyB, batches...)
	k.advance(onlyB, k.readsAll(onlyB, "b:5")...)
	k.release(onlyB)
	k.readsNothing(k.own(event.Reader{Name: "b", Contracts: []string{"event.b.v1"}}))
}

func readersApart(k *kit) {
	first, second := k.own(event.Reader{Name: "1"}), k.own(event.Reader{Name: "2"})
	k.write("1", "2", "3")
	k.advance(first, k.readsAll(first, "1", "2", "3")...)
	k.advance(second, k.reads(second, 1, "1")...)
	k.release(first)
	k.release(second)
	k.readsAll(k.own(event.Reader{Name: "2"}), "2", "3")
	k.readsNothing(k.own(event.Reader{Name: "1"}))
}
