package auditappend_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/slices/auditappend"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/db"
)

// keyIDs returns the key that each entry was signed with, and that of the head record.
func (f fixture) keyIDs() (entries []string, head string) {
	f.TB.Helper()
	for _, r := range f.Rows() {
		seal, _, err := r.Open()
		if err != nil {
			f.TB.Fatal(err)
		}
		entries = append(entries, seal.KeyID)
	}
	return entries, f.Head().KeyID
}

func TestTheFirstKeyIsMadeWithTheFirstEntry(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.must()
	if got := f.Keys.Purposes(); len(got) != 0 {
		t.Errorf("keys were made for %v before there was an entry", got)
	}
	f.must(audittest.Delivery(1))
	f.must(audittest.Delivery(2))
	if diff := cmp.Diff([]string{"audit/mac/1"}, f.Keys.Purposes()); diff != "" {
		t.Errorf("keys were made for (-want +got):\n%s", diff)
	}
	entries, head := f.keyIDs()
	if diff := cmp.Diff([]string{"audit/mac/1", "audit/mac/1"}, entries); diff != "" || head != "audit/mac/1" {
		t.Errorf("head is signed with %s, entries with (-want +got):\n%s", head, diff)
	}
}

func TestAKeyThatIsOldIsRotatedAndThatIsAnEntry(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.must(audittest.Delivery(1))
	f.Clock.Advance(audittest.RotateAfter - time.Nanosecond)
	f.must(audittest.Delivery(2))
	f.Clock.Advance(time.Nanosecond)
	f.must(audittest.Delivery(2)) // nothing new: nothing is written, not even a rotation
	f.intact(2)
	f.must(audittest.Delivery(3), audittest.Delivery(4))
	f.must(audittest.Delivery(5))
	f.Clock.Advance(audittest.RotateAfter)
	f.must(audittest.Delivery(6))

	entries, head := f.keyIDs()
	want := []string{
		"audit/mac/1", "audit/mac/1", "audit/mac/2", "audit/mac/2", "audit/mac/2", "audit/mac/2", "audit/mac/3", "audit/mac/3",
	}
	if diff := cmp.Diff(want, entries); diff != "" || head != "audit/mac/3" {
		t.Errorf("head is signed with %s, entries with (-want +got):\n%s", head, diff)
	}
	got := f.Entries()[2]
	rotated := domain.Entry{
		Time: got.Time, EventTime: got.Time, EventID: "audit/mac/2", EventType: "audit.key.rotated",
		Actor:  auth.Actor{Kind: auth.System, ID: "cells/audit/auditappend"},
		Action: "key_rotated", Target: "key:audit/mac/2", Outcome: "success", Reason: "age", Data: []byte(`{"retired":"audit/mac/1"}`),
	}
	if diff := cmp.Diff(rotated, got); diff != "" {
		t.Errorf("entry of the rotation (-want +got):\n%s", diff)
	}
	f.intact(8)
}

func TestARotationThatIsRolledBackIsMadeAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.must(audittest.Delivery(1))
	f.Clock.Advance(audittest.RotateAfter)
	undo := errors.New("undo")
	err := f.Tx.InTx(t.Context(), func(ctx context.Context) error {
		return errors.Join(f.service.Append(ctx, audittest.Deliveries(2, 2)), undo)
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	f.must(audittest.Delivery(2))
	f.must(audittest.Delivery(3))
	entries, _ := f.keyIDs()
	if diff := cmp.Diff([]string{"audit/mac/1", "audit/mac/2", "audit/mac/2", "audit/mac/2"}, entries); diff != "" {
		t.Errorf("entries are signed with (-want +got):\n%s", diff)
	}
	f.intact(4)
}

func TestAClockThatGoesBackRotatesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.must(audittest.Delivery(1))
	f.Clock.Advance(-10 * audittest.RotateAfter)
	f.must(audittest.Delivery(2))
	f.intact(2)
	if rows := f.Rows(); !rows[1].Time.Before(rows[0].Time) {
		t.Errorf("entries are of %v and %v: order is by seq, times are as the clock said", rows[0].Time, rows[1].Time)
	}
}

