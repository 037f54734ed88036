package eventtest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fxcell.dev/fxcell/event"
)

// cutID returns the key and the place that an event's id tells.
func cutID(id string) (key string, place int, ok bool) {
	key, after, ok := strings.Cut(id, "/")
	place, err := strconv.Atoi(after)
	return key, place, ok && err == nil
}

func keptAsHandedOver(k *sinkKit) {
	first := full()
	first.Seq = 1<<62 + 7
	bare := event.Event{ID: "2", Seq: 1, Contract: "event.a.v1", Topic: "suite", Key: "bare", Time: full().Time}
	keyless := event.Event{ID: "3", Seq: 2, Contract: "event.a.v1", Topic: "suite", Time: full().Time}
	want := []event.Event{first, bare, keyless}
	k.begin(k.Sink.Open(k.Outside), want...).mustKeep()
	got, err := k.Read(k.Outside)
	slices.SortFunc(got, func(a, b event.Event) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(want, func(a, b event.Event) int { return strings.Compare(a.ID, b.ID) })
	if diff := difference(want, got); diff != "" || err != nil {
		k.Errorf("Read = %v (-handed over +kept):\n%s", err, diff)
	}
}

func keptInOrder(k *sinkKit) {
	s := k.Sink.Open(k.Outside)
	var all []*sending
	var want []string
	for round := range 20 {
		var events []event.Event
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			events = append(events, run(key, 10*round, 10)...)
		}
		all = append(all, k.begin(s, events...))
		want = append(want, all[round].ids...)
	}
	for _, x := range all {
		x.mustKeep()
	}
	k.keeps("after all were kept", false, want...)
	for _, x := range all {
		x.toldOnce()
	}
}

func keptWhenSaid(k *sinkKit) {
	s := k.Sink.Open(k.Outside)
	for n := range 5 {
		k.begin(s, run("k", n, 1)...).mustKeep()
		want := make([]string, n+1)
		for i := range want {
			want[i] = fmt.Sprintf("k/%d", i)
		}
		k.keeps(fmt.Sprintf("when event %d was said to be kept", n), false, want...)
	}
}

func manySend(k *sinkKit) {
	var senders sync.WaitGroup
	var mu sync.Mutex
	var want []string
	for n := range 8 {
		senders.Go(func() {
			s, key := k.Sink.Open(k.Outside), fmt.Sprint("k", n)
			for round := range 10 {
				x := k.begin(s, run(key, 5*round, 5)...)
				mu.Lock()
				want = append(want, x.ids...)
				mu.Unlock()
				if round%3 == 0 {
					x.mustKeep()
				}
			}
			k.begin(s, run(key, 50, 1)...).mustKeep()
			mu.Lock()
			defer mu.Unlock()
			want = append(want, key+"/50")
		})
	}
	senders.Wait()
	k.keeps("after all senders", false, want...)
}

func nothingPassesARefusedOne(k *sinkKit) {
	if k.Refuse == nil {
		k.Skip("the server refuses nothing")
	}
	k.Refuse("a/5")
	s := k.Sink.Open(k.Outside)
	x := k.begin(s, slices.Concat(run("a", 1, 4), run("b", 1, 4), run("a", 5, 4), run("b", 5, 4))...)
	y := k.begin(s, slices.Concat(run("a", 9, 1), run("b", 9, 1))...)
	errs := append(x.wait(), y.wait()...)
	for i, id := range slices.Concat(x.ids, y.ids) {
		key, place, _ := cutID(id)
		err := errs[i]
		switch {
		case key == "a" && place == 5 && !event.IsPermanent(err):
			k.Errorf("%s = %v, want an error marked by event.Permanent", id, err)
		case key == "a" && place > 5 && !errors.Is(err, event.ErrBehind):
			k.Errorf("%s = %v, want event.ErrBehind", id, err)
		case (key == "b" || place < 5) && err != nil:
			k.Errorf("%s = %v, want it kept", id, err)
		}
	}
	z := k.begin(s, run("a", 10, 1)...)
	if err := z.wait()[0]; !errors.Is(err, event.ErrBehind) {
		k.Errorf("an event of the key that was handed over later = %v, want event.ErrBehind", err)
	}
	kept := append([]string{"a/1", "a/2", "a/3", "a/4"}, idsFrom("b", 1, 9)...)
	k.keeps("after a refused event", false, kept...)
	for _, one := range []*sending{x, y, z} {
		one.toldOnce()
	}
}

func idsFrom(key string, from, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s/%d", key, from+i)
	}
	return ids
}

func anotherSenderBeginsAfresh(k *sinkKit) {
	misfit := k.Misfit
	misfit.Topic, misfit.Key = "suite", "a"
	if k.Sink.Fits(misfit) == nil {
		k.Skip("the misfit is one by its topic or key")
	}
	s := k.Sink.Open(k.Outside)
	x := k.begin(s, append([]event.Event{misfit}, run("a", 1, 1)...)...)
	if err := x.wait()[1]; !errors.Is(err, event.ErrBehind) {
		k.Errorf("an event behind one that does not fit = %v, want event.ErrBehind", err)
	}
	k.begin(k.Sink.Open(k.Outside), run("a", 1, 2)...).mustKeep()
	k.keeps("after another sender", false, "a/1", "a/2")
}

func waitsForItsServer(k *sinkKit) {
	if k.Away == nil {
		k.Skip("the server cannot go away")
	}
	s := k.Sink.Open(k.Outside)
	k.begin(s, run("k", 1, 3)...).mustKeep()
	k.Away(true)
	x := k.begin(s, slices.Concat(run("k", 4, 3), run("l", 1, 3))...)
	select {
	case <-time.After(k.Quiet):
	case <-k.Outside.Done():
	}
	y := k.begin(s, run("k", 7, 3)...)
	k.Away(false)
	for _, err := range append(x.wait(), y.wait()...) {
		if err != nil {
			k.Skipf("the sink does not wait: %v", err) // it says so, and its user sends again
		}
	}
	k.keeps("when the server is back", false, append(idsFrom("k", 1, 9), idsFrom("l", 1, 3)...)...)
}
