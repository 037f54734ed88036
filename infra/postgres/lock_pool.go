package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/lib/pq"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/health"
)

const (
	// leaseConns are enough: their statements touch one row. They are not the pool's, whose connections may all be in use by those who wait for a lock.
	leaseConns = 4
	// leasePatience bounds a statement.
	leasePatience = 5 * time.Second
)

// leasePool is the connections on which leases are kept. Their statements are transactions of their own, whatever transaction the caller's context
// carries.
type leasePool struct {
	target    target
	connector *connector
	db        atomic.Pointer[sql.DB]
}

func newLeasePool(cfg Config) (*leasePool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	cfg.StatementTimeout = leasePatience
	cfg.PreparedStatements = max(cfg.PreparedStatements, 16)
	t, _ := cfg.target()
	t.applicationTag = cmp.Or(t.applicationTag, "fxcell") + " locks"
	c, err := newConnector(cfg, t)
	if err != nil {
		return nil, fmt.Errorf("infra/postgres: %w", err)
	}
	settings := cfg.driverConfig(t)
	maps.Copy(settings.Runtime, map[string]string{"default_transaction_read_only": "off", "default_transaction_isolation": "read committed"})
	if c.pq, err = pq.NewConnectorConfig(settings); err != nil {
		return nil, fmt.Errorf("infra/postgres: %w", err)
	}
	c.pq.Dialer(dialer{})
	return &leasePool{target: t, connector: c}, nil
}

// open connects, and refuses a database without the tables.
func (p *leasePool) open(ctx context.Context) error {
	made := sql.OpenDB(p.connector)
	made.SetMaxOpenConns(leaseConns)
	made.SetMaxIdleConns(leaseConns)
	var there bool
	const find = `SELECT to_regclass('fxcell.lock') IS NOT NULL AND to_regclass('fxcell.claim') IS NOT NULL AND to_regclass('fxcell.attempt') IS NOT NULL`
	err := made.QueryRowContext(ctx, find).Scan(&there)
	if err = translate(ctx, err); err == nil && !there {
		err = errors.New("the schema fxcell has no tables for them: list migrations.Module, or run the verb migrate up")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("postgres: open locks of %v: %w", p.target, err), made.Close())
	}
	p.db.Store(made)
	return nil
}

func (p *leasePool) close(context.Context) error {
	if made := p.db.Swap(nil); made != nil {
		if err := made.Close(); err != nil {
			return fmt.Errorf("postgres: close locks of %v: %w", p.target, err)
		}
	}
	return nil
}

func (p *leasePool) opened() (*sql.DB, error) {
	if made := p.db.Load(); made != nil {
		return made, nil
	}
	return nil, errNotOpen
}

// change runs a statement that changes one row at most, and reports whether it did.
func (p *leasePool) change(ctx context.Context, statement string, args ...any) (bool, error) {
	on, err := p.opened()
	if err != nil {
		return false, err
	}
	done, err := on.ExecContext(ctx, statement, args...)
	if err != nil {
		return false, translate(ctx, err)
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// get reads one value.
func (p *leasePool) get(ctx context.Context, into any, statement string, args ...any) error {
	on, err := p.opened()
	if err != nil {
		return err
	}
	return translate(ctx, on.QueryRowContext(ctx, statement, args...).Scan(into))
}

// givingBack is how long it takes at most to give back what may have been taken.
const givingBack = time.Second

// giveBack ends a lease that a statement whose answer was lost may have taken.
func (p *leasePool) giveBack(ctx context.Context, statement string, args ...any) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), givingBack)
	defer cancel()
	_, _ = p.change(ctx, statement, args...) // otherwise it runs out
}

// check fails when the connections of the leases do not answer: the app is degraded, not unready.
func (p *leasePool) check() health.Check {
	return health.Check{Name: locksModule, Probe: func(ctx context.Context) error {
		var n int
		return p.get(ctx, &n, `SELECT 1`)
	}}
}

// leaseError is what went wrong, as the error of a port that stands for it.
func leaseError(port, err error) error {
	if errors.Is(err, db.ErrUnavailable) || errors.Is(err, db.ErrSerialization) {
		return fmt.Errorf("%w: %w", port, err)
	}
	return err
}
