package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// sessionPatience bounds a statement of a session. They are all short; what takes longer does not hold its reader up for ever.
const sessionPatience = 10 * time.Second

// newSessionConnector makes the sessions of the log. They write without the pool's transactions; a position that a crash of the server takes back only
// repeats what was read. The plans are pinned: over a table that grew since it was last analyzed, the planner would sort all of it for each read.
func newSessionConnector(cfg Config, t target) (*connector, error) {
	cfg.StatementTimeout = sessionPatience
	cfg.PreparedStatements = max(cfg.PreparedStatements, 16)
	t.applicationTag = cmp.Or(t.applicationTag, "fxcell") + " log"
	c, err := newConnector(cfg, t)
	if err != nil {
		return nil, err
	}
	settings := cfg.driverConfig(t)
	alive := strconv.Itoa(int(max(cfg.Outbox.Lease.Seconds(), 1)))
	maps.Copy(settings.Runtime, map[string]string{
		"default_transaction_read_only": "off", "default_transaction_isolation": "read committed", "synchronous_commit": "off",
		"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off", "jit": "off", "plan_cache_mode": "force_generic_plan",
		"tcp_keepalives_idle": alive, "tcp_keepalives_interval": "1", "tcp_keepalives_count": "3", "tcp_user_timeout": milliseconds(cfg.Outbox.Lease),
	})
	if c.pq, err = pq.NewConnectorConfig(settings); err != nil {
		return nil, err
	}
	c.pq.Dialer(dialer{})
	return c, nil
}

// session is one connection of the log. Its statements run one at a time, and to their end: a context that ends would take the connection with it, and
// what the owner holds by it.
type session struct {
	mu   sync.Mutex
	conn *sql.Conn
}

// do runs statements. lost reports that the session is not what it was: its locks are gone.
func (s *session) do(ctx context.Context, statements func(ctx context.Context, conn *sql.Conn) error) (lost bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	err = statements(ctx, s.conn)
	return err != nil && ended(err), translate(ctx, err)
}

// close ends the session, and with it the locks that it holds.
func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.Close() // what cannot be closed is gone already
}

// ended reports whether err means the end of a session.
func ended(err error) bool {
	if answer, ok := errors.AsType[*pq.Error](err); ok {
		return slices.Contains(endings, answer.Code) || answer.Code.Class() == "08"
	}
	return isLost(err)
}

// endings are the answers after which the server closes the connection.
var endings = []pqerror.Code{
	pqerror.AdminShutdown, pqerror.CrashShutdown, pqerror.CannotConnectNow, pqerror.DatabaseDropped, pqerror.IdleSessionTimeout,
	pqerror.IdleInTransactionSessionTimeout,
}

// leave gives up the locks, at once and not only when the server notices that the session is over, and ends it.
func (s *session) leave(ctx context.Context) {
	_, _ = s.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock_all()`)
		return err // a session that cannot answer holds nothing for long
	})
	s.close()
}
