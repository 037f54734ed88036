package auditappend_test

import (
	"errors"
	"sync"
	"testing"

	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/slices/auditappend"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

func onPostgres(tb testing.TB) fixture {
	tb.Helper()
	d := postgrestest.Open(tb, migrations.Of("audit"))
	return setupIn(tb, audittest.NewPostgres(tb, d.Tx, d.SQL))
}

// stores are what the slice may write to.
var stores = map[string]func(tb testing.TB) fixture{"memory": setup, "postgres": onPostgres}

// The very first entry, with its key, is among what they race for.
func TestWritersInParallelMakeOneChain(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			var wg sync.WaitGroup
			for w := range 8 {
				wg.Go(func() {
					for n := range 20 {
						if err := f.append(audittest.Delivery(w*10+n), audittest.Delivery(w*10+n+1)); err != nil { // each comes about twice
							t.Errorf("append: %v", err)
						}
					}
				})
			}
			wg.Wait()
			f.intact(91)
		})
	}
}

func TestATrailInPostgresGoesOnAfterARestartAndOverAChangeOfItsKey(t *testing.T) {
	t.Parallel()
	f := onPostgres(t)
	f.must(audittest.Deliveries(1, 300)...)
	f.Clock.Advance(audittest.RotateAfter)
	f = setupIn(t, f.World) // another process: it knows what is stored
	f.must(audittest.Deliveries(290, 310)...)
	f.intact(311)
	if got := f.Head().KeyID; got != domain.KeyID(2) {
		t.Errorf("the head record is signed with %s, want the second key", got)
	}
}

func TestNothingIsAppendedInPostgresBehindAHeadRecordThatWasChanged(t *testing.T) {
	t.Parallel()
	f := onPostgres(t)
	f.Unguard()
	f.must(audittest.Deliveries(1, 3)...)
	sound := f.Head()
	for name, change := range map[string]func(){
		"deleted": f.DeleteHead,
		"altered": func() {
			h := f.Head()
			h.Size--
			f.PutHead(h)
		},
	} {
		change()
		if err := f.append(audittest.Delivery(4)); !errors.Is(err, auditappend.ErrHead) {
			t.Errorf("%s: append: %v, want %v", name, err, auditappend.ErrHead)
		}
		f.PutHead(sound)
	}
	f.must(audittest.Delivery(4))
	f.intact(4)
}

func BenchmarkAppendABatchOfAHundred(b *testing.B) {
	for name, open := range stores {
		b.Run(name, func(b *testing.B) {
			f, n := open(b), 1
			for b.Loop() {
				if n > 500_000 { // the store in memory is bounded
					b.StopTimer()
					f, n = open(b), 1
					b.StartTimer()
				}
				f.must(audittest.Deliveries(n, n+99)...)
				n += 100
			}
			b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
