package keys_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

const (
	month = 30 * 24 * time.Hour
	ahead = 2 * time.Hour
	keep  = time.Hour
)

// rotating is a ring of another process on the same store, which rotates every month.
func (f *fixture) rotating() *keys.Ring {
	return keys.NewRing(f.tx, f.store, f.provider, f.clock, keys.Options{Algorithm: keys.EdDSA, Keep: keep, RotateEvery: month, Ahead: ahead})
}

func rotate(t *testing.T, r *keys.Ring) keys.Round {
	t.Helper()
	round, err := r.Rotate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return round
}

// started returns a ring with its first key.
func started(t *testing.T) (*fixture, *keys.Ring) {
	t.Helper()
	f := setup()
	return f, f.started(t)
}

func (f *fixture) started(t *testing.T) *keys.Ring {
	t.Helper()
	r := f.rotating()
	if err := r.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(time.Second) // keys of one time have no order that means something
	return r
}

func signs(t *testing.T, r *keys.Ring) string {
	t.Helper()
	signing, err := r.Signing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return signing.ID
}

// shown returns the ids that are published.
func shown(t *testing.T, r *keys.Ring) []string {
	t.Helper()
	all, err := r.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range all {
		ids = append(ids, k.ID)
	}
	return ids
}

func wantShown(t *testing.T, r *keys.Ring, want ...string) {
	t.Helper()
	if got := shown(t, r); !slices.Equal(got, want) {
		t.Errorf("published %v, want %v", got, want)
	}
}

func TestKeyIsPublishedThenSignsThenVerifiesThenGoes(t *testing.T) {
	t.Parallel()
	f, r := started(t)
	first := signs(t, r)
	wantShown(t, r, first)

	second := rotate(t, r).Made
	if second == "" || second == first || signs(t, r) != first {
		t.Fatalf("made %q beside %q, and %q signs", second, first, signs(t, r))
	}
	wantShown(t, r, first, second)
	if got := rotate(t, r); got != (keys.Round{}) {
		t.Errorf("a second round did %+v", got)
	}

	f.clock.Advance(month - time.Second - time.Nanosecond)
	if got := rotate(t, r); got != (keys.Round{}) {
		t.Errorf("before its time: %+v", got)
	}
	f.clock.Advance(time.Nanosecond)
	got := rotate(t, r)
	third := got.Made
	if want := (keys.Round{Made: third, Promoted: second, Retired: first}); got != want || third == "" || signs(t, r) != second {
		t.Errorf("got %+v, want %+v, and %q signs", got, want, signs(t, r))
	}
	wantShown(t, r, first, second, third)

	f.clock.Advance(keep - time.Nanosecond)
	rotate(t, r)
	wantShown(t, r, first, second, third)
	f.clock.Advance(time.Nanosecond)
	wantShown(t, r, second, third)
	if got, want := rotate(t, r), (keys.Round{Purged: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if all, err := f.store.Keys(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%d keys are left, %v", len(all), err)
	}
}

// A key that was made late signs late: nobody meets it unprepared.
func TestKeyDoesNotSignBeforeEverybodyKnowsIt(t *testing.T) {
	t.Parallel()
	f, r := started(t)
	first := signs(t, r)
	f.clock.Advance(2 * month)
	second := rotate(t, r).Made
	f.clock.Advance(ahead + keys.ReloadEvery - time.Nanosecond)
	rotate(t, r)
	if got := signs(t, r); got != first {
		t.Errorf("%q signs, want %q", got, first)
	}
	f.clock.Advance(time.Nanosecond)
	if got := rotate(t, r); got.Promoted != second || signs(t, r) != second {
		t.Errorf("got %+v, and %q signs", got, signs(t, r))
	}
}

func TestOfManyProcessesOneRotates(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		oneRotates(t, setup())
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		d, f := postgrestest.Open(t, migrations.Of("access")), setup()
		f.tx, f.store = d.Tx, store.NewPostgres(d.SQL)
		oneRotates(t, f)
	})
}

func oneRotates(t *testing.T, f *fixture) {
	t.Helper()
	r := f.started(t)
	rings := []*keys.Ring{r}
	for range 7 {
		rings = append(rings, f.rotating())
	}
	round := func() (all keys.Round) {
		var mu sync.Mutex
		var group sync.WaitGroup
		for _, r := range rings {
			group.Go(func() {
				got, err := r.Rotate(t.Context())
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				all.Made, all.Promoted, all.Retired, all.Purged = all.Made+got.Made, all.Promoted+got.Promoted, all.Retired+got.Retired, all.Purged+got.Purged
			})
		}
		group.Wait()
		return all
	}
	first := signs(t, r)
	second := round().Made
	f.clock.Advance(month)
	if got := round(); got.Promoted != second || got.Retired != first || len(got.Made) != len(first) {
		t.Errorf("together they did %+v, want %s for %s and one key made", got, second, first)
	}
	for _, r := range rings {
		if signs(t, r) != second || len(shown(t, r)) != 3 {
			t.Errorf("%s signs, published are %v", signs(t, r), shown(t, r))
		}
	}
	f.clock.Advance(keep)
	if got := round(); got != (keys.Round{Purged: 1}) {
		t.Errorf("together they did %+v", got)
	}
}

