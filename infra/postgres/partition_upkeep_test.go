package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/db"
)

// shelved returns a house whose log has partitions of ten ids, and its upkeep.
func shelved(t *testing.T) (*house, *upkeep) {
	t.Helper()
	h := newHouse(t)
	u := &upkeep{h.pool, 10, time.Millisecond, time.Millisecond}
	h.anew(u)
	return h, u
}

// anew empties the log, and makes its first partitions.
func (h *house) anew(u *upkeep) {
	h.Helper()
	h.exec("DROP TABLE fxcell." + strings.Join(h.tables(), ", fxcell."))
	h.exec("TRUNCATE fxcell.outbox_reader")
	h.exec("ALTER SEQUENCE fxcell.outbox_id_seq RESTART")
	h.round(u)
}

func (h *house) round(u *upkeep) {
	h.Helper()
	if err := u.round(h.Context()); err != nil {
		h.Fatalf("round = %v", err)
	}
}

// add writes n events of some age. What finds no partition waits for one.
func (h *house) add(n int, age time.Duration) {
	h.Helper()
	h.exec(`INSERT INTO fxcell.outbox (topic, key, kind, payload, headers, created_at)
		SELECT 't', 'k', 'e', '', '{}', now() - make_interval(secs => $2) FROM generate_series(1, $1::int)`, n, age.Seconds())
}

// tables are the names of all tables of the log.
func (h *house) tables() (names []string) {
	h.Helper()
	if err := h.sql.Select(h.Context(), &names, `SELECT relname FROM pg_class
		WHERE relnamespace = 'fxcell'::regnamespace AND relkind = 'r' AND relname ~ '^outbox_[0-9]+$'`); err != nil {
		h.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func (h *house) wantTables(when string, want ...string) {
	h.Helper()
	if diff := cmp.Diff(want, h.tables()); diff != "" {
		h.Errorf("%s: the tables are (-want +got):\n%s", when, diff)
	}
}

func TestUpkeepKeepsThreePartitionsAheadInWhichNobodyInserts(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.wantTables("at first", "outbox_0", "outbox_1", "outbox_2", "outbox_3")
	h.add(24, 0)
	h.during("INSERT INTO fxcell.outbox (topic, key, kind, payload, headers) VALUES ('t', 'k', 'e', '', '{}')", func() { h.round(u) }) // without waiting for it
	h.wantTables("after 25 ids", "outbox_0", "outbox_1", "outbox_2", "outbox_3", "outbox_4", "outbox_5")
	h.round(u)
	h.wantTables("after another round", "outbox_0", "outbox_1", "outbox_2", "outbox_3", "outbox_4", "outbox_5")
	if n := h.number(`SELECT count(*) FROM pg_class, aclexplode(relacl) a
		WHERE relnamespace = 'fxcell'::regnamespace AND relname ~ '^outbox_[0-9]+$' AND a.privilege_type = 'INSERT'`); n != 0 {
		t.Errorf("%d roles may insert into partitions", n)
	}
	if n := h.number(`SELECT count(*) FROM pg_class WHERE relnamespace = 'fxcell'::regnamespace AND relname ~ '^outbox_[0-9]+$' AND relacl IS NULL`); n != 0 {
		t.Errorf("of %d partitions the owner's right to insert was not taken", n)
	}
	if n := h.number("SELECT count(*) FROM pg_constraint WHERE conname = 'range'"); n != 0 {
		t.Errorf("%d partitions have a second check of their range", n)
	}
}

func TestUpkeepGoesWithManyWriters(t *testing.T) {
	t.Parallel()
	dsn(t)
	for _, tt := range []struct {
		name      string
		retention time.Duration
	}{{"and keeps what they wrote", time.Hour}, {"and drops what they wrote before", 50 * time.Millisecond}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, u := shelved(t)
			h.pool.cfg.Outbox.Retention, u.size, u.every = tt.retention, 50, 5*time.Millisecond
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var upkeeps sync.WaitGroup
			for range 2 { // of two replicas
				upkeeps.Go(func() {
					if err := u.run(ctx); err != nil {
						t.Errorf("run = %v", err)
					}
				})
			}
			ids := h.writeMany(4, 100)
			eventually(t, "three partitions ahead", func() bool { return u.check().Probe(t.Context()) == nil && h.ahead() == partitionsAhead })
			stop()
			upkeeps.Wait()
			s, err := look(t.Context(), must(h.pool.opened()))
			if err != nil || s.tables[0].leaving {
				t.Fatalf("the log is %v, %v", ranges(s.tables), err)
			}
			oldest := s.tables[0].from
			ids = slices.DeleteFunc(ids, func(id int64) bool { return id < oldest })
			if n := h.number("SELECT count(*) FROM fxcell.outbox"); n != len(ids) || oldest > 0 != (tt.retention < time.Second) {
				t.Errorf("from %d the log has %d rows, want %d", oldest, n, len(ids))
			}
		})
	}
}

