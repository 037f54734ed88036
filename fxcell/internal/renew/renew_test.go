package renew

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errGone = errors.New("gone")
	errAway = errors.New("the server is away")
)

func isLost(r *Renewal) bool {
	select {
	case <-r.Lost():
		return true
	default:
		return false
	}
}

// What extending answers each time, and when the lease of nine seconds is lost; 0 is never.
func TestLeaseIsLostWhenItCannotBeExtendedInTime(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	deaf := func(context.Context) error { <-time.After(20 * time.Second); return nil } // keeps to no context
	fail := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	for name, c := range map[string]struct {
		extend []func(context.Context) error // the last one stays
		lost   time.Duration
	}{
		"always granted":            {[]func(context.Context) error{fail(nil)}, 0},
		"another's at once":         {[]func(context.Context) error{fail(errGone)}, 3 * time.Second},
		"another's later":           {[]func(context.Context) error{fail(nil), fail(errGone)}, 6 * time.Second},
		"away":                      {[]func(context.Context) error{fail(errAway)}, 9 * time.Second},
		"away for a while":          {[]func(context.Context) error{fail(errAway), fail(errAway), fail(nil)}, 0},
		"granted, then away":        {[]func(context.Context) error{fail(nil), fail(errAway)}, 12 * time.Second},
		"without an answer":         {[]func(context.Context) error{hang}, 9 * time.Second},
		"without an answer at once": {[]func(context.Context) error{hang, fail(nil)}, 0},
		"deaf to its context":       {[]func(context.Context) error{deaf}, 9 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n, told := 0, 0
				r := Start(t.Context(), Lease{
					TTL: 9 * time.Second, Since: time.Now(), Gone: errGone, OnLost: func() { told++ },
					Extend: func(ctx context.Context) error {
						step := c.extend[min(n, len(c.extend)-1)]
						n++
						return step(ctx)
					},
				})
				want := c.lost
				if want == 0 {
					want = time.Hour
				}
				<-time.After(want - time.Millisecond)
				synctest.Wait()
				if isLost(r) {
					t.Error("it is lost too early")
				}
				<-time.After(time.Millisecond)
				synctest.Wait()
				if isLost(r) != (c.lost > 0) || told != min(1, int(c.lost)) {
					t.Errorf("lost: %v, told %d times", isLost(r), told)
				}
				if ours := r.Stop(t.Context()); ours != (c.lost == 0) {
					t.Errorf("Stop = %v", ours)
				}
				<-time.After(time.Minute) // nothing comes after
				if isLost(r) != (c.lost > 0) {
					t.Error("it is lost after its end")
				}
			})
		})
	}
}

func TestLeaseThatTookLongToTakeIsLostInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := Start(t.Context(), Lease{
			TTL: 9 * time.Second, Since: time.Now().Add(-8 * time.Second), Gone: errGone, Extend: func(context.Context) error { return nil },
		})
		<-time.After(time.Second)
		synctest.Wait()
		if !isLost(r) {
			t.Error("it is not lost, though it may have ended on its server")
		}
		r.Stop(t.Context())
	})
}

func TestStopWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := Start(t.Context(), Lease{TTL: 3 * time.Second, Since: time.Now(), Gone: errGone, Extend: func(context.Context) error {
			<-time.After(time.Minute)
			return nil
		}})
		<-time.After(1500 * time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := time.Now()
		if !r.Stop(ctx) || time.Since(started) != time.Second {
			t.Errorf("Stop took %v", time.Since(started))
		}
		<-time.After(time.Minute)
	})
}
