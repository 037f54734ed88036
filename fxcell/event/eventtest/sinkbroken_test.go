package eventtest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

// fakeSink keeps events in order; while its server is away they wait. Its faults stand in for what it does; zero ones break nothing.
type fakeSink struct {
	grade      durability.Grade
	change     func(e *event.Event)
	keepsTwice bool
	dropsTenth bool // of those that it says to have kept
	saysEarly  bool // before they are kept
	saysTwice  bool
	overtakes  bool // hands over the last of many first
	fitsAll    bool
	goesOn     bool // after one that was refused
	forgives   bool // a key whose event was refused, in a later Send
	grudges    bool // remembers for all senders what failed
	losesAway  bool // what is handed over while the server is away
	deaf       bool // to the end of a context
	serves     int  // so many senders, and drops what others send; all when zero

	mu      sync.Mutex
	kept    []event.Event
	early   []event.Event
	refused map[string]bool
	failed  map[string]bool
	away    bool
	waiting []*fakeLetter
	sent    int
	senders int
}

type fakeLetter struct {
	fakeSender

	event event.Event
	at    int
	done  func(int, error)
	over  bool
}

type fakeSender struct {
	ctx    context.Context //nolint:containedctx // a sender is as old as its context
	sink   *fakeSink
	number int
	failed map[string]bool
}

func newFakeSink() *fakeSink {
	return &fakeSink{grade: durability.Volatile, refused: map[string]bool{}, failed: map[string]bool{}}
}

func (f *fakeSink) subject() SinkSubject {
	return SinkSubject{
		Sink: f, Misfit: event.Event{ID: "misfit", Contract: "event.a.v1", Topic: "suite", Key: "m", Payload: make([]byte, 1<<10)},
		Read:   func(context.Context) ([]event.Event, error) { return f.read(), nil },
		Refuse: func(id string) { f.refused[id] = true },
		Away:   f.leave,
	}
}

func (f *fakeSink) read() []event.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	got := slices.Clone(f.kept)
	f.kept, f.early = append(f.kept, f.early...), nil
	return got
}

func (f *fakeSink) leave(away bool) {
	f.mu.Lock()
	f.away = away
	waiting := f.waiting
	f.waiting = nil
	f.mu.Unlock()
	if f.losesAway {
		for _, l := range waiting {
			l.tell(nil)
		}
		return
	}
	for _, l := range waiting {
		f.take(l)
	}
}

func (f *fakeSink) Durability() durability.Grade { return f.grade }

func (f *fakeSink) Fits(e event.Event) error {
	if len(e.Payload) < 1<<10 || f.fitsAll {
		return nil
	}
	return event.Permanent(errors.New("too large"))
}

func (f *fakeSink) Open(ctx context.Context) event.Sender {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.senders++
	s := &fakeSender{ctx: ctx, sink: f, number: f.senders, failed: map[string]bool{}}
	if f.grudges {
		s.failed = f.failed
	}
	return s
}

func (s *fakeSender) Send(events []event.Event, done func(int, error)) {
	letters := make([]*fakeLetter, len(events))
	for i, e := range events {
		letters[i] = &fakeLetter{fakeSender: *s, event: e, at: i, done: done}
	}
	if s.sink.overtakes {
		slices.Reverse(letters)
	}
	if s.sink.forgives {
		clear(s.failed)
	}
	for _, l := range letters {
		s.sink.take(l)
	}
}

func (l *fakeLetter) tell(err error) {
	l.sink.mu.Lock()
	over := l.over
	l.over = true
	l.sink.mu.Unlock()
	if !over {
		l.done(l.at, err)
		if l.sink.saysTwice {
			l.done(l.at, err)
		}
	}
}

func (f *fakeSink) take(l *fakeLetter) {
	if err := context.Cause(l.ctx); err != nil && !f.deaf {
		l.tell(err)
		return
	}
	f.mu.Lock()
	if f.away {
		f.waiting = append(f.waiting, l)
		f.mu.Unlock()
		if !f.deaf {
			context.AfterFunc(l.ctx, func() { l.tell(context.Cause(l.ctx)) })
		}
		return
	}
	f.mu.Unlock()
	l.tell(f.judge(l))
}

