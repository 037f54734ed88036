package memory_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
	"go.uber.org/goleak"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/ratelimit"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// silent is a configuration that says nothing.
type silent struct{}

func (silent) Decode(string, any) error { return nil }

type shown struct {
	fx.In

	Tx      db.Transactor
	Writer  outbox.Writer
	Log     outbox.Log
	Inbox   event.Inbox
	Parking event.Parking
	Keys    secret.KeyProvider
	Claimer idempotency.Claimer
	Locker  lock.Locker
	Limiter ratelimit.Limiter
	Claims  []durability.Claim `group:"fxcell.claims"`
	Checks  []health.Check     `group:"fxcell.checks"`
}

func build(t *testing.T, options ...fx.Option) (s shown, err error) {
	t.Helper()
	app := fx.New(append(options, memory.Module, fx.NopLogger,
		fx.Provide(func() config.Source { return silent{} }),
		fx.Invoke(func(in shown) { s = in }),
	)...)
	return s, app.Err()
}

func TestModuleShowsEveryPortWithItsClaimAndItsCheck(t *testing.T) {
	t.Parallel()
	s, err := build(t)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"db.Transactor": s.Tx, "outbox.Writer": s.Writer, "outbox.Log": s.Log, "event.Inbox": s.Inbox, "event.Parking": s.Parking,
		"secret.KeyProvider": s.Keys, "idempotency.Claimer": s.Claimer, "lock.Locker": s.Locker,
		"ratelimit.Limiter": s.Limiter,
	}
	for _, c := range s.Claims {
		if c.Module != "infra/memory" || any(c.Subject) != want[c.Port] || c.Subject.Durability() != durability.Volatile {
			t.Errorf("claim %+v, want the live value of its port, of infra/memory, volatile", c)
		}
		delete(want, c.Port)
	}
	if len(want) != 0 {
		t.Errorf("no claim for %v", want)
	}
	var names []string
	for _, c := range s.Checks {
		names = append(names, fmt.Sprintf("%s %v", strings.TrimPrefix(c.Name, "infra/memory/"), c.Critical))
		if err := c.Probe(t.Context()); err != nil {
			t.Errorf("check %s = %v, want healthy", c.Name, err)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"attempts false", "claims false", "inbox false", "keys true", "locks false", "log false", "parking false", "transactor true"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestWriterInboxAndTransactorWorkTogether(t *testing.T) {
	t.Parallel()
	s, err := build(t)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := s.Log.Own(t.Context(), event.Reader{Name: "r"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Tx.InTx(t.Context(), func(ctx context.Context) error {
		return s.Writer.Write(ctx, event.Event{ID: "1"})
	}); err != nil {
		t.Fatal(err)
	}
	batch, err := stream.Next(t.Context(), 1)
	if err != nil || len(batch.Events) != 1 {
		t.Fatalf("Next = %+v, %v", batch, err)
	}
	if err := s.Tx.InTx(t.Context(), func(ctx context.Context) error {
		if err := s.Inbox.Mark(ctx, "r", batch.Events[0]); err != nil {
			return err
		}
		return stream.Advance(ctx, batch)
	}); err != nil {
		t.Fatal(err)
	}
}

func TestStuckTransactionShowsInTheCheck(t *testing.T) {
	t.Parallel()
	s, err := build(t)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.Checks, func(c health.Check) bool { return c.Name == "infra/memory/transactor" })
	outside := t.Context()
	_ = s.Tx.InTx(t.Context(), func(context.Context) error {
		ctx, cancel := context.WithTimeout(outside, time.Millisecond)
		defer cancel()
		if err := s.Checks[i].Probe(ctx); err == nil {
			t.Error("the check found nothing wrong")
		}
		return nil
	})
}

func TestConfigFaultsAreToldAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := build(t, fx.Replace(memory.Config{LogCapacity: -1, InboxCapacity: -1, ParkingCapacity: -1, ClaimCapacity: -1, LockCapacity: -1, AttemptCapacity: -1}))
	if err == nil {
		t.Fatal("a wrong configuration was accepted")
	}
	for _, want := range []string{
		"infra/memory: memory.log_capacity must be at least 1: set it in the file or FXCELL_MEMORY__LOG_CAPACITY",
		"infra/memory: memory.inbox_capacity must be at least 1: set it in the file or FXCELL_MEMORY__INBOX_CAPACITY",
		"infra/memory: memory.parking_capacity must be at least 1: set it in the file or FXCELL_MEMORY__PARKING_CAPACITY",
		"infra/memory: memory.claim_capacity must be at least 1: set it in the file or FXCELL_MEMORY__CLAIM_CAPACITY",
		"infra/memory: memory.lock_capacity must be at least 1: set it in the file or FXCELL_MEMORY__LOCK_CAPACITY",
		"infra/memory: memory.attempt_capacity must be at least 1: set it in the file or FXCELL_MEMORY__ATTEMPT_CAPACITY",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
}

func TestPartialConfigKeepsTheOtherDefaults(t *testing.T) {
	t.Parallel()
	s, err := build(t, fx.Replace(memory.Config{LogCapacity: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Log.Own(t.Context(), event.Reader{Name: "r"}); err != nil {
		t.Fatal(err)
	}
	write := func(n int) error {
		return s.Tx.InTx(t.Context(), func(ctx context.Context) error { return s.Writer.Write(ctx, make([]event.Event, n)...) })
	}
	if err := write(2); err == nil {
		t.Error("two events went into a log of one")
	}
	if err := write(1); err != nil {
		t.Errorf("write = %v", err)
	}
}
