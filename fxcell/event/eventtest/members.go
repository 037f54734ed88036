package eventtest

import (
	"slices"
	"time"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func memberCases() []promise.Case[*sourceKit] {
	return []promise.Case[*sourceKit]{
		{Name: "what was not advanced comes again after a release", Keep: comesAgain},
		{Name: "what was advanced does not come again", Keep: comesOnce},
		{Name: "a stream has one owner at a time", Keep: oneOwner},
		{Name: "the next member takes over", Keep: takesOver},
		{Name: "a stream that nobody took goes to the next member", Keep: untakenGoes},
		{Name: "the channel closes after its context has ended", Keep: channelCloses},
	}
}

func comesAgain(k *sourceKit) {
	m := k.join(event.Reader{Name: "r"})
	k.publish("k/1", "k/2", "k/3")
	for range 3 {
		got := m.reads(3, 2)
		k.wantOrder("r", got, "k/1", "k/2", "k/3")
		m.release(k.Outside)
	}
	k.mustAdvance(m.reads(1, 1)...)
	m.release(k.Outside)
	k.wantOrder("r", m.reads(2, 2), "k/2", "k/3")
}

func comesOnce(k *sourceKit) {
	m := k.join(event.Reader{Name: "r"})
	for _, ids := range [][]string{some, more} {
		k.publish(ids...)
		got := m.reads(len(ids), 2)
		k.wantOrder("r", got, ids...)
		k.mustAdvance(got...)
		m.release(k.Outside)
	}
	m.readsNothing()
	m.end(k.Outside)
	k.join(event.Reader{Name: "r"}).readsNothing()
}

// An event that two members read, and did not advance, was taken from the first of them.
func oneOwner(k *sourceKit) {
	first := k.join(event.Reader{Name: "r"}).alone()
	k.publish(some...)
	got := first.reads(len(some), 1)
	second := k.join(event.Reader{Name: "r"})
	for watched := time.After(k.Quiet); ; {
		b, _ := second.next(len(some))
		for _, e := range b.Events {
			by := slices.IndexFunc(got, func(r read) bool { return r.Events[0].ID == e.ID })
			if by < 0 || !lost(got[by].stream) {
				k.Errorf("two members read %s, and both own its stream", e.ID)
			}
		}
		select {
		case <-time.After(k.Quiet / 4):
		case <-watched:
			return
		}
	}
}

func takesOver(k *sourceKit) {
	first := k.join(event.Reader{Name: "r"}).alone()
	second := k.join(event.Reader{Name: "r"})
	k.publish(some...)
	k.publish(more...)
	var handled []read
	for range len(some) {
		if b, ok := first.next(1); ok && k.advance(b) == nil {
			handled = append(handled, b)
		}
	}
	first.next(2) // in flight
	first.end(k.Outside)
	rest := second.reads(len(some)+len(more)-len(handled), 2)
	k.mustAdvance(rest...)
	k.wantOrder("both members", append(handled, rest...), slices.Concat(some, more)...)
	second.readsNothing()
}

func untakenGoes(k *sourceKit) {
	first := k.join(event.Reader{Name: "r"})
	k.publish(some...)
	<-time.After(k.Quiet) // its streams came, and nobody took them
	first.leave()
	<-time.After(k.Quiet) // nor did anybody at the end
	for open := true; open; {
		select {
		case s, ok := <-first.streams:
			if open = ok; ok { // it came before the end
				first.held = append(first.held, s)
				first.release(k.Outside)
			}
		case <-k.Outside.Done():
			k.Fatal("the channel is still open")
		}
	}
	first.closed = true
	second := k.join(event.Reader{Name: "r"})
	k.wantOrder("the next member", second.reads(len(some), 2), some...)
}

func channelCloses(k *sourceKit) {
	idle, busy := k.join(event.Reader{Name: "idle"}), k.join(event.Reader{Name: "busy"}).alone()
	k.publish(some...)
	busy.reads(len(some), 2)
	for _, m := range []*member{idle, busy} {
		m.end(k.Outside) // fails when it does not
		if !m.closed {
			k.Errorf("the channel of %s did not close", m.reader.Name)
		}
	}
}
