package eventtest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

// fakeParking keeps events in a store. Its functions stand in for what it does; nil ones break nothing.
type fakeParking struct {
	*store

	row    func(p event.Parked) string
	change func(p *event.Parked)
	alone  bool // writes whatever becomes of the transaction
	own    bool // writes in a transaction of its own when there is none
	shares bool // its events' payloads
	blind  func(held event.Parked, reader, topic, key string) bool

	mu      sync.Mutex // for sabotage
	current event.Parked
	parking int
	met     chan struct{}
}

func rowOf(p event.Parked) string { return fmt.Sprintf("%s\x00%020d\x00%s", p.Reader, p.Seq, p.ID) }

func (f *fakeParking) Park(ctx context.Context, p event.Parked) error {
	if f.own && !db.InTx(ctx) {
		return f.InTx(ctx, func(ctx context.Context) error { return f.Park(ctx, p) })
	}
	if f.met != nil {
		p = f.meets(ctx, p)
	}
	if f.change != nil {
		f.change(&p)
	}
	if !f.shares {
		p.Payload = bytes.Clone(p.Payload)
	}
	row := rowOf(p)
	if f.row != nil {
		row = f.row(p)
	}
	if f.alone && db.InTx(ctx) {
		f.putAlone(row, p)
		return nil
	}
	return f.put(ctx, row, p)
}

// meets keeps what is parked beside the parking place. The first callers meet there.
func (f *fakeParking) meets(ctx context.Context, p event.Parked) event.Parked {
	f.mu.Lock()
	f.current = p
	if f.parking++; f.parking == crowd {
		close(f.met)
	}
	f.mu.Unlock()
	select {
	case <-f.met:
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current
}

func (f *fakeParking) Holds(ctx context.Context, reader, topic, key string) (bool, error) {
	for _, row := range f.under(ctx, "") {
		p, _ := row.(event.Parked)
		if f.blind != nil && f.blind(p, reader, topic, key) {
			return true, nil
		}
		if f.blind == nil && p.Reader == reader && p.Topic == topic && p.Key == key {
			return true, nil
		}
	}
	return false, nil
}

func (f *fakeParking) List(ctx context.Context, reader string) ([]event.Parked, error) {
	var out []event.Parked
	for _, row := range f.under(ctx, reader+"\x00") {
		p, _ := row.(event.Parked)
		if !f.shares {
			p.Payload = bytes.Clone(p.Payload)
		}
		out = append(out, p)
	}
	return out, nil
}

func TestParkingSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	promise.Catch(t, parkingCases(), brokenParkings(), func(t *promise.T, sabotage func(f *fakeParking)) *parkingKit {
		f := &fakeParking{store: newStore()}
		if sabotage != nil {
			sabotage(f)
		}
		return &parkingKit{t, ParkingSubject{f.store, f}}
	})
}

func TestParkingSuitePassesASoundAdapter(t *testing.T) {
	t.Parallel()
	RunParking(t, func(*testing.T) ParkingSubject {
		f := &fakeParking{store: newStore()}
		return ParkingSubject{f.store, f}
	})
}

func holdsBy(same func(held event.Parked, reader, topic, key string) bool) func(f *fakeParking) {
	return func(f *fakeParking) { f.blind = same }
}

func parksBy(row func(p event.Parked) string) func(f *fakeParking) {
	return func(f *fakeParking) { f.row = row }
}

func parksChanged(change func(p *event.Parked)) func(f *fakeParking) {
	return func(f *fakeParking) { f.change = change }
}

func brokenParkings() []promise.Broken[func(f *fakeParking)] {
	const listed, holds = "a parked event is listed as it was parked", "a parked event holds its reader's topic and key"
	const goes = "parking goes with its transaction"
	return []promise.Broken[func(f *fakeParking)]{
		{Name: "says nothing of durability", Break: func(f *fakeParking) { f.grade = durability.Discards }, CaughtBy: "the parking place says what it keeps"},
		{Name: "forgets why", Break: parksChanged(func(p *event.Parked) { p.Reason = "" }), CaughtBy: listed},
		{Name: "forgets how often", Break: parksChanged(func(p *event.Parked) { p.Attempts = 0 }), CaughtBy: listed},
		{Name: "takes what waits for what failed", Break: parksChanged(func(p *event.Parked) { p.Held = false }), CaughtBy: listed},
		{Name: "forgets the request", Break: parksChanged(func(p *event.Parked) { p.Request = "" }), CaughtBy: listed},
		{Name: "gives it a new time", Break: parksChanged(func(p *event.Parked) { p.Time = time.Unix(1, 0) }), CaughtBy: listed},
		{Name: "shares payloads", Break: func(f *fakeParking) { f.shares = true }, CaughtBy: "nobody changes a parked event"},
		{Name: "sorts places as text", Break: parksBy(func(p event.Parked) string { return fmt.Sprint(p.Reader, "\x00", p.Seq) }), CaughtBy: "the oldest event is listed first"},
		{Name: "lists the newest first", Break: parksBy(func(p event.Parked) string { return fmt.Sprintf("%s\x00%020d", p.Reader, 1<<60-p.Seq) }), CaughtBy: "the oldest event is listed first"},
		{Name: "holds a key for every reader", Break: holdsBy(func(p event.Parked, _, topic, key string) bool { return p.Topic == topic && p.Key == key }), CaughtBy: holds},
		{Name: "holds a key of every topic", Break: holdsBy(func(p event.Parked, r, _, key string) bool { return p.Reader == r && p.Key == key }), CaughtBy: holds},
		{Name: "holds every key", Break: holdsBy(func(p event.Parked, r, topic, _ string) bool { return p.Reader == r && p.Topic == topic }), CaughtBy: holds},
		{Name: "forgets what waits", Break: holdsBy(func(p event.Parked, r, topic, key string) bool {
			return !p.Held && p.Reader == r && p.Topic == topic && p.Key == key
		}), CaughtBy: holds},
		{Name: "runs names together", Break: holdsBy(func(p event.Parked, r, topic, key string) bool {
			return strings.Join([]string{p.Reader, p.Topic, p.Key}, "/") == strings.Join([]string{r, topic, key}, "/")
		}), CaughtBy: holds},
		{Name: "keeps what was undone", Break: func(f *fakeParking) { f.alone = true }, CaughtBy: goes},
		{Name: "keeps what a savepoint parked", Break: func(f *fakeParking) { f.keepSavepoints = true }, CaughtBy: goes},
		{Name: "parks without a transaction", Break: func(f *fakeParking) { f.own = true }, CaughtBy: "parking needs a transaction"},
		{Name: "parks each time", Break: func(f *fakeParking) {
			n := 0
			f.row = func(p event.Parked) string { n++; return fmt.Sprint(rowOf(p), n) }
		}, CaughtBy: "an event that is parked again is parked once"},
		{Name: "takes one caller for another", Break: func(f *fakeParking) { f.met = make(chan struct{}) }, CaughtBy: "many park at a time"},
	}
}