func TestWithoutItsKeysTheTrailTakesNothing(t *testing.T) {
	t.Parallel()
	down := errors.New("connection refused")
	f := setup(t)
	f.Keys.Fail(down)
	if err := f.append(audittest.Delivery(1)); !errors.Is(err, down) {
		t.Errorf("first entry: %v, want %v", err, down)
	}
	f.Keys.Fail(nil)
	f.must(audittest.Delivery(1))

	fresh, err := auditappend.New(f.Store, f.Keys, f.Clock, auditappend.Config{})
	if err != nil {
		t.Fatal(err)
	}
	restarted := fixture{f.World, fresh}
	f.Keys.Fail(down)
	if err := restarted.append(audittest.Delivery(2)); !errors.Is(err, domain.ErrNoKey) || !errors.Is(err, down) {
		t.Errorf("after a restart: %v, want %v for %v", err, domain.ErrNoKey, down)
	}
	f.Keys.Fail(nil)
	restarted.must(audittest.Delivery(2))
	restarted.intact(2)
}

func TestAKeyIsUnwrappedOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for n := range 20 {
		f.must(audittest.Delivery(n))
	}
	if got := f.Keys.Unwraps(); got != 1 {
		t.Errorf("%d keys were unwrapped for 20 batches, want 1", got)
	}
}

func TestNothingIsWrittenBehindAHeadRecordThatIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		tamper func(f fixture, old domain.Head)
		want   error
	}{
		{"gone", func(f fixture, _ domain.Head) { f.DeleteHead() }, auditappend.ErrHead},
		{"gone with the entries", func(f fixture, _ domain.Head) {
			f.DeleteHead()
			f.DeleteRows(1, 2, 3, 4)
		}, auditappend.ErrHead},
		{"altered", func(f fixture, _ domain.Head) {
			h := f.Head()
			h.Size = 2
			f.PutHead(h)
		}, auditappend.ErrHead},
		{"of an unknown key", func(f fixture, _ domain.Head) {
			h := f.Head()
			h.KeyID = "audit/mac/7"
			f.PutHead(h)
		}, domain.ErrNoKey},
		{"old", func(f fixture, old domain.Head) { f.PutHead(old) }, db.ErrUnique},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.must(audittest.Deliveries(1, 2)...)
			old := f.Head()
			f.must(audittest.Deliveries(3, 4)...)
			c.tamper(f, old)
			before := f.Rows()
			if err := f.append(audittest.Delivery(5)); !errors.Is(err, c.want) {
				t.Errorf("append: %v, want %v", err, c.want)
			}
			if diff := cmp.Diff(before, f.Rows()); diff != "" {
				t.Errorf("rows (-before +after):\n%s", diff)
			}
		})
	}
}

func TestACutTailStaysVisibleWhenTheTrailGoesOn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.must(audittest.Deliveries(1, 4)...)
	f.DeleteRows(3, 4)
	f.must(audittest.Delivery(5))
	if diff := cmp.Diff(domain.Result{Checked: 2, Seq: 3, Kind: domain.Gap}, f.Verify()); diff != "" {
		t.Errorf("check (-want +got):\n%s", diff)
	}
}

func TestTheSectionHasDefaultsAndLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rotateAfter time.Duration
		want        error
	}{{0, nil}, {time.Minute, nil}, {24 * time.Hour, nil}, {time.Second, auditappend.ErrConfig}, {-time.Hour, auditappend.ErrConfig}} {
		w := audittest.New(t)
		if _, err := auditappend.New(w.Store, w.Keys, w.Clock, auditappend.Config{RotateAfter: c.rotateAfter}); !errors.Is(err, c.want) {
			t.Errorf("rotate after %v: %v, want %v", c.rotateAfter, err, c.want)
		}
	}
	w := audittest.New(t)
	service, err := auditappend.New(w.Store, w.Keys, w.Clock, auditappend.Config{})
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{w, service}
	f.must(audittest.Delivery(1))
	w.Clock.Advance(90*24*time.Hour - time.Second)
	f.must(audittest.Delivery(2))
	f.intact(2)
	w.Clock.Advance(time.Second)
	f.must(audittest.Delivery(3))
	f.intact(4) // and the rotation
}

// A start with other keys than those that wrapped the trail's must fail: the trail would wait for them, and who starts it can mend that.
func TestAStartWithoutTheKeysOfTheTrailIsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	fresh := func() *auditappend.Service {
		t.Helper()
		service, err := auditappend.New(f.Store, f.Keys, f.Clock, auditappend.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return service
	}
	if err := fresh().Check(t.Context()); err != nil {
		t.Errorf("before the first entry: %v", err)
	}
	f.must(audittest.Delivery(1))
	if err := fresh().Check(t.Context()); err != nil {
		t.Errorf("with the keys: %v", err)
	}
	f.Keys.Forget()
	if err := fresh().Check(t.Context()); err == nil || !strings.Contains(err.Error(), "start with the key-encryption keys under which it was wrapped") {
		t.Errorf("without the keys: %v", err)
	}
}