func TestActiveKeyThatSomebodyTookAwayIsReplaced(t *testing.T) {
	t.Parallel()
	f := setup()
	r := f.rotating()
	got := rotate(t, r)
	if got.Made == "" || got.Promoted == "" || signs(t, r) != got.Promoted {
		t.Errorf("got %+v, and %q signs", got, signs(t, r))
	}
}

// counting counts how often the keys are read, and fails when it is told to.
type counting struct {
	store.Store

	reads atomic.Int64
	down  atomic.Bool
}

func (c *counting) Keys(ctx context.Context) ([]domain.SigningKey, error) {
	c.reads.Add(1)
	if c.down.Load() {
		return nil, db.ErrUnavailable
	}
	return c.Store.Keys(ctx)
}

func TestKeysThatNobodyKnowsCostFewReadsAndHideNoRotation(t *testing.T) {
	t.Parallel()
	f, writer := started(t)
	kept := &counting{Store: f.store}
	f.store = kept
	r := f.rotating()
	flood := func() {
		t.Helper()
		for range 1000 {
			if _, err := r.Key(t.Context(), "forged"); !errors.Is(err, auth.ErrUnknownKey) {
				t.Fatal(err)
			}
		}
	}
	flood()
	if got := kept.reads.Load(); got > 6 {
		t.Errorf("1000 forged keys cost %d reads", got)
	}
	next := rotate(t, writer).Made
	flood()
	if _, err := r.Key(t.Context(), next); !errors.Is(err, auth.ErrUnknownKey) {
		t.Errorf("in the flood: %v", err) // its reads are used up
	}
	f.clock.Advance(keys.ReloadEvery)
	if got, err := r.Key(t.Context(), next); err != nil || got.ID != next {
		t.Errorf("%v later: %+v, %v", keys.ReloadEvery, got, err)
	}
	before := kept.reads.Load()
	for range 1000 {
		if _, err := r.Key(t.Context(), next); err != nil {
			t.Fatal(err)
		}
	}
	if got := kept.reads.Load() - before; got != 0 {
		t.Errorf("1000 known keys cost %d reads", got)
	}
}

func TestKeysVerifyForAWhileWithoutTheStore(t *testing.T) {
	t.Parallel()
	f, writer := started(t)
	id := signs(t, writer)
	kept := &counting{Store: f.store}
	f.store = kept
	r := f.rotating()
	kept.down.Store(true)
	if _, err := r.Key(t.Context(), id); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("before anything was read: %v", err)
	}
	kept.down.Store(false)
	if _, err := r.Key(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	kept.down.Store(true)
	f.clock.Advance(keys.MaxAge - time.Nanosecond)
	if got, err := r.Key(t.Context(), id); err != nil || got.ID != id {
		t.Errorf("while others may keep the key set: %+v, %v", got, err)
	}
	if _, err := r.Signing(t.Context()); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("it signs: %v", err)
	}
	f.clock.Advance(time.Nanosecond)
	if _, err := r.Key(t.Context(), id); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("later: %v", err)
	}
	if _, err := r.Keys(t.Context()); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("all of them: %v", err)
	}
}

func TestRotationThatCannotBeStoredSaysSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method string
		after  time.Duration
	}{{"InsertKey", 0}, {"PromoteKey", month}, {"PurgeKeys", month + keep}} {
		t.Run(c.method, func(t *testing.T) {
			t.Parallel()
			f, r := started(t)
			if c.after > 0 {
				rotate(t, r)
				f.clock.Advance(month)
			}
			if c.after > month {
				rotate(t, r)
				f.clock.Advance(keep)
			}
			before, err := f.store.Keys(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			kept := f.store
			f.store = &accesstest.Broken{Store: kept, Method: c.method, Err: db.ErrUnavailable}
			if _, err := f.rotating().Rotate(t.Context()); !errors.Is(err, db.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			after, err := kept.Keys(t.Context())
			if err != nil || len(after) != len(before) {
				t.Errorf("%d keys, %v, want %d as before", len(after), err, len(before))
			}
			for i := range after {
				if after[i].State != before[i].State {
					t.Errorf("key %d is %s, want %s", i, after[i].State, before[i].State)
				}
			}
		})
	}
}
