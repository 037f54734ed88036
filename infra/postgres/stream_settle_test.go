package postgres

import (
	"context"
	"errors"
	"testing"

	"fxcell.dev/fxcell/event"
)

func TestPositionWithoutAnEventIsFencedToo(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r", Contracts: []string{"event.b.v1"}})
	command(t, p.pool.cfg.DSN.Reveal(), `UPDATE fxcell.outbox_reader SET epoch = epoch + 1`)
	p.write("1")
	eventually(t, "the end of the ownership", func() bool {
		_, err := s.Next(t.Context(), 10)
		return err != nil
	})
	if _, head, _ := p.stored("r"); head != 0 {
		t.Errorf("an owner of an old epoch stored head %d", head)
	}
}

func TestManyEventsLockAllTheirKeysBeforeTheFirstID(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	events := make([]event.Event, insertLimit+1)
	for i := range events {
		events[i] = event.Event{ID: "x", Contract: "event.a.v1", Topic: "t", Key: "other"}
	}
	events[insertLimit].Key = "k" // of the second statement
	p.wantsNoIDBeforeTheLock(events)
}

// wantsNoIDBeforeTheLock writes events while another transaction holds the lock of the key k.
func (p *process) wantsNoIDBeforeTheLock(events []event.Event) {
	p.Helper()
	result := make(chan error, 1)
	err := p.tx.InTx(p.outside, func(ctx context.Context) error {
		if _, err := p.sql.Exec(ctx, lockStatement, []string{"t"}, []string{"k"}); err != nil {
			return err
		}
		go func() {
			result <- p.tx.InTx(p.outside, func(ctx context.Context) error { return p.writer.Write(ctx, events...) })
		}()
		eventually(p.T, "the writer at the key's lock", func() bool {
			var waits int
			err := p.sql.Get(p.outside, &waits, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`)
			return err == nil && waits == 1
		})
		var taken bool
		if err := p.sql.Get(ctx, &taken, `SELECT is_called FROM fxcell.outbox_id_seq`); err != nil {
			return err
		}
		if taken {
			p.Error("ids were taken before all keys were locked")
		}
		return nil
	})
	if err := errors.Join(err, <-result); err != nil {
		p.Fatal(err)
	}
}
