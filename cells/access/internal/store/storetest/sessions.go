package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
)

func sessionChecks() []Check {
	return []Check{
		{"a session is read as it was inserted", sessionRoundTrip},
		{"a session that is not there is not found", sessionNotFound},
		{"a session is revoked once", sessionRevokedOnce},
		{"of many revocations at once one gets through", sessionRevokedRace},
		{"a revocation that failed was never there", sessionRevocationUndone},
		{"ended sessions are purged, oldest first, and no others", sessionsPurged},
		{"a session needs a transaction", sessionOutside},
	}
}

func session(id string, ends time.Time) domain.Session {
	return domain.Session{ID: id, User: "u" + id, StartedAt: noon, EndsAt: ends}
}

func (k Kit) addSessions(ctx context.Context, all ...domain.Session) error {
	return k.write(ctx, func(ctx context.Context) error {
		for _, s := range all {
			if err := k.Store.InsertSession(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k Kit) revoke(ctx context.Context, id string) error {
	return k.write(ctx, func(ctx context.Context) error { return k.Store.RevokeSession(ctx, id, noon.Add(time.Minute)) })
}

func sessionRoundTrip(ctx context.Context, k Kit) error {
	want := session("1", noon.Add(time.Hour))
	if err := k.addSessions(ctx, want); err != nil {
		return err
	}
	got, err := k.Store.Session(ctx, "1")
	return errors.Join(err, wantEqual("session", got, want))
}

func sessionNotFound(ctx context.Context, k Kit) error {
	_, err := k.Store.Session(ctx, "1")
	return errors.Join(wantError("read", err, db.ErrNotFound), wantError("revoke", k.revoke(ctx, "1"), db.ErrNotFound))
}

func sessionRevokedOnce(ctx context.Context, k Kit) error {
	want := session("1", noon.Add(time.Hour))
	if err := errors.Join(k.addSessions(ctx, want), k.revoke(ctx, "1")); err != nil {
		return err
	}
	want.RevokedAt = noon.Add(time.Minute)
	got, err := k.Store.Session(ctx, "1")
	return errors.Join(err, wantEqual("session", got, want), wantError("a second time", k.revoke(ctx, "1"), db.ErrNotFound))
}

func sessionRevokedRace(ctx context.Context, k Kit) error {
	if err := k.addSessions(ctx, session("1", noon.Add(time.Hour))); err != nil {
		return err
	}
	var won atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if k.revoke(ctx, "1") == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		return fmt.Errorf("%d revocations got through", won.Load())
	}
	return nil
}

func sessionRevocationUndone(ctx context.Context, k Kit) error {
	want := session("1", noon.Add(time.Hour))
	if err := k.addSessions(ctx, want); err != nil {
		return err
	}
	err := k.undone(ctx, func(ctx context.Context) error { return k.Store.RevokeSession(ctx, "1", noon) })
	got, errGet := k.Store.Session(ctx, "1")
	return errors.Join(err, errGet, wantEqual("session", got, want))
}

func sessionsPurged(ctx context.Context, k Kit) error {
	var all []domain.Session
	for i := range 6 {
		all = append(all, session(strconv.Itoa(i), noon.Add(time.Duration(5-i)*time.Minute))) // 5 ends first
	}
	if err := errors.Join(k.addSessions(ctx, all...), k.revoke(ctx, "0")); err != nil {
		return err
	}
	purge := func(endedBy time.Time, limit int) error {
		return k.write(ctx, func(ctx context.Context) error { return k.Store.PurgeSessions(ctx, endedBy, limit) })
	}
	left := func(want ...string) error {
		var got []string
		for _, s := range all {
			if _, err := k.Store.Session(ctx, s.ID); err == nil {
				got = append(got, s.ID)
			}
		}
		return wantEqual("sessions left", got, want)
	}
	return errors.Join(
		purge(noon.Add(-time.Second), 10), left("0", "1", "2", "3", "4", "5"),
		purge(noon.Add(3*time.Minute), 2), left("0", "1", "2", "3"),
		purge(noon.Add(3*time.Minute), 10), left("0", "1"),
	)
}

func sessionOutside(ctx context.Context, k Kit) error {
	if err := k.addSessions(ctx, session("1", noon)); err != nil {
		return err
	}
	return errors.Join(
		wantError("insert", k.Store.InsertSession(ctx, session("2", noon)), db.ErrNoTransaction),
		wantError("revoke", k.Store.RevokeSession(ctx, "1", noon), db.ErrNoTransaction),
		wantError("purge", k.Store.PurgeSessions(ctx, noon.Add(time.Hour), 1), db.ErrNoTransaction),
	)
}
