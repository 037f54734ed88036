package eventtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

// ParkingSubject is a parking place under test, with the transactor that it works with. Each test gets an empty one.
type ParkingSubject struct {
	Tx      db.Transactor
	Parking event.Parking
}

type parkingKit struct {
	*promise.T
	ParkingSubject
}

func parkingCases() []promise.Case[*parkingKit] {
	return []promise.Case[*parkingKit]{
		{Name: "the parking place says what it keeps", Keep: func(k *parkingKit) { statesItsGrade(k.T, k.Parking) }},
		{Name: "a parked event is listed as it was parked", Keep: listedAsParked},
		{Name: "nobody changes a parked event", Keep: parkedAreCopies},
		{Name: "the oldest event is listed first", Keep: oldestFirst},
		{Name: "a parked event holds its reader's topic and key", Keep: holdsItsKey},
		{Name: "parking goes with its transaction", Keep: parkingGoes},
		{Name: "parking needs a transaction", Keep: parkingNeedsTransaction},
		{Name: "an event that is parked again is parked once", Keep: parkedOnce},
		{Name: "many park at a time", Keep: manyPark},
	}
}

func (k *parkingKit) park(all ...event.Parked) {
	k.Helper()
	commit(k.T, k.Tx, func(ctx context.Context) error {
		for _, p := range all {
			if err := k.Parking.Park(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// lists fails unless ctx shows the events with these places, in this order.
func (k *parkingKit) lists(ctx context.Context, when, reader string, want ...int64) []event.Parked {
	k.Helper()
	all, err := k.Parking.List(ctx, reader)
	got := make([]int64, len(all))
	for i, p := range all {
		got[i] = p.Seq
	}
	if err != nil || !slices.Equal(got, want) {
		k.Errorf("%s: List(%s) has Seq %v, %v, want %v", when, reader, got, err, want)
	}
	return all
}

func (k *parkingKit) holds(ctx context.Context, when, reader, topic, key string, want bool) {
	k.Helper()
	if got, err := k.Parking.Holds(ctx, reader, topic, key); got != want || err != nil {
		k.Errorf("%s: Holds(%s, %s, %s) = %v, %v, want %v", when, reader, topic, key, got, err, want)
	}
}

// parked is the event with the Seq of the key, as the reader gave it up.
func parked(reader, key string, seq int64) event.Parked {
	return event.Parked{Event: of("t", key, seq), Reader: reader, Attempts: 3, Reason: "it failed"}
}

func listedAsParked(k *parkingKit) {
	first := event.Parked{Event: full(), Reader: "r", Attempts: 10, Reason: "the handler's deadline passed: naïve", Held: false}
	first.Seq = 7
	second := event.Parked{Event: of("suite", first.Key, 8), Reader: "r", Held: true}
	second.Time = first.Time
	k.park(first, second)
	got, err := k.Parking.List(k.Outside, "r")
	if diff := difference([]event.Parked{first, second}, got); diff != "" || err != nil {
		k.Errorf("List = %v (-parked +listed):\n%s", err, diff)
	}
}

func parkedAreCopies(k *parkingKit) {
	p := parked("r", "k", 1)
	p.Payload = []byte(`{"id":"1"}`)
	want := string(p.Payload)
	k.park(p)
	clear(p.Payload)
	for range 2 {
		all := k.lists(k.Outside, "after the commit", "r", 1)
		if len(all) != 1 || string(all[0].Payload) != want {
			k.Fatalf("List = %+v, want the payload %s", all, want)
		}
		clear(all[0].Payload)
	}
}

func oldestFirst(k *parkingKit) {
	k.park(parked("r", "k", 300), parked("r", "k", 2))
	k.park(parked("r", "another", 10), parked("r2", "k", 1))
	k.park(parked("r", "k", 1<<40), parked("r", "k", 255), parked("r", "k", 256))
	k.lists(k.Outside, "after all", "r", 2, 10, 255, 256, 300, 1<<40)
	k.lists(k.Outside, "after all", "r2", 1)
	k.lists(k.Outside, "after all", "r3")
}

func holdsItsKey(k *parkingKit) {
	for i, at := range places {
		p := event.Parked{Event: of(at.topic, at.key, int64(i+1)), Reader: at.reader, Held: i%2 == 1}
		k.park(p)
		for j, other := range places {
			k.holds(k.Outside, fmt.Sprintf("after %q was parked", at), other.reader, other.topic, other.key, j <= i)
		}
	}
	for at, want := range map[string]int{"cells/a": 0, "cells/b": 0, "cells/a/t": 0, "cells": 0} {
		for _, p := range places {
			if p.reader == at {
				want++
			}
		}
		if all, err := k.Parking.List(k.Outside, at); len(all) != want || err != nil {
			k.Errorf("List(%s) has %d events, %v, want %d", at, len(all), err, want)
		}
	}
}

func parkingGoes(k *parkingKit) {
	park := func(p event.Parked) func(ctx context.Context) error {
		return func(ctx context.Context) error { return k.Parking.Park(ctx, p) }
	}
	undo(k.Outside, k.T, k.Tx, park(parked("r", "undone", 1)))
	outside := k.Outside
	commit(k.T, k.Tx, func(ctx context.Context) error {
		undo(ctx, k.T, k.Tx, park(parked("r", "undone", 2)))
		k.holds(ctx, "after the savepoint", "r", "t", "undone", false)
		if err := park(parked("r", "kept", 3))(ctx); err != nil {
			return err
		}
		k.holds(ctx, "inside", "r", "t", "kept", true)
		k.lists(ctx, "inside", "r", 3)
		k.holds(outside, "outside, before the commit", "r", "t", "kept", false)
		k.lists(outside, "outside, before the commit", "r")
		return k.Tx.InTx(ctx, park(parked("r", "kept", 4)))
	})
	k.holds(k.Outside, "after all", "r", "t", "undone", false)
	k.holds(k.Outside, "after all", "r", "t", "kept", true)
	k.lists(k.Outside, "after all", "r", 3, 4)
}

func parkingNeedsTransaction(k *parkingKit) {
	if err := k.Parking.Park(k.Outside, parked("r", "k", 1)); !errors.Is(err, db.ErrNoTransaction) {
		k.Errorf("Park without a transaction = %v, want db.ErrNoTransaction", err)
	}
	k.lists(k.Outside, "after parking without a transaction", "r")
}

// A handler whose commit failed, or another owner, parks the same event again.
func parkedOnce(k *parkingKit) {
	k.park(parked("r", "k", 1), parked("r", "k", 1))
	k.park(parked("r", "k", 1), parked("r2", "k", 1))
	k.lists(k.Outside, "after parking again", "r", 1)
	k.lists(k.Outside, "after parking again", "r2", 1)
	k.holds(k.Outside, "after parking again", "r", "t", "k", true)
}

func manyPark(k *parkingKit) {
	var all sync.WaitGroup
	var want []int64
	for n := range int64(crowd) {
		want = append(want, 2*n+1, 2*n+2)
		all.Go(func() {
			key := fmt.Sprint("key ", n)
			for _, seq := range []int64{2*n + 1, 2*n + 2} {
				err := k.Tx.InTx(k.Outside, func(ctx context.Context) error { return k.Parking.Park(ctx, parked("r", key, seq)) })
				if err != nil {
					k.Errorf("Park = %v", err)
				}
				k.holds(k.Outside, "by the one who parked", "r", "t", key, true)
			}
		})
	}
	all.Wait()
	k.lists(k.Outside, "after all", "r", want...)
}
