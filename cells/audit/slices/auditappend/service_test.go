package auditappend_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/slices/auditappend"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// fixture is an empty trail and the service that writes it.
type fixture struct {
	*audittest.World
	service *auditappend.Service
}

func setup(tb testing.TB) fixture {
	tb.Helper()
	return setupIn(tb, audittest.New(tb))
}

func setupIn(tb testing.TB, w *audittest.World) fixture {
	tb.Helper()
	service, err := auditappend.New(w.Store, w.Keys, w.Clock, auditappend.Config{RotateAfter: audittest.RotateAfter})
	if err != nil {
		tb.Fatal(err)
	}
	return fixture{w, service}
}

// append gives a batch to the service in a transaction, as the consumer does.
func (f fixture) append(batch ...event.Delivery) error {
	f.TB.Helper()
	return f.Tx.InTx(f.TB.Context(), func(ctx context.Context) error { return f.service.Append(ctx, batch) })
}

func (f fixture) must(batch ...event.Delivery) {
	f.TB.Helper()
	if err := f.append(batch...); err != nil {
		f.TB.Fatalf("append: %v", err)
	}
}

func (f fixture) eventIDs() []string {
	f.TB.Helper()
	var ids []string
	for _, e := range f.Entries() {
		ids = append(ids, e.EventID)
	}
	return ids
}

// intact fails the test unless the trail is valid and has so many entries, numbered from 1.
func (f fixture) intact(entries int64) {
	f.TB.Helper()
	if diff := cmp.Diff(domain.Result{Valid: true, Checked: entries}, f.Verify()); diff != "" {
		f.TB.Errorf("check (-want +got):\n%s", diff)
	}
	for i, r := range f.Rows() {
		if r.Seq != int64(i)+1 {
			f.TB.Errorf("entry %d has seq %d", i+1, r.Seq)
		}
	}
}

func TestABatchBecomesEntriesInItsOrder(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.must(audittest.Delivery(3), audittest.Delivery(1), audittest.Delivery(2))
	f.must(audittest.Delivery(9))
	if diff := cmp.Diff([]string{"event-3", "event-1", "event-2", "event-9"}, f.eventIDs()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	f.intact(4)
}

func TestAnEventThatComesAgainHasOneEntry(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.must(audittest.Delivery(1), audittest.Delivery(2), audittest.Delivery(1))
	again := audittest.Delivery(2)
	again.Attempt, again.Replayed, again.Payload = 4, true, []byte(`{}`)
	f.must(again, audittest.Delivery(3))
	f.must(audittest.Deliveries(1, 3)...)
	f.must()
	if diff := cmp.Diff([]string{"event-1", "event-2", "event-3"}, f.eventIDs()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	f.intact(3)
}

func TestTwoCallsInOneTransactionGoOnFromEachOther(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.Do(func(ctx context.Context) error {
		if err := f.service.Append(ctx, audittest.Deliveries(1, 2)); err != nil {
			return err
		}
		return f.service.Append(ctx, audittest.Deliveries(2, 4))
	})
	f.intact(4)
}

func TestABatchThatIsRolledBackLeavesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	undo := errors.New("the consumer lost its stream")
	for _, before := range []int{0, 2} {
		f.must(audittest.Deliveries(1, before)...)
		err := f.Tx.InTx(t.Context(), func(ctx context.Context) error {
			if err := f.service.Append(ctx, audittest.Deliveries(3, 5)); err != nil {
				t.Errorf("append: %v", err)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatalf("transaction: %v, want %v", err, undo)
		}
		f.intact(int64(before))
	}
	f.must(audittest.Deliveries(3, 5)...)
	f.intact(5)
}

func TestNothingIsAppendedOutsideATransaction(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if err := f.service.Append(t.Context(), audittest.Deliveries(1, 1)); !errors.Is(err, db.ErrNoTransaction) {
		t.Errorf("append: %v, want %v", err, db.ErrNoTransaction)
	}
}

// Events come at least once, in batches that are cut anywhere; some batches fail and come again.
func TestWhateverTheBatchesTheTrailHasEachEventOnceAndNoGap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		f := setup(t)
		undo := errors.New("undo")
		numbers := rapid.SliceOfN(rapid.IntRange(1, 25), 0, 60).Draw(r, "events")
		distinct := map[int]bool{}
		for len(numbers) > 0 {
			size := rapid.IntRange(1, len(numbers)).Draw(r, "batch")
			var batch []event.Delivery
			for _, n := range numbers[:size] {
				batch = append(batch, audittest.Delivery(n))
			}
			if rapid.IntRange(0, 4).Draw(r, "fails") == 0 {
				_ = f.Tx.InTx(t.Context(), func(ctx context.Context) error { return errors.Join(f.service.Append(ctx, batch), undo) })
				continue
			}
			if err := f.append(batch...); err != nil {
				r.Fatal(err)
			}
			for _, n := range numbers[:size] {
				distinct[n] = true
			}
			numbers = numbers[size:]
		}
		result, ids := f.Verify(), map[string]bool{}
		for _, id := range f.eventIDs() {
			ids[id] = true
		}
		if !result.Valid || int(result.Checked) != len(distinct) || len(ids) != len(distinct) {
			r.Fatalf("check %+v, %d event ids; want %d of each", result, len(ids), len(distinct))
		}
	})
}