func (f *fakeSink) judge(l *fakeLetter) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := l.event
	e.Payload = bytes.Clone(e.Payload)
	err := f.Fits(e)
	if f.refused[e.ID] {
		err = event.Permanent(errors.New("refused"))
	}
	switch {
	case l.over:
		return nil
	case l.failed[e.Key] && !f.goesOn:
		return event.ErrBehind
	case err != nil:
		l.failed[e.Key] = true
		return err
	}
	if f.change != nil {
		f.change(&e)
	}
	if f.sent++; f.dropsTenth && f.sent%10 == 0 || f.serves > 0 && l.number > f.serves {
		return nil
	}
	if f.saysEarly {
		f.early = append(f.early, e)
		return nil
	}
	f.kept = append(f.kept, e)
	if f.keepsTwice {
		f.kept = append(f.kept, e)
	}
	return nil
}

func TestSinkSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	promise.Catch(t, sinkCases(), brokenSinks(), func(t *promise.T, sabotage func(f *fakeSink)) *sinkKit {
		f := newFakeSink()
		if sabotage != nil {
			sabotage(f)
		}
		return &sinkKit{t, f.subject()}
	})
}

func TestSinkSuitePassesASoundAdapter(t *testing.T) {
	t.Parallel()
	RunSink(t, func(*testing.T) SinkSubject { return newFakeSink().subject() }, Features{Bubble: true})
}

func brokenSinks() []promise.Broken[func(f *fakeSink)] {
	const as, refused = "events are kept as they were handed over", "after a refused event none of its key is kept"
	changes := func(change func(e *event.Event)) func(f *fakeSink) { return func(f *fakeSink) { f.change = change } }
	return []promise.Broken[func(f *fakeSink)]{
		{Name: "says nothing of durability", Break: func(f *fakeSink) { f.grade = durability.Discards }, CaughtBy: "the sink says what it keeps"},
		{Name: "forgets the place", Break: changes(func(e *event.Event) { e.Seq = 0 }), CaughtBy: as},
		{Name: "cuts the time", Break: changes(func(e *event.Event) { e.Time = e.Time.Truncate(time.Second) }), CaughtBy: as},
		{Name: "forgets who acted", Break: changes(func(e *event.Event) { e.Actor.Session = "" }), CaughtBy: as},
		{Name: "forgets the trace", Break: changes(func(e *event.Event) { e.TraceState = "" }), CaughtBy: as},
		{Name: "gives a key to what has none", Break: changes(func(e *event.Event) { e.Key = strings.TrimPrefix(e.Key+"x", "") }), CaughtBy: as},
		{Name: "formats payloads", Break: changes(func(e *event.Event) { e.Payload = bytes.TrimSpace(bytes.ReplaceAll(e.Payload, []byte("  "), nil)) }), CaughtBy: as},
		{Name: "keeps twice", Break: func(f *fakeSink) { f.keepsTwice = true }, CaughtBy: "events are kept once, in the order of their keys"},
		{Name: "drops some", Break: func(f *fakeSink) { f.dropsTenth = true }, CaughtBy: "events are kept once, in the order of their keys"},
		{Name: "lets later ones pass", Break: func(f *fakeSink) { f.overtakes = true }, CaughtBy: "events are kept once, in the order of their keys"},
		{Name: "says so twice", Break: func(f *fakeSink) { f.saysTwice = true }, CaughtBy: "events are kept once, in the order of their keys"},
		{Name: "says so before", Break: func(f *fakeSink) { f.saysEarly = true }, CaughtBy: "what is said to be kept is kept"},
		{Name: "serves few", Break: func(f *fakeSink) { f.serves = 4 }, CaughtBy: "many send at a time"},
		{Name: "takes everything", Break: func(f *fakeSink) { f.fitsAll = true }, CaughtBy: "what does not fit is known before, and not kept"},
		{Name: "goes on behind a refused event", Break: func(f *fakeSink) { f.goesOn = true }, CaughtBy: refused},
		{Name: "forgives with the next events", Break: func(f *fakeSink) { f.forgives = true }, CaughtBy: refused},
		{Name: "bears other senders a grudge", Break: func(f *fakeSink) { f.grudges = true }, CaughtBy: "another sender begins afresh"},
		{Name: "loses what it had for a server that was away", Break: func(f *fakeSink) { f.losesAway = true }, CaughtBy: "events wait for a server that is away"},
		{Name: "waits for a server though its context has ended", Break: func(f *fakeSink) { f.deaf = true }, CaughtBy: "the end of its context ends a sender"},
	}
}
