package auditverify_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/slices/auditverify"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
)

// fixture is a trail and the service that checks it.
type fixture struct {
	*audittest.World
	service   *auditverify.Service
	published *[]auditapi.IntegrityVerified
	logged    *observer.ObservedLogs
}

// setup returns a trail in memory with entries of the given number of events, five to a transaction.
func setup(tb testing.TB, events int) fixture {
	tb.Helper()
	return setupIn(tb, audittest.New(tb), events)
}

func setupIn(tb testing.TB, w *audittest.World, events int) fixture {
	tb.Helper()
	for n := 1; n <= events; n += 5 {
		w.Append(audittest.Deliveries(n, min(n+4, events))...)
	}
	core, logged := observer.New(zapcore.InfoLevel)
	published := &[]auditapi.IntegrityVerified{}
	publisher := contract.NewTestPublisher(func(ctx context.Context, p auditapi.IntegrityVerified) error {
		if !db.InTx(ctx) {
			tb.Error("published outside a transaction")
		}
		*published = append(*published, p)
		return nil
	})
	return fixture{w, auditverify.New(w.Tx, w.Store, w.Keys, publisher, zap.New(core)), published, logged}
}

func (f fixture) check() auditapi.IntegrityResponse {
	f.TB.Helper()
	res, err := f.service.Integrity(f.TB.Context(), auditapi.IntegrityRequest{})
	if err != nil {
		f.TB.Fatalf("integrity: %v", err)
	}
	return res
}

func valid(entries int64) auditapi.IntegrityResponse {
	return auditapi.IntegrityResponse{Valid: true, EntriesChecked: entries}
}

func invalid(checked, seq int64, kind domain.Kind) auditapi.IntegrityResponse {
	return auditapi.IntegrityResponse{EntriesChecked: checked, FirstInvalidSeq: seq, Kind: string(kind)}
}

func TestATrailThatNobodyTouchedIsValid(t *testing.T) {
	t.Parallel()
	for _, entries := range []int{0, 1, 5, 12} {
		f := setup(t, entries)
		if diff := cmp.Diff(valid(int64(entries)), f.check()); diff != "" {
			t.Errorf("%d entries (-want +got):\n%s", entries, diff)
		}
		if f.logged.Len() > 0 {
			t.Errorf("%d entries: logged %v", entries, f.logged.All())
		}
	}
}

func TestACheckIsTold(t *testing.T) {
	t.Parallel()
	f := setup(t, 3)
	f.check()
	f.DeleteRows(2)
	f.check()
	want := []auditapi.IntegrityVerified{
		{Chain: "audit", Valid: true, EntriesChecked: 3},
		{Chain: "audit", FirstInvalidSeq: 2, EntriesChecked: 1, Kind: "gap"},
	}
	if diff := cmp.Diff(want, *f.published); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	lines := f.logged.FilterMessage("the audit trail is not intact").All()
	if len(lines) != 1 || lines[0].Level != zapcore.ErrorLevel || lines[0].ContextMap()["kind"] != "gap" || lines[0].ContextMap()["seq"] != int64(2) {
		t.Errorf("logged %v, want one error with seq and kind", f.logged.All())
	}
}

func TestNobodyLearnsTheResultOfACheckThatIsNotTold(t *testing.T) {
	t.Parallel()
	f := setup(t, 3)
	full := errors.New("the log is full")
	publisher := contract.NewTestPublisher(func(context.Context, auditapi.IntegrityVerified) error { return full })
	service := auditverify.New(f.Tx, f.Store, f.Keys, publisher, zap.NewNop())
	res, err := service.Integrity(t.Context(), auditapi.IntegrityRequest{})
	if !errors.Is(err, full) || res != (auditapi.IntegrityResponse{}) {
		t.Errorf("got %+v, %v; want nothing and %v", res, err, full)
	}
}

func TestACheckEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	f := setup(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.service.Integrity(ctx, auditapi.IntegrityRequest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("integrity: %v, want %v", err, context.Canceled)
	}
}

func TestWhatIsAppendedDuringACheckIsCheckedToo(t *testing.T) {
	t.Parallel()
	f := setup(t, 7)
	s := &appendingStore{Store: f.Store, when: 3, then: func() { f.Append(audittest.Deliveries(8, 9)...) }}
	publisher := contract.NewTestPublisher(func(context.Context, auditapi.IntegrityVerified) error { return nil })
	service := auditverify.New(f.Tx, s, f.Keys, publisher, zap.NewNop())
	res, err := service.Integrity(t.Context(), auditapi.IntegrityRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(valid(9), res); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAKeyThatCannotBeHadMakesTheTrailInvalid(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(f fixture){
		"the provider is down":      func(f fixture) { f.Keys.Fail(errors.New("connection refused")) },
		"the provider lost its key": func(f fixture) { f.Keys.Forget() },
		"the key is gone":           func(f fixture) { f.DeleteKey(1) },
		"the key was altered":       func(f fixture) { f.SpoilKey(1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, 3)
			lose(f)
			if diff := cmp.Diff(invalid(0, 1, domain.UnknownKey), f.check()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if f.logged.FilterMessage("a MAC key of the audit trail cannot be had").Len() == 0 {
				t.Errorf("logged %v, want why", f.logged.All())
			}
		})
	}
}

func TestAKeyThatIsLostAfterItWasUsedIsLost(t *testing.T) {
	t.Parallel()
	f := setup(t, 3)
	f.check()
	f.SpoilKey(1)
	if diff := cmp.Diff(invalid(0, 1, domain.UnknownKey), f.check()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func BenchmarkVerifyTenThousandEntries(b *testing.B) {
	f := setup(b, 0)
	const entries = 10_000
	for n := 1; n <= entries; n += 100 {
		f.Append(audittest.Deliveries(n, n+99)...)
	}
	for b.Loop() {
		if res := f.check(); !res.Valid || res.EntriesChecked != entries {
			b.Fatalf("got %+v", res)
		}
	}
	b.ReportMetric(float64(entries*b.N)/b.Elapsed().Seconds(), "entries/s")
}
