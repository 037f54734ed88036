package outboxtest

import (
	"context"
	"errors"
	"sync"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func ownerCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "a reader has one owner at a time", Keep: oneOwner},
		{Name: "who waits for a reader stops with its context, and holds nothing", Keep: waiterStops},
		{Name: "the next owner gets what was not advanced", Keep: nextOwnerGetsTheRest},
		{Name: "a second release disturbs nobody", Keep: secondRelease},
	}
}

// waitsInVain fails when the reader can be owned though it has an owner.
func (k *kit) waitsInVain(r event.Reader) {
	k.Helper()
	ctx, cancel := context.WithTimeout(k.Outside, k.Quiet)
	defer cancel()
	s, err := k.Log.Own(ctx, r)
	if err == nil {
		k.Errorf("reader %s has two owners", r.Name)
		_ = s.Release(k.Outside)
	} else if !errors.Is(err, context.DeadlineExceeded) {
		k.Errorf("Own that waited = %v, want the end of its context", err)
	}
}

func oneOwner(k *kit) {
	r := event.Reader{Name: "r"}
	s := k.own(r)
	k.waitsInVain(r)
	k.write("1")
	k.advance(s, k.readsAll(s, "1")...)
	k.waitsInVain(r)
	k.own(event.Reader{Name: "another"})

	var mu sync.Mutex
	var all sync.WaitGroup
	owners, turns := 0, 0
	for range 6 {
		all.Go(func() {
			s, err := k.Log.Own(k.Outside, r)
			if err != nil {
				k.Errorf("Own = %v", err)
				return
			}
			mu.Lock()
			owners, turns = owners+1, turns+1
			if owners > 1 {
				k.Errorf("%d owners at a time", owners)
			}
			mu.Unlock()
			_, _ = s.Next(k.Outside, 1)
			mu.Lock()
			owners--
			mu.Unlock()
			k.release(s)
		})
	}
	k.release(s)
	all.Wait()
	if turns != 6 {
		k.Errorf("%d of 6 got their turn", turns)
	}
}

func waiterStops(k *kit) {
	r := event.Reader{Name: "r"}
	s := k.own(r)
	ctx, cancel := context.WithCancel(k.Outside)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if s, err := k.Log.Own(ctx, r); err == nil {
				k.Error("two owners")
				k.release(s)
			} else if !errors.Is(err, context.Canceled) {
				k.Errorf("Own that waited = %v, want the end of its context", err)
			}
		})
	}
	k.waitsInVain(r)
	cancel()
	all.Wait()
	k.write("1")
	k.readsAll(s, "1")
	k.release(s)
	k.readsAll(k.own(r), "1")
}

func nextOwnerGetsTheRest(k *kit) {
	r := event.Reader{Name: "r"}
	s := k.own(r)
	k.write("1", "2", "3", "4", "5")
	first := k.reads(s, 2, "1", "2")
	k.reads(s, 1, "3", "4") // in flight
	k.advance(s, first...)
	k.release(s)
	s = k.own(r)
	b := k.reads(s, 1, "3")
	k.reads(s, 5, "4", "5")
	k.advance(s, b...)
	k.release(s)
	s = k.own(r)
	k.advance(s, k.readsAll(s, "4", "5")...)
	k.release(s)
	k.write("6")
	k.readsAll(k.own(r), "6")
}

func secondRelease(k *kit) {
	r := event.Reader{Name: "r"}
	old := k.own(r)
	k.write("1", "2")
	k.release(old)
	owner := k.own(r)
	b := k.reads(owner, 1, "1")
	_ = old.Release(k.Outside) // whatever it answers
	select {
	case <-owner.Lost():
		k.Error("the owner lost its reader when another stream was released again")
	default:
	}
	k.waitsInVain(r)
	k.advance(owner, b...)
	k.readsAll(owner, "2")
}