// writeMany writes as many events as many writers may, each in a transaction of its own, and returns their ids.
func (h *house) writeMany(writers, each int) (ids []int64) {
	h.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	for range writers {
		all.Go(func() {
			for n := 0; n < each && !h.Failed(); {
				var id int64
				err := h.tx.InTx(h.Context(), func(ctx context.Context) error {
					return h.sql.Get(ctx, &id, "INSERT INTO fxcell.outbox (topic, key, kind, payload, headers) VALUES ('t', 'k', 'e', '', '{}') RETURNING id")
				})
				switch {
				case err == nil:
					n++
					mu.Lock()
					ids = append(ids, id)
					mu.Unlock()
				case errors.Is(err, db.ErrUnavailable):
					h.awaitRoom()
				default:
					h.Errorf("insert = %v", err)
				}
			}
		})
	}
	all.Wait()
	return ids
}

// awaitRoom waits until the upkeep has caught up, as it must with so small partitions. A try that finds none takes an id all the same: writers who tried
// again and again would run ahead of every partition that is made.
func (h *house) awaitRoom() {
	h.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(20 * time.Second); !h.Failed(); {
		s, err := look(h.Context(), must(h.pool.opened()))
		switch {
		case err != nil:
			h.Errorf("look = %v", err)
		case s.ahead() >= 0:
			return
		case time.Now().After(until):
			h.Errorf("the upkeep does not catch up: the next id is %d, the partitions are %v", s.last+1, ranges(s.tables))
		}
		<-tick.C
	}
}

func (h *house) ahead() int {
	h.Helper()
	s, err := look(h.Context(), must(h.pool.opened()))
	if err != nil {
		h.Fatal(err)
	}
	return s.ahead()
}

func must[T any](v T, _ error) T { return v }

func TestPartitionIsDroppedWhenNobodyNeedsIt(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.pool.cfg.Outbox.Retention = time.Hour
	const reader = "INSERT INTO fxcell.outbox_reader (reader, head, gaps) VALUES "
	for _, tt := range []struct {
		name  string
		state string
		want  string // the oldest that stays
	}{
		{"nobody reads", "", "outbox_2"},
		{"all have passed it", reader + "('r', 30, '{}'), ('s', 19, '{}')", "outbox_2"},
		{"a slow reader holds", reader + "('r', 30, '{}'), ('s', 18, '{}')", "outbox_1"},
		{"a reader that has read nothing holds", reader + "('r', 0, '{}')", "outbox_0"},
		{"a gap holds", reader + "('r', 25, '{[12,14),[22,23)}')", "outbox_1"},
		{"gaps elsewhere do not hold", reader + "('r', 25, '{[20,23)}')", "outbox_2"},
		{"a gap in the oldest holds those after it", reader + "('r', 25, '{[9,10)}')", "outbox_0"},
		{"a young row holds", "UPDATE fxcell.outbox SET created_at = now() WHERE id = 19", "outbox_1"},
		{"a young row after it holds", "UPDATE fxcell.outbox SET created_at = now() WHERE id >= 20", "outbox_1"},
		{"nothing after it holds", "DELETE FROM fxcell.outbox WHERE id >= 20", "outbox_1"},
		{"without rows it goes", "DELETE FROM fxcell.outbox WHERE id < 20", "outbox_2"},
	} {
		h.anew(u)
		h.add(25, 2*time.Hour)
		if tt.state != "" {
			h.exec(tt.state)
		}
		for range 2 { // the second one finds nothing to do
			h.round(u)
			if got := h.tables()[0]; got != tt.want {
				t.Errorf("%s: the oldest is %s, want %s", tt.name, got, tt.want)
			}
		}
	}
}

func TestInterruptedDetachIsFinished(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.pool.cfg.Outbox.Retention = time.Hour
	h.add(15, 2*time.Hour)
	h.during("SELECT FROM fxcell.outbox", func() { // somebody reads it
		for range 2 {
			err := u.round(t.Context())
			if !errors.Is(err, db.ErrUnavailable) {
				t.Errorf("the round of who waits = %v, want ErrUnavailable", err)
			}
			wants(t, err, "55P03", "partition fxcell.")
		}
		if n := h.number("SELECT count(*) FROM pg_inherits WHERE inhdetachpending"); n != 1 {
			t.Errorf("%d partitions are being detached, want 1", n)
		}
	})
	h.round(u)
	h.wantTables("after the next round", "outbox_1", "outbox_2", "outbox_3", "outbox_4")
	h.add(30, 0) // nothing stands in the way of the next ones
	h.round(u)
	if n := h.number("SELECT count(*) FROM fxcell.outbox"); n != 36 {
		t.Errorf("the log has %d rows, want 36: from 10 to 45", n)
	}
}

