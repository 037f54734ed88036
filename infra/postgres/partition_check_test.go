package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

func TestWriterWithoutAPartitionIsToldWhatIsBehind(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.add(39, 0)
	insert := func(ctx context.Context) error {
		_, err := h.sql.Exec(ctx, "INSERT INTO fxcell.outbox (topic, key, kind, payload, headers) VALUES ('t', 'k', 'e', '', '{}')")
		return err
	}
	err := h.tx.InTx(t.Context(), insert)
	if p := problem.From(err); !errors.Is(err, db.ErrUnavailable) || p.Code.Status != 503 || p.RetryAfter == 0 {
		t.Errorf("insert = %v, %+v, want ErrUnavailable and its 503", err, p)
	}
	wants(t, err, "fxcell.outbox has no partition", "infra/postgres/outbox-partitions is behind", "modules/worker")
	wants(t, u.check().Probe(t.Context()), "fxcell.outbox has no partition for the next event", "modules/worker")
	h.round(u)
	if err := errors.Join(h.tx.InTx(t.Context(), insert), u.check().Probe(t.Context())); err != nil {
		t.Errorf("after the upkeep = %v", err)
	}
}

func TestOtherChecksAreNotTakenForAMissingPartition(t *testing.T) {
	t.Parallel()
	h, _ := shelved(t)
	h.exec("ALTER TABLE fxcell.outbox ADD CONSTRAINT named CHECK (topic <> '')")
	h.exec("CREATE TABLE fxcell.other (id bigint) PARTITION BY RANGE (id)")
	for _, statement := range []string{
		"INSERT INTO fxcell.outbox (topic, key, kind, payload, headers) VALUES ('', 'k', 'e', '', '{}')", "INSERT INTO fxcell.other VALUES (1)",
	} {
		err := h.tx.InTx(t.Context(), func(ctx context.Context) error {
			_, err := h.sql.Exec(ctx, statement)
			return err
		})
		wants(t, err, "23514")
		if errors.Is(err, errBehind) {
			t.Errorf("%s = %v", statement, err)
		}
	}
}

func TestCheckFailsBelowTwoPartitionsAhead(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	check := u.check()
	if check.Name != "infra/postgres/outbox-partitions" || check.Critical {
		t.Errorf("the check is %+v, want one that does not take the app out of service", check)
	}
	h.add(9, 0)
	if err := check.Probe(t.Context()); err != nil {
		t.Errorf("with two ahead = %v", err)
	}
	h.add(10, 0)
	wants(t, check.Probe(t.Context()), "has 1 partitions ahead of the one in use, not 3", "infra/postgres/outbox-partitions", "modules/worker")
	h.round(u)
	if err := check.Probe(t.Context()); err != nil {
		t.Errorf("after the upkeep = %v", err)
	}
}

func TestCheckNamesReadersThatStandStill(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.pool.cfg.Outbox.Retention = time.Hour
	h.add(5, 2*time.Hour)
	h.add(5, 0)
	h.exec(`INSERT INTO fxcell.outbox_reader (reader, head, updated_at) VALUES ('cells/a/stands', 4, now() - interval '3h'),
		('cells/a/never', 0, now() - interval '3h'), ('cells/a/moves', 4, now()), ('cells/a/waits', 5, now() - interval '3h'), ('cells/a/idle', 10, now() - interval '3h')`)
	err := u.check().Probe(t.Context())
	wants(t, err, "reader cells/a/never stands still before an event of 2h0m0s ago", "reader cells/a/stands stands still", "or delete its row from fxcell.outbox_reader")
	for _, fine := range []string{"moves", "waits", "idle"} {
		if strings.Contains(err.Error(), "cells/a/"+fine) {
			t.Errorf("the check = %v, want it to say nothing of cells/a/%s", err, fine)
		}
	}
}

func TestCheckBeforeTheStartSaysSo(t *testing.T) {
	t.Parallel()
	p, err := newPool(Config{DSN: secret.NewText("postgres://u@127.0.0.1:1")})
	if err != nil {
		t.Fatal(err)
	}
	if err := newUpkeep(p).check().Probe(t.Context()); !errors.Is(err, errNotOpen) {
		t.Errorf("the check before the start = %v", err)
	}
}

func TestRetentionsHaveDefaultsAndFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ log, inbox, wantLog, wantInbox time.Duration }{
		{0, 0, 24 * time.Hour, 168 * time.Hour},
		{1000 * time.Hour, 0, 1000 * time.Hour, 1000 * time.Hour},
		{time.Hour, 2 * time.Hour, time.Hour, 2 * time.Hour},
	} {
		got := Config{Outbox: OutboxConfig{Retention: tt.log}, Inbox: InboxConfig{tt.inbox}}.withDefaults()
		if got.Outbox.Retention != tt.wantLog || got.Inbox.Retention != tt.wantInbox {
			t.Errorf("%v and %v = %v and %v", tt.log, tt.inbox, got.Outbox, got.Inbox)
		}
	}
	at := secret.NewText("postgres://u@localhost")
	wants(t, Config{DSN: at, Outbox: OutboxConfig{Retention: time.Millisecond}}.Validate(), "postgres.outbox.retention must be at least 1s", "FXCELL_POSTGRES__OUTBOX__RETENTION")
	wants(t, Config{DSN: at, Inbox: InboxConfig{time.Hour}}.Validate(), "postgres.inbox.retention is shorter than outbox.retention")
}
