package postgres

import (
	"context"
	"strings"
	"testing"

	"fxcell.dev/fxcell/event"
)

func TestGapIsOpenForWhoHasTakenAnIDAndWrittenNothingYet(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r"})
	err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
		var id int64
		if err := p.sql.Get(ctx, &id, `SELECT nextval('fxcell.outbox_id_seq')`); err != nil {
			return err
		}
		p.write("early")
		p.wantsNext(s, "early")
		for range 3 { // it has no lock on any table of the log, only the one on the sequence
			p.wantsGaps(s, "{[1,1]}")
		}
		_, err := p.sql.Exec(ctx, `INSERT INTO fxcell.outbox (id, topic, key, kind, payload, headers) VALUES ($1, 't', 'k', 'event.a.v1', '', '{"id": "late"}')`, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.wantsNext(s, "late")
	p.wantsGaps(s, "{}")
}

// The transaction of a gap commits after the look's snapshot was taken, and the next one with its key right behind it.
func TestCommitDuringALookIsNeitherLostNorOvertaken(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	// Each read takes its snapshot, and then waits for whoever holds the lock.
	command(t, p.pool.cfg.DSN.Reveal(), `ALTER TABLE fxcell.outbox RENAME TO log;
CREATE VIEW fxcell.outbox AS SELECT id, shard, topic, key, kind, payload, headers FROM fxcell.log
  WHERE (SELECT count(*) FROM (SELECT pg_advisory_xact_lock_shared(77) OFFSET 0) AS l) = 1;
ALTER VIEW fxcell.outbox ALTER COLUMN id SET DEFAULT nextval('fxcell.outbox_id_seq')`)
	s := p.own(event.Reader{Name: "r"})
	commit := p.held("late")
	p.write("early")
	p.wantsNext(s, "early")
	looked := make(chan event.Batch, 1)
	err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
		if _, err := p.sql.Exec(ctx, `SELECT pg_advisory_xact_lock(77)`); err != nil {
			return err
		}
		go func() {
			b, err := s.Next(p.outside, 10)
			if err != nil {
				t.Errorf("Next = %v", err)
			}
			looked <- b
		}()
		eventually(t, "the look at the lock", func() bool {
			var waits int
			err := p.sql.Get(p.outside, &waits, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`)
			return err == nil && waits == 1
		})
		commit(nil)
		return p.tx.InTx(p.outside, func(ctx context.Context) error { //nolint:contextcheck // the one in whose midst another transaction runs
			later := entry("later")
			later.Key = entry("late").Key
			return p.writer.Write(ctx, later)
		})
	})
	got := strings.Fields(idsIn(<-looked))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "both events", func() bool {
		got = append(got, strings.Fields(idsIn(p.next(s, 10)))...)
		return len(got) >= 2 || s.place.ranges() == "{}"
	})
	if ids := strings.Join(got, " "); ids != "late later" {
		t.Errorf("read %q, want %q", ids, "late later")
	}
}

func TestHoldersOfGapsEndWithTheirSession(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	first := p.own(event.Reader{Name: "r"})
	commit := p.held("late")
	defer commit(nil)
	p.write("early")
	if err := p.advance(first, p.wantsNext(first, "early")); err != nil {
		t.Fatal(err)
	}
	p.wantsGaps(first, "{[1,1]}")
	if len(first.place.gaps) != 1 || first.place.gaps[0].holders == nil {
		t.Fatal("the first owner asked nobody")
	}
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := p.own(event.Reader{Name: "r"})
	if len(second.place.gaps) != 1 || second.place.gaps[0].holders != nil {
		t.Error("the next owner has holders that it did not ask for itself")
	}
}
