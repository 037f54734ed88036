package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/secret"
)

// held starts a transaction with events that have their ids, and holds its end until it is told how.
func (p *process) held(ids ...string) (end func(error)) {
	p.Helper()
	ready, how, result := make(chan struct{}), make(chan error), make(chan error, 1)
	go func() {
		result <- p.tx.InTx(p.outside, func(ctx context.Context) error {
			for _, id := range ids {
				if err := p.writer.Write(ctx, entry(id)); err != nil {
					return err
				}
			}
			return lastHook(ctx, 4, func(context.Context) error {
				close(ready)
				return <-how
			})
		})
	}()
	select {
	case <-ready:
	case err := <-result:
		p.Fatalf("a transaction that is held = %v", err)
	}
	return func(err error) {
		p.Helper()
		how <- err
		if got := <-result; !errors.Is(got, err) {
			p.Fatalf("a transaction that was held = %v, want %v", got, err)
		}
	}
}

// wantsGaps looks until the reader's gaps are what is wanted, and nothing is read.
func (p *process) wantsGaps(s *stream, want string) {
	p.Helper()
	eventually(p.T, "gaps "+want, func() bool {
		if b := p.next(s, 10); len(b.Events) > 0 {
			p.Fatalf("read %q, want nothing", idsIn(b))
		}
		return s.place.ranges() == want
	})
}

func TestHeldInsertDelaysOnlyItself(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r"})
	commit := p.held("late")
	p.write("early")
	b := p.wantsNext(s, "early")
	for range 3 {
		p.wantsGaps(s, "{[1,1]}")
	}
	if err := p.advance(s, b); err != nil {
		t.Fatal(err)
	}
	if _, head, gaps := p.stored("r"); head != 2 || gaps != "{[1,2)}" {
		t.Errorf("stored head %d, gaps %s, want 2 and {[1,2)}", head, gaps)
	}
	commit(nil)
	p.wantsNext(s, "late")
	p.wantsGaps(s, "{}")
}

func TestGapOfARollbackIsGivenUpWithoutACommit(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r"})
	end := p.held("undone")
	p.write("1")
	p.wantsNext(s, "1")
	p.wantsGaps(s, "{[1,1]}")
	for woken := true; woken; {
		select {
		case <-s.Wake():
		default:
			woken = false
		}
	}
	end(errUndo)
	select {
	case <-s.Wake():
	case <-time.After(safety / 2):
		t.Error("nobody looked at the gap")
	}
	p.wantsGaps(s, "{}")
}

func TestGapsGoToTheNextOwner(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	first := p.own(event.Reader{Name: "r"})
	commit := p.held("late")
	p.write("early")
	if err := p.advance(first, p.wantsNext(first, "early")); err != nil {
		t.Fatal(err)
	}
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := p.own(event.Reader{Name: "r"})
	p.wantsGaps(second, "{[1,1]}")
	commit(nil)
	if err := p.advance(second, p.wantsNext(second, "late")); err != nil {
		t.Fatal(err)
	}
	if _, head, gaps := p.stored("r"); head != 2 || gaps != "{}" {
		t.Errorf("stored head %d, gaps %s, want 2 and {}", head, gaps)
	}
}

func TestUnrelatedTransactionsStopNobodyAndLoseNothing(t *testing.T) {
	t.Parallel()
	server := logDatabase(t)
	twin := join(t, Config{DSN: secret.NewText(copyOf(t, server))})
	p := join(t, Config{DSN: secret.NewText(server)})
	s := p.own(event.Reader{Name: "r"})
	end := twin.held("of another log")
	defer end(nil)
	err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
		if _, err := p.sql.Exec(ctx, `CREATE TABLE unrelated (n int)`); err != nil {
			return err
		}
		undo := p.held("undone")
		p.write("1")
		p.wantsNext(s, "1")
		p.wantsGaps(s, "{[1,1]}")
		undo(errUndo)
		p.wantsGaps(s, "{}")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// copyOf makes a database like the one at an address, to which nobody is connected: its tables have the same numbers.
func copyOf(t *testing.T, server string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	from := strings.TrimPrefix(u.Path, "/")
	command(t, dsn(t), `CREATE DATABASE `+from+`_twin TEMPLATE `+from)
	t.Cleanup(func() { command(t, dsn(t), `DROP DATABASE `+from+`_twin WITH (FORCE)`) })
	u.Path += "_twin"
	return u.String()
}

func TestLimitThatCutsAReadLeavesTheGapsAboveIt(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r"})
	commit := p.held("1", "2", "3")
	p.write("4")
	p.wantsNext(s, "4")
	p.wantsGaps(s, "{[1,3]}")
	commit(nil)
	for _, id := range []string{"1", "2", "3"} { // one by one, all of whose holders are over
		p.wantsNext(s, id)
	}
	p.wantsGaps(s, "{}")
}

func TestReadThatFailsHalfWayCoversNothing(t *testing.T) {
	t.Parallel()
	for what, gaps := range map[string]string{"above the head": "{}", "in a gap": "{[1,3]}"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := soleProcess(t)
			server := p.pool.cfg.DSN.Reveal()
			s := p.own(event.Reader{Name: "r"})
			commit := p.held("1", "2", "3")
			if gaps != "{}" {
				p.write("4")
				p.wantsNext(s, "4")
			}
			p.wantsGaps(s, gaps)
			commit(nil)
			// The server sends the first row, and then an error.
			command(t, server, `ALTER TABLE fxcell.outbox RENAME TO log; CREATE VIEW fxcell.outbox AS
SELECT id, topic, key, kind, payload, CASE WHEN id = 2 THEN to_jsonb(1 / (id - 2)) ELSE headers END AS headers FROM fxcell.log`)
			if b, err := s.Next(t.Context(), 10); err == nil || len(b.Events) > 0 || s.place.ranges() != gaps {
				t.Errorf("Next = %q, %v with gaps %s, want an error and nothing read", idsIn(b), err, s.place.ranges())
			}
			command(t, server, `DROP VIEW fxcell.outbox; ALTER TABLE fxcell.log RENAME TO outbox`)
			p.wantsNext(s, "1", "2", "3")
		})
	}
}

func TestHeadersThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	p.write("1")
	s := p.own(event.Reader{Name: "r"})
	command(t, p.pool.cfg.DSN.Reveal(), `UPDATE fxcell.outbox SET headers = '{"id": 3}'`)
	if b, err := s.Next(t.Context(), 10); err == nil || s.place.head != 0 {
		t.Errorf("Next = %q, %v at head %d, want an error and nothing read", idsIn(b), err, s.place.head)
	}
}

func TestReaderFromLatestGetsWhatIsCommittedLater(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	p.write("before")
	commit, undo := p.held("open"), p.held("undone")
	p.write("before, too")
	s := p.own(event.Reader{Name: "r", From: event.Latest})
	p.wantsGaps(s, "{[2,3]}")
	undo(errUndo)
	commit(nil)
	p.write("after")
	p.wantsNext(s, "open", "after")
	p.wantsGaps(s, "{}")
}

func TestPositionPassesOverWhatIsNotWantedWithoutARowForEach(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r", Contracts: []string{"event.b.v1"}})
	ids := make([]string, 50)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	for range 8 {
		p.write(ids...)
		if b := p.next(s, 10); len(b.Events) > 0 {
			t.Fatalf("read %q, want nothing", idsIn(b))
		}
	}
	eventually(t, "the position after them", func() bool {
		p.next(s, 10)
		_, head, _ := p.stored("r")
		return head == 400
	})
	if version, _, _ := p.stored("r"); version > 4 {
		t.Errorf("the position was stored %d times for 400 events", version)
	}
	wanted := entry("wanted")
	wanted.Contract = "event.b.v1"
	err := p.tx.InTx(t.Context(), func(ctx context.Context) error { return p.writer.Write(ctx, entry("x"), wanted, entry("y")) })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.advance(s, p.wantsNext(s, "wanted")); err != nil {
		t.Errorf("Advance after the position was stored without an event = %v", err)
	}
}

func TestRareEventsAreFoundByLongerLooks(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r", Contracts: []string{"event.b.v1"}})
	var want []string
	err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
		for n := range 1000 {
			e := entry(fmt.Sprint(n))
			if n%100 == 7 || n > 980 {
				e.Contract = "event.b.v1"
				want = append(want, e.ID)
			}
			if err := p.writer.Write(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	looks := 0
	eventually(t, "all that is wanted", func() bool {
		looks++
		b := p.next(s, 2)
		if len(b.Events) > 0 {
			got = append(got, strings.Fields(idsIn(b))...)
		}
		return len(got) == len(want)
	})
	if strings.Join(got, " ") != strings.Join(want, " ") || looks > 40 {
		t.Errorf("read %v in %d looks, want %v", got, looks, want)
	}
}

func TestSecondTransactionWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r"})
	p.write("1", "2")
	first, second := p.wantsNext(s, "1"), p.wantsNext(s, "2")
	err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
		if err := s.Advance(ctx, first); err != nil {
			return err
		}
		if err := p.advance(s, second); !errors.Is(err, event.ErrOrder) {
			t.Errorf("Advance beside an open transaction that advanced = %v, want event.ErrOrder", err)
		}
		return nil
	})
	if err := errors.Join(err, p.advance(s, second)); err != nil {
		t.Error(err)
	}
}

func TestCommitOfAnotherProcessWakesTheOwner(t *testing.T) {
	t.Parallel()
	cfg := Config{DSN: secret.NewText(logDatabase(t)), MaxConns: 4}
	p, other := join(t, cfg), join(t, cfg)
	s := p.own(event.Reader{Name: "r"})
	eventually(t, "the listener", func() bool { return p.listeners() == 1 })
	for _, id := range []string{"1", "2"} {
		p.wantsGaps(s, "{}")
		for len(s.Wake()) > 0 {
			<-s.Wake()
		}
		began := time.Now()
		other.write(id)
		<-s.Wake()
		if took := time.Since(began); took > safety/2 {
			t.Errorf("woken after %v", took)
		}
		p.wantsNext(s, id)
		command(t, cfg.DSN.Reveal(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%'`)
		eventually(t, "another listener", func() bool { return p.listeners() == 1 })
	}
}

func TestLogBeforeItsStartIsUnavailable(t *testing.T) {
	t.Parallel()
	p, err := newPool(Config{DSN: secret.NewText("postgres://u@localhost")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newLog(p).Own(t.Context(), event.Reader{Name: "r"}); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("Own = %v, want db.ErrUnavailable", err)
	}
	if _, err := newLog(p).Own(t.Context(), event.Reader{}); !errors.Is(err, errReaderName) {
		t.Errorf("Own without a name = %v, want %v", err, errReaderName)
	}
}
