package postgres

import (
	"testing"
	"time"

	"github.com/lib/pq"

	"fxcell.dev/fxcell/secret"
)

// hearing returns the notifications of the log's database from now on.
func (p *process) hearing() <-chan *pq.Notification {
	p.Helper()
	heard := make(chan *pq.Notification, 4096)
	conn, err := pq.NewListenerConn(connString(p.pool.cfg, p.pool.target), heard)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = conn.Close() })
	if ok, err := conn.Listen(channel); !ok || err != nil {
		p.Fatal(ok, err)
	}
	return heard
}

func TestNotificationsStandForManyCommitsAndFollowTheLast(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	heard := p.hearing()
	p.log.notify.mark()
	<-heard // its session is there
	began := time.Now()
	for range 100_000 {
		p.log.notify.mark()
	}
	most := int(time.Since(began)/notifyPause) + 2
	after := time.After(time.Second)
	for n := 0; ; n++ {
		select {
		case <-heard:
			if n >= most {
				t.Fatalf("more than %d notifications", most)
			}
			continue
		case <-after:
		}
		if n == 0 {
			t.Error("nobody was notified")
		}
		return
	}
}

func TestNotifierComesBackAfterItsSession(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	heard := p.hearing()
	p.log.notify.mark()
	<-heard
	command(t, p.pool.cfg.DSN.Reveal(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'NOTIFY%'`)
	p.log.notify.mark()
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		t.Error("what was marked while the session was lost is not told")
	}
}

func TestNotificationsOfTheProcessItselfAreToldApart(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	heard := p.hearing()
	p.log.notify.mark()
	n := <-heard
	if pid := p.log.notify.pid.Load(); pid != int64(n.BePid) {
		t.Errorf("the notifier's session is %d, notifications come from %d", pid, n.BePid)
	}
}

func TestLeaseHasALeast(t *testing.T) {
	t.Parallel()
	at := secret.NewText("postgres://u@localhost")
	if got := (Config{DSN: at}).withDefaults().Outbox.Lease; got != 10*time.Second {
		t.Errorf("lease %v, want 10s", got)
	}
	wants(t, Config{DSN: at, Outbox: OutboxConfig{Lease: time.Millisecond}}.Validate(), "postgres.outbox.lease must be at least 100ms")
}
