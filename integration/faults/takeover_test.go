package faults

import (
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"
)

// pair is two replicas that clients ask in turn.
type pair struct {
	mu    sync.Mutex
	both  [2]*replica
	turns int
}

// next returns the URL of one of the two.
func (c *pair) next() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turns++
	return c.both[c.turns%2].public
}

// named returns the place of a replica.
func (c *pair) named(name string) (place int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, r := range c.both {
		if r.name == name {
			return i, true
		}
	}
	return 0, false
}

func (c *pair) put(place int, r *replica) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.both[place] = r
}

func (c *pair) at(place int) *replica {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.both[place]
}

// ownerOf names the replica that owns a reader: the lock of the reader is held by a session of it.
func (p *product) ownerOf(reader string) string {
	p.Helper()
	return value[string](p, `SELECT coalesce(max(split_part(a.application_name, ' ', 1)), '') FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.objsubid = 1
  AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended('fxcell.outbox_reader/' || $1, 0)`, reader)
}

// readers names all readers of the log.
func (p *product) readers() []string {
	p.Helper()
	rows, err := p.db.QueryContext(p.Context(), `SELECT reader FROM fxcell.outbox_reader ORDER BY reader`)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			p.Fatal(err)
		}
		all = append(all, name)
	}
	if err := rows.Err(); err != nil {
		p.Fatal(err)
	}
	return all
}

// takenOver waits until the reader has a new owner that moves its position, and returns how long that took.
func (p *product) takenOver(reader string, epoch, head int64, since time.Time) time.Duration {
	p.Helper()
	p.await("that "+reader+" is taken over", func() bool {
		return value[bool](p, `SELECT epoch > $2 AND head > $3 FROM fxcell.outbox_reader WHERE reader = $1`, reader, epoch, head)
	})
	return time.Since(since).Round(time.Millisecond)
}

// place is where a reader stands.
func (p *product) place(reader string) (epoch, head int64) {
	p.Helper()
	if err := p.db.QueryRowContext(p.Context(), `SELECT epoch, head FROM fxcell.outbox_reader WHERE reader = $1`, reader).Scan(&epoch, &head); err != nil {
		p.Fatal(err)
	}
	return epoch, head
}

// lease is after how long a frozen owner loses its reader, and what it holds in a transaction.
const lease = 3 * time.Second

// frozenInAppend lets a replica that was stopped run for moments, until it stands still in the midst of an append: its transaction holds the head of the
// chain and has not moved the reader. It returns where the reader stands then, and since when.
func (p *product) frozenInAppend(owner *replica, reader string) (epoch, head int64, since time.Time) {
	p.Helper()
	epoch, head = p.place(reader)
	since = time.Now()
	p.await("a freeze in the midst of an append", func() bool {
		if value[bool](p, `SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.relation = 'audit.heads'::regclass AND l.mode = 'RowShareLock' AND l.granted AND split_part(a.application_name, ' ', 1) = $1
  AND a.state = 'idle in transaction' AND a.state_change < clock_timestamp() - interval '200 ms'
  AND NOT EXISTS (SELECT FROM pg_locks o WHERE o.pid = l.pid AND o.relation = 'fxcell.outbox_reader'::regclass AND o.mode = 'RowExclusiveLock'))`, owner.name) {
			return true
		}
		if time.Since(since) < 300*time.Millisecond {
			return false
		}
		owner.signal(syscall.SIGCONT)
		<-time.After(50 * time.Millisecond) // it works for a moment
		epoch, head = p.place(reader)
		since = time.Now()
		owner.signal(syscall.SIGSTOP)
		return false
	})
	return epoch, head, since
}

// holdOpen keeps a transaction open that has written something of no concern to the product, until the test ends.
func (p *product) holdOpen() {
	p.Helper()
	if _, err := p.db.ExecContext(p.Context(), `CREATE TABLE unrelated (n int)`); err != nil {
		p.Fatal(err)
	}
	tx, err := p.db.BeginTx(p.Context(), nil)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = tx.Rollback() })
	if _, err := tx.ExecContext(p.Context(), `INSERT INTO unrelated VALUES (1)`); err != nil {
		p.Fatal(err)
	}
}

// Of two replicas the owner of each reader is killed, and then frozen for longer than its lease while it works: the other one goes on where it stood, and
// who wakes up has nothing more to say. All the while a transaction is open that concerns nobody.
func TestAReaderIsTakenOverFromADeadAndFromAFrozenOwner(t *testing.T) { //nolint:paralleltest // each takes the whole machine
	p := deploy(t, server(t))
	c := &pair{}
	c.put(0, p.launch())
	c.put(1, p.launch())
	p.setUp(c.next())
	token := p.login(c.next())
	p.holdOpen()
	seed := uint64(time.Now().UnixNano())
	l := drive(t, 8, seed, token, c.next)
	t.Logf("seed %d", seed)
	readers := p.readers()
	if len(readers) == 0 {
		t.Fatal("nobody reads the log")
	}
	for _, reader := range readers {
		for _, fault := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
			promised := l.promises()
			p.await("that clients write", func() bool { return l.promises() > promised+200 })
			var place int
			p.await("that a replica owns "+reader, func() (ok bool) {
				place, ok = c.named(p.ownerOf(reader))
				return ok
			})
			owner := c.at(place)
			p.await("an event to hand on", func() bool { return p.behind() > 0 })
			epoch, head := p.place(reader)
			since := time.Now()
			owner.signal(fault)
			if fault == syscall.SIGSTOP {
				epoch, head, since = p.frozenInAppend(owner, reader)
			}
			took := p.takenOver(reader, epoch, head, since)
			t.Logf("%s: %v of its owner %s, taken over after %v", reader, fault, owner.name, took)
			if took > 3*lease {
				t.Errorf("that is longer than three leases of %v", lease)
			}
			if fault == syscall.SIGKILL {
				owner.kill()
				c.put(place, p.launch())
				continue
			}
			owner.signal(syscall.SIGCONT)
			p.await("that the woken replica serves", func() bool {
				a, err := do(t.Context(), owner.public, request{method: http.MethodGet, path: "/api/v1/config/hot-0", token: token})
				return err == nil && a.status == http.StatusOK
			})
			if now := p.ownerOf(reader); now == owner.name {
				t.Errorf("%s belongs to %s again, which was frozen", reader, now)
			}
		}
	}
	promised := l.promises()
	p.await("that clients write to the end", func() bool { return l.promises() > promised+200 })
	l.halt()
	p.check(l, c.at(0).public, token)
	for i := range 2 {
		c.at(i).stop(t.Context())
	}
}
