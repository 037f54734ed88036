package eventtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func TestSourceSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	all := slices.Concat(brokenDeliveries(), brokenStreams(), brokenMembers())
	promise.Catch(t, sourceCases(), all, func(t *promise.T, sabotage func(b *broker)) *sourceKit {
		b := newBroker(1, true)
		if sabotage != nil {
			sabotage(b)
		}
		return &sourceKit{t, b.subject(), 1}
	})
}

func TestSourceSuitePassesSoundAdapters(t *testing.T) {
	t.Parallel()
	for _, streams := range []int{1, 4} {
		for _, transactional := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d streams, transactional %v", streams, transactional), func(t *testing.T) {
				t.Parallel()
				for _, bubble := range []bool{true, false} {
					RunSource(t, func(*testing.T) SourceSubject {
						return newBroker(streams, transactional).subject()
					}, Features{Streams: streams, Bubble: bubble, Quiet: 4 * time.Millisecond})
				}
			})
		}
	}
}

type broken = []promise.Broken[func(b *broker)]

// odd breaks a promise by what change makes of a stream.
func odd(change func(s *stream)) func(b *broker) {
	return func(b *broker) { b.odd = change }
}

// changed breaks a promise by what change makes of each event.
func changed(change func(e *event.Event)) func(b *broker) {
	return odd(func(s *stream) {
		s.change = func(all []event.Event) {
			for i := range all {
				change(&all[i])
			}
		}
	})
}

func brokenDeliveries() broken {
	const order, starts = "events come once, in the order of their keys", "a new reader starts with what is there, or after it"
	return broken{
		{Name: "turns events round", Break: odd(func(s *stream) { s.change = slices.Reverse[[]event.Event] }), CaughtBy: order},
		{Name: "gives events no place", Break: changed(func(e *event.Event) { e.Seq = 0 }), CaughtBy: order},
		{Name: "drops an attribute", Break: changed(func(e *event.Event) { e.Correlation = "" }), CaughtBy: "events come as they were published"},
		{Name: "drops the actor's address", Break: changed(func(e *event.Event) { e.Actor.Address = "" }), CaughtBy: "events come as they were published"},
		{
			Name: "hands out nothing", Break: func(b *broker) { b.open = func(r *event.Reader) { r.Contracts = []string{"none"} } },
			CaughtBy: "a reader is handed what it wants",
		},
		{
			Name: "hands out the first contract only", Break: func(b *broker) {
				b.open = func(r *event.Reader) { r.Contracts = []string{"event.a.v1"} }
			}, CaughtBy: "a reader is handed what it wants",
		},
		{
			Name: "lets readers share", Break: func(b *broker) { b.open = func(r *event.Reader) { r.Name = "all" } },
			CaughtBy: "readers do not take from one another",
		},
		{Name: "starts everybody early", Break: func(b *broker) { b.startsEarly = true }, CaughtBy: starts},
		{Name: "starts everybody late", Break: func(b *broker) { b.startsLate = true }, CaughtBy: starts},
	}
}

func brokenStreams() broken {
	const bounded, fenced = "Next hands out at most its limit, and nothing at once", "who released is fenced"
	return broken{
		{Name: "has limits of its own", Break: odd(func(s *stream) { s.limit = func(int) int { return 100 } }), CaughtBy: bounded},
		{Name: "fails when there is nothing", Break: odd(func(s *stream) {
			s.nothing = func(context.Context) error { return errors.New("there is nothing to read") }
		}), CaughtBy: bounded},
		{Name: "waits when there is nothing", Break: odd(func(s *stream) {
			s.nothing = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		}), CaughtBy: bounded},
		{Name: "wakes nobody", Break: odd(func(s *stream) { s.silent = true }), CaughtBy: "what arrives wakes its stream"},
		{Name: "advances in any order", Break: odd(func(s *stream) { s.advancing = hides(event.ErrOrder) }), CaughtBy: "batches advance in order, and once"},
		{
			Name: "stores the position at once", Break: func(b *broker) { b.atOnce = true },
			CaughtBy: "an advance goes with its transaction, where it says so",
		},
		{Name: "lets who released advance", Break: odd(func(s *stream) { s.advancing = hides(event.ErrLost) }), CaughtBy: fenced},
		{Name: "lets who released read", Break: odd(func(s *stream) { s.forgives = true }), CaughtBy: fenced},
		{Name: "tells nobody of the loss", Break: odd(func(s *stream) { s.secret = true }), CaughtBy: fenced},
		{Name: "releases the next owner too", Break: odd(func(s *stream) { s.sharesRelease = true }), CaughtBy: fenced},
	}
}

// hides takes one error for success.
func hides(what error) func(err error) error {
	return func(err error) error {
		if errors.Is(err, what) {
			return nil
		}
		return err
	}
}

func brokenMembers() broken {
	var members atomic.Int64
	separate := func(b *broker) {
		b.open = func(r *event.Reader) { r.Name = fmt.Sprint(r.Name, members.Add(1)) }
	}
	return broken{
		{Name: "takes what was read for handled", Break: func(b *broker) { b.movesOnRead = true }, CaughtBy: "what was not advanced comes again after a release"},
		{Name: "hands a stream out once", Break: func(b *broker) { b.handsOutOnce = true }, CaughtBy: "what was not advanced comes again after a release"},
		{Name: "stores no position", Break: odd(func(s *stream) { s.forgets = true }), CaughtBy: "what was advanced does not come again"},
		{Name: "hands each member everything", Break: separate, CaughtBy: "a stream has one owner at a time"},
		{Name: "lets each member start anew", Break: separate, CaughtBy: "the next member takes over"},
		{Name: "keeps a stream that nobody took", Break: func(b *broker) { b.hoards = true }, CaughtBy: "a stream that nobody took goes to the next member"},
		{Name: "keeps its channel open", Break: func(b *broker) { b.neverCloses = true }, CaughtBy: "the channel closes after its context has ended"},
	}
}
