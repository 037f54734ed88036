package postgres

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/secret"
)

const testLease = 600 * time.Millisecond

func leased(server string) Config {
	return Config{DSN: secret.NewText(server), MaxConns: 6, Outbox: OutboxConfig{Lease: testLease}}
}

// TestOwnerOfAnotherProcess is that process: it owns a reader, says so, and passes a batch when it is told to.
func TestOwnerOfAnotherProcess(t *testing.T) { //nolint:paralleltest // alone in its process
	server, ok := os.LookupEnv("FXCELL_TEST_OWNER")
	if !ok {
		t.Skip("FXCELL_TEST_OWNER: only the process that another test starts runs it")
	}
	p := join(t, leased(server))
	s := p.own(event.Reader{Name: "r"})
	b := p.wantsNext(s, "1")
	_ = p.advance(s, event.Batch{}) // its connection is there, as that of a process that worked is
	fmt.Println("owned")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	fmt.Println("lost:", errors.Is(p.advance(s, b), event.ErrLost))
	<-s.Lost()
	fmt.Println("told")
}

// otherOwner starts a process that owns the reader, and returns it with what it says.
func otherOwner(t *testing.T, server string) (*exec.Cmd, io.Writer, *bufio.Scanner) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOwnerOfAnotherProcess$") //nolint:gosec // this very program
	c.Env = append(os.Environ(), "FXCELL_TEST_OWNER="+server)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	said := bufio.NewScanner(out)
	says(t, said, "owned")
	return c, in, said
}

// says fails unless the next line is the one that is wanted.
func says(t *testing.T, said *bufio.Scanner, want string) {
	t.Helper()
	if !said.Scan() || said.Text() != want {
		t.Fatalf("the other process says %q, want %q", said.Text(), want)
	}
}

func TestOwnerThatIsKilledIsFollowedAtOnce(t *testing.T) {
	t.Parallel()
	cfg := leased(logDatabase(t))
	cfg.Outbox.Lease = time.Minute // it is not the lease that is waited for
	p := join(t, cfg)
	p.write("1")
	other, _, _ := otherOwner(t, cfg.DSN.Reveal())
	killed := time.Now()
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s := p.own(event.Reader{Name: "r"})
	t.Logf("taken over after %v", time.Since(killed))
	if took := time.Since(killed); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	p.wantsNext(s, "1")
}

func TestOwnerThatIsFrozenLosesItsReaderAfterTheLeaseAndIsFenced(t *testing.T) {
	t.Parallel()
	cfg := leased(logDatabase(t))
	p := join(t, cfg)
	p.write("1")
	other, tell, said := otherOwner(t, cfg.DSN.Reveal())
	if err := other.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	frozen := time.Now()
	s := p.own(event.Reader{Name: "r"})
	took := time.Since(frozen)
	t.Logf("taken over after %v by a lease of %v", took, testLease)
	if took < testLease/3 {
		t.Errorf("taken over after %v, before the lease ran out", took)
	}
	b := p.wantsNext(s, "1")
	if err := other.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(tell, "advance\n"); err != nil {
		t.Fatal(err)
	}
	says(t, said, "lost: true")
	says(t, said, "told")
	if err := p.advance(s, b); err != nil {
		t.Errorf("the owner's Advance = %v", err)
	}
	if version, _, _ := p.stored("r"); version != 1 {
		t.Errorf("the position was moved %d times, want once", version)
	}
}

func TestOwnerThatIsFrozenInTheTransactionThatAdvancesIsPassed(t *testing.T) {
	t.Parallel()
	cfg := leased(logDatabase(t))
	p, frozen := join(t, cfg), join(t, cfg)
	p.write("1")
	old := frozen.own(event.Reader{Name: "r"})
	b := frozen.wantsNext(old, "1")
	old.session.mu.Lock() // no heartbeat
	err := frozen.tx.InTx(t.Context(), func(ctx context.Context) error {
		if err := old.Advance(ctx, b); err != nil {
			return err
		}
		s := p.own(event.Reader{Name: "r"}) // while the position is locked
		p.wantsNext(s, "1")
		return nil
	})
	old.session.mu.Unlock()
	if err == nil {
		t.Error("the transaction of an owner that was passed was committed")
	}
	<-old.Lost()
}

