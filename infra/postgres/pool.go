package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"fxcell.dev/fxcell/db"
)

// pool is the connections to one database. It has none before open.
type pool struct {
	cfg       Config
	target    target
	connector *connector
	schemas   []schema // brought to the versions of their files before anything else uses the pool
	db        atomic.Pointer[sqlx.DB]
}

var errNotOpen = fmt.Errorf("postgres: not open: before the start, or after the stop: %w", db.ErrUnavailable)

func newPool(cfg Config) (*pool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	t, _ := cfg.target()
	c, err := newConnector(cfg, t)
	if err != nil {
		return nil, fmt.Errorf("infra/postgres: %w", err)
	}
	return &pool{cfg: cfg, target: t, connector: c}, nil
}

// open connects, and refuses a server that cannot keep what this package promises.
func (p *pool) open(ctx context.Context) error {
	made := sqlx.NewDb(sql.OpenDB(p.connector), "postgres")
	made.SetMaxOpenConns(p.cfg.MaxConns)
	made.SetMaxIdleConns(max(p.cfg.MaxIdleConns, 0))
	made.SetConnMaxLifetime(p.cfg.MaxConnLifetime)
	made.SetConnMaxIdleTime(p.cfg.MaxConnIdleTime)
	if err := p.accept(ctx, made); err != nil {
		return errors.Join(fmt.Errorf("postgres: open %v: %w", p.target, cured(err)), made.Close())
	}
	if err := p.prepare(ctx, made); err != nil {
		return errors.Join(fmt.Errorf("postgres: migrate: %w", err), made.Close())
	}
	p.db.Store(made)
	return nil
}

func (p *pool) close(context.Context) error {
	if made := p.db.Swap(nil); made != nil {
		if err := made.Close(); err != nil {
			return fmt.Errorf("postgres: close %v: %w", p.target, err)
		}
	}
	return nil
}

// opened returns the open pool.
func (p *pool) opened() (*sqlx.DB, error) {
	if made := p.db.Load(); made != nil {
		return made, nil
	}
	return nil, errNotOpen
}

// minVersion is the oldest server that is accepted, as server_version_num says it.
const minVersion = 140000

func (p *pool) accept(ctx context.Context, made *sqlx.DB) error {
	var server struct {
		Version int       `db:"version"`
		Now     time.Time `db:"now"`
	}
	asked := time.Now()
	err := made.GetContext(ctx, &server, `SELECT current_setting('server_version_num')::int AS version, clock_timestamp() AS now`)
	if err != nil {
		return translate(ctx, err)
	}
	return p.judge(server.Version, asked, server.Now, time.Now())
}

// judge holds what a server answered between asked and answered against what is needed.
func (p *pool) judge(version int, asked, server, answered time.Time) error {
	var faults []error
	if version < minVersion {
		faults = append(faults, fmt.Errorf("the server is PostgreSQL %d.%d, at least %d is needed: upgrade it",
			version/10000, version%10000, minVersion/10000))
	}
	skew := max(asked.Sub(server), server.Sub(answered), 0) // what the way to the server may have taken is no skew
	if p.cfg.MaxClockSkew > 0 && skew > p.cfg.MaxClockSkew {
		faults = append(faults, fmt.Errorf("the clocks of server and client are %v apart, more than postgres.max_clock_skew (%v): set them by NTP",
			skew.Round(time.Millisecond), p.cfg.MaxClockSkew))
	}
	return errors.Join(faults...)
}