func TestDetachOfAnOperatorIsFinishedAndItsTableKept(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.pool.cfg.Outbox.Retention = time.Hour
	h.add(35, 2*time.Hour)
	h.during("SELECT FROM fxcell.outbox", func() {
		if err := u.round(t.Context()); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("the round of who waits = %v, want ErrUnavailable", err)
		}
	})
	h.exec("COMMENT ON TABLE fxcell.outbox_0 IS NULL") // as if an operator had detached it
	for range 2 {
		h.round(u)
	}
	h.wantTables("afterwards", "outbox_0", "outbox_3", "outbox_4", "outbox_5", "outbox_6")
	if n := h.number("SELECT count(*) FROM fxcell.outbox_0"); n != 9 {
		t.Errorf("the table that was kept has %d rows, want 9", n)
	}
}

func TestOnlyWhatTheUpkeepDetachedIsDropped(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.exec("COMMENT ON TABLE fxcell.outbox_0 IS '" + partitionNote + "'") // the process died after its second statement
	h.exec("ALTER TABLE fxcell.outbox DETACH PARTITION fxcell.outbox_0")
	h.exec("ALTER TABLE fxcell.outbox DETACH PARTITION fxcell.outbox_3")  // an operator keeps it
	h.exec("COMMENT ON TABLE fxcell.outbox_2 IS '" + partitionNote + "'") // the process died after its first statement
	h.round(u)
	h.wantTables("afterwards", "outbox_1", "outbox_2", "outbox_3", "outbox_4", "outbox_5")
}

func TestPartitionThatGoesWhileItIsLookedAtIsNotThere(t *testing.T) {
	t.Parallel()
	h, _ := shelved(t)
	tx, err := must(h.pool.opened()).BeginTxx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := look(t.Context(), tx); err != nil { // from now on, it sees the log as it is
		t.Fatal(err)
	}
	h.exec("ALTER TABLE fxcell.outbox DETACH PARTITION fxcell.outbox_0")
	h.exec("DROP TABLE fxcell.outbox_0")
	s, err := look(t.Context(), tx)
	if diff := cmp.Diff([]string{"outbox_1 10-20", "outbox_2 20-30", "outbox_3 30-40"}, ranges(s.tables)); err != nil || diff != "" {
		t.Errorf("look = %v (-want +got):\n%s", err, diff)
	}
}

func TestOneReplicaAtATimeKeepsUp(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.add(12, 0)
	h.during(fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", upkeepLock), func() {
		h.round(u)
		h.wantTables("while another one is at it", "outbox_0", "outbox_1", "outbox_2", "outbox_3")
	})
	h.round(u)
	h.wantTables("afterwards", "outbox_0", "outbox_1", "outbox_2", "outbox_3", "outbox_4")
}

func TestUpkeepWaitsForLocksAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.add(12, 0)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	h.during("LOCK TABLE fxcell.outbox IN SHARE ROW EXCLUSIVE MODE", func() {
		go func() { ended <- u.run(ctx) }()
		eventually(t, "an upkeep that waits for the lock", h.queued)
		eventually(t, "an upkeep that waits no longer", h.unqueued)
	})
	eventually(t, "the missing partition", func() bool { return len(h.tables()) == 5 })
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run = %v, want nil at the end of its context", err)
	}
}

// queued reports whether somebody waits for a lock on the log.
func (h *house) queued() bool {
	return h.number("SELECT count(*) FROM pg_locks WHERE relation = 'fxcell.outbox'::regclass AND NOT granted") > 0
}

func (h *house) unqueued() bool { return !h.queued() }

func TestUpkeepFailsWithoutTheLog(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.exec("DROP TABLE fxcell.outbox")
	wants(t, u.run(t.Context()), "postgres: keep up the log of ", "42P01", "fxcell.outbox")
}

func TestInboxForgetsWhatIsOldAndPassed(t *testing.T) {
	t.Parallel()
	h, u := shelved(t)
	h.pool.cfg.Inbox.Retention = time.Hour
	h.exec(`INSERT INTO fxcell.outbox_reader (reader, head, gaps) VALUES ('log', 20, '{[7,8)}')`)
	h.exec(`INSERT INTO fxcell.inbox_seen (reader, event_id, id, seen_at)
		SELECT 'log', n::text, n, now() - interval '2h' FROM generate_series(1, 30) n
		UNION ALL SELECT 'log', 'young ' || n, n, now() FROM generate_series(1, 10) n
		UNION ALL SELECT 'topic', n::text, n, now() - interval '2h' FROM generate_series(1, 2500) n`)
	h.round(u)
	var got []string
	if err := h.sql.Select(t.Context(), &got, "SELECT reader || ' ' || (seen_at < now() - interval '1h') || ' ' || count(*) FROM fxcell.inbox_seen GROUP BY reader, 1 = 1, seen_at < now() - interval '1h' ORDER BY 1"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"log false 10", "log true 11"}, got); diff != "" { // 21 to 30 and 7 are to come again
		t.Errorf("the inbox has (-want +got):\n%s", diff)
	}
}