func TestOwnerIsToldWhenItsSessionEnds(t *testing.T) {
	t.Parallel()
	server := logDatabase(t)
	p := join(t, leased(server))
	s := p.own(event.Reader{Name: "r"})
	p.write("1", "2")
	b := p.wantsNext(s, "1")
	command(t, server, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	select {
	case <-s.Lost():
	case <-time.After(testLease):
		t.Fatal("nobody told it within the lease")
	}
	if err := p.advance(s, b); !errors.Is(err, event.ErrLost) {
		t.Errorf("Advance = %v, want event.ErrLost", err)
	}
	if _, err := s.Next(t.Context(), 1); !errors.Is(err, event.ErrLost) {
		t.Errorf("Next = %v, want event.ErrLost", err)
	}
	again := p.own(event.Reader{Name: "r"}) // though the lost one was not released
	if err := s.Release(t.Context()); err != nil {
		t.Errorf("Release = %v", err)
	}
	p.wantsNext(again, "1", "2")
}

func TestServerThatEndsAllSessionsIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	server := logDatabase(t)
	cfg := leased(server)
	cfg.Outbox.Lease = time.Hour // no heartbeat helps
	p := join(t, cfg)
	s := p.own(event.Reader{Name: "r"})
	eventually(t, "the listener", func() bool { return p.listeners() == 1 })
	command(t, server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	select {
	case <-s.Lost():
	case <-time.After(3 * time.Second):
		t.Fatal("it went unnoticed")
	}
	p.wantsOwned("r")
}

// listeners returns how many sessions of the database listen, and do nothing else.
func (p *process) listeners() (n int) {
	p.Helper()
	err := p.sql.Get(p.outside, &n, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%'`)
	if err != nil {
		p.Fatal(err)
	}
	return n
}

// wantsOwned fails unless the reader can be owned, by the second try or so.
func (p *process) wantsOwned(reader string) {
	p.Helper()
	eventually(p.T, "an owner of "+reader, func() bool {
		s, err := p.log.Own(p.outside, event.Reader{Name: reader})
		return err == nil && s.Release(p.outside) == nil
	})
}

func TestAdvanceIsFencedByEpochTokenAndVersion(t *testing.T) {
	t.Parallel()
	server := logDatabase(t)
	p := join(t, leased(server))
	p.write("1")
	for what, change := range map[string]string{
		"epoch": `epoch = epoch + 1`, "token": `owner = gen_random_uuid()`, "version": `version = version + 1`,
	} {
		for how, advance := range map[string]func(s event.Stream, b event.Batch) error{
			"":                       func(s event.Stream, b event.Batch) error { return p.advance(s, b) },
			" without a transaction": func(s event.Stream, b event.Batch) error { return s.Advance(t.Context(), b) },
		} {
			r := event.Reader{Name: what + how}
			s := p.own(r)
			b := p.wantsNext(s, "1")
			command(t, server, `UPDATE fxcell.outbox_reader SET `+change+` WHERE reader = '`+r.Name+`'`)
			if err := advance(s, b); !errors.Is(err, event.ErrLost) {
				t.Errorf("%s: Advance = %v, want event.ErrLost", r.Name, err)
			}
			select {
			case <-s.Lost():
			default:
				t.Errorf("%s: Lost is open", r.Name)
			}
			if err := s.Release(t.Context()); err != nil {
				t.Errorf("%s: Release = %v", r.Name, err)
			}
			p.wantsNext(p.own(r), "1")
		}
	}
}

func TestAdvanceWithoutATransactionDoesNotWaitForTheDisk(t *testing.T) {
	t.Parallel()
	server := logDatabase(t)
	p := join(t, leased(server))
	command(t, server, `CREATE TABLE commits (mode text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO commits VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
CREATE TRIGGER note AFTER UPDATE OF version ON fxcell.outbox_reader FOR EACH ROW EXECUTE FUNCTION note()`)
	s := p.own(event.Reader{Name: "r"})
	p.write("1", "2")
	if err := s.Advance(t.Context(), p.wantsNext(s, "1")); err != nil {
		t.Fatalf("Advance = %v", err)
	}
	if err := p.advance(s, p.wantsNext(s, "2")); err != nil {
		t.Fatalf("Advance = %v", err)
	}
	var modes []string
	if err := p.sql.Select(t.Context(), &modes, `SELECT mode FROM commits`); err != nil || !slices.Equal(modes, []string{"off", "on"}) {
		t.Errorf("the commits are %v, %v, want that of the transaction alone to be synchronous", modes, err)
	}
}

func TestAdvanceWhoseAnswerWasLostLosesTheStream(t *testing.T) {
	t.Parallel()
	proxy, cfg := throughProxy(t)
	server := logDatabase(t)
	direct := join(t, leased(server))
	cfg.DSN = secret.NewText(strings.Replace(server, proxy.server, proxy.listener.Addr().String(), 1))
	p := join(t, Config{DSN: cfg.DSN, MaxConns: 2})
	direct.write("1", "2", "3")
	s := p.own(event.Reader{Name: "r"})
	if err := s.Advance(t.Context(), p.wantsNext(s, "1")); err != nil { // the statement is prepared now
		t.Fatalf("Advance = %v", err)
	}
	b := p.wantsNext(s, "2")
	eventually(t, "the listener", func() bool { return direct.listeners() == 1 }) // it is to lose no answer
	proxy.lose.Store(true)
	if err := s.Advance(t.Context(), b); !errors.Is(err, event.ErrLost) {
		t.Errorf("Advance = %v, want event.ErrLost", err)
	}
	<-s.Lost()
	direct.wantsNext(direct.own(event.Reader{Name: "r"}), "3")
}

func TestCommitWhoseAnswerWasLostIsNotAppliedTwice(t *testing.T) {
	t.Parallel()
	proxy, cfg := throughProxy(t)
	server := logDatabase(t)
	direct := join(t, leased(server))
	cfg.DSN = secret.NewText(strings.Replace(server, proxy.server, proxy.listener.Addr().String(), 1))
	p := join(t, Config{DSN: cfg.DSN, MaxConns: 2})
	direct.write("1", "2")
	s := p.own(event.Reader{Name: "r"})
	b := p.wantsNext(s, "1")
	eventually(t, "the listener", func() bool { return direct.listeners() == 1 }) // it is to lose no answer
	err := p.tx.InTx(t.Context(), func(ctx context.Context) error {
		if err := s.Advance(ctx, b); err != nil {
			return err
		}
		return lastHook(ctx, 1, func(context.Context) error { proxy.lose.Store(true); return nil })
	})
	if err == nil {
		t.Fatal("the answer came all the same")
	}
	if err := p.advance(s, b); !errors.Is(err, event.ErrLost) {
		t.Errorf("Advance again = %v, want event.ErrLost", err)
	}
	<-s.Lost()
	direct.wantsNext(direct.own(event.Reader{Name: "r"}), "2")
}

func TestEpochIsNotGivenTwice(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r"})
	_, err := s.session.do(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		tx, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // nothing is kept
		var setting string
		if err := s.loadIn(ctx, tx); err != nil {
			return err
		}
		err = tx.QueryRowContext(ctx, `SHOW synchronous_commit`).Scan(&setting)
		if setting != "on" {
			t.Errorf("an epoch is committed with synchronous_commit = %s, want on", setting)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
