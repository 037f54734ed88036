package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/secret"
)

// process is what one process has of a log: several of them share a database.
type process struct {
	*testing.T

	outside context.Context //nolint:containedctx // of the test, outside of every transaction

	pool   *pool
	tx     db.Transactor
	sql    db.SQL
	writer *writer
	log    *eventLog
}

// join opens the log of a database as one more process.
func join(tb testing.TB, cfg Config) *process {
	tb.Helper()
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 12
	}
	pool, err := newPool(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	if err := pool.open(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	l := newLog(pool)
	if err := l.open(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 20*time.Second)
		defer cancel()
		if err := errors.Join(l.close(ctx), pool.close(ctx)); err != nil {
			tb.Error(err)
		}
	})
	p := &process{outside: tb.Context(), pool: pool, tx: transactor{pool}, sql: access{pool}, writer: &writer{pool, l.wrote}, log: l}
	p.T, _ = tb.(*testing.T)
	return p
}

// soleProcess returns the only process of a new log.
func soleProcess(tb testing.TB) *process {
	tb.Helper()
	return join(tb, Config{DSN: secret.NewText(logDatabase(tb))})
}

func (p *process) own(r event.Reader) *stream {
	p.Helper()
	s, err := p.log.Own(p.outside, r)
	if err != nil {
		p.Fatalf("Own of %s = %v", r.Name, err)
	}
	own, _ := s.(*stream)
	return own
}

// entry is an event with the id, and a key of its own.
func entry(id string) event.Event {
	return event.Event{ID: id, Contract: "event.a.v1", Topic: "t", Key: "key " + id, Payload: []byte(`{}`)}
}

// write commits events with the ids.
func (p *process) write(ids ...string) {
	p.Helper()
	err := p.tx.InTx(p.outside, func(ctx context.Context) error {
		for _, id := range ids {
			if err := p.writer.Write(ctx, entry(id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.Fatalf("write %v: %v", ids, err)
	}
}

// next returns what one Next finds.
func (p *process) next(s event.Stream, limit int) event.Batch {
	p.Helper()
	b, err := s.Next(p.outside, limit)
	if err != nil {
		p.Fatalf("Next = %v", err)
	}
	return b
}

func (p *process) advance(s event.Stream, batches ...event.Batch) error {
	return p.tx.InTx(p.outside, func(ctx context.Context) error {
		for _, b := range batches {
			if err := s.Advance(ctx, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// idsIn returns the ids of a batch, in order.
func idsIn(b event.Batch) string {
	ids := make([]string, len(b.Events))
	for i, e := range b.Events {
		ids[i] = e.ID
	}
	return strings.Join(ids, " ")
}

// wantsNext fails unless the next events are those with the ids, in order, as soon as they come.
func (p *process) wantsNext(s event.Stream, ids ...string) event.Batch {
	p.Helper()
	var got event.Batch
	eventually(p.T, fmt.Sprintf("events %v", ids), func() bool {
		got = p.next(s, len(ids))
		return len(got.Events) > 0
	})
	if have, want := idsIn(got), strings.Join(ids, " "); have != want {
		p.Fatalf("read %q, want %q", have, want)
	}
	return got
}

// stored returns a reader's position as the server has it.
func (p *process) stored(reader string) (version, head int64, gaps string) {
	p.Helper()
	var row struct {
		Version, Head int64
		Gaps          string
	}
	if err := p.sql.Get(p.outside, &row, `SELECT version, head, gaps::text AS gaps FROM fxcell.outbox_reader WHERE reader = $1`, reader); err != nil {
		p.Fatal(err)
	}
	return row.Version, row.Head, row.Gaps
}
