package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/golang-migrate/migrate/v4"
	migratepg "github.com/golang-migrate/migrate/v4/database/postgres"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/lib/pq"
)

// What postgres.migrate can be.
const (
	migrateAuto  = "auto"
	migrateCheck = "check"
)

const (
	// migrationLock is the advisory lock under which schemas are changed, those of all owners: "fxcell" in hexadecimal.
	migrationLock = 0x667863656c6c
	// lockPoll is how often it is tried. A session that waited for it on the server would hold a snapshot, and CREATE INDEX CONCURRENTLY of the one
	// that has the lock waits for all of those.
	lockPoll = 100 * time.Millisecond
	// lockTimeout is how long a step waits for a lock of a table, on which others queue up meanwhile.
	lockTimeout = 10 * time.Second
)

// change is what became of one schema.
type change struct {
	owner    string
	from, to int
}

// prepare brings the schemas to the versions of the files, or checks that they are.
func (p *pool) prepare(ctx context.Context, on rowReader) error {
	switch {
	case len(p.schemas) == 0:
		return nil
	case p.cfg.Migrate == migrateCheck:
		return p.checkSchemas(ctx, on)
	}
	if _, err := p.up(ctx); err != nil {
		if context.Cause(ctx) != nil {
			return fmt.Errorf("%w: if that takes longer than a start may, run %s before", err, migrateCommand("up"))
		}
		return err
	}
	return nil
}

// up applies the steps that schemas lack, and returns what it changed until it failed.
func (p *pool) up(ctx context.Context) (changes []change, err error) {
	err = p.alone(ctx, func(conn *sql.Conn) error {
		for _, s := range p.schemas {
			made, err := p.move(ctx, conn, s, func(applied int) (int, error) { return len(s.steps) - applied, nil })
			changes = append(changes, made)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return changes, err
}

// down takes back the last n steps of a schema.
func (p *pool) down(ctx context.Context, s schema, n int) (made change, err error) {
	err = p.alone(ctx, func(conn *sql.Conn) error {
		made, err = p.move(ctx, conn, s, func(applied int) (int, error) {
			if n > applied {
				return 0, fmt.Errorf("%d steps cannot be taken back: %d are applied", n, applied)
			}
			return -n, nil
		})
		return err
	})
	return made, err
}

// move adds as many steps to a schema as by says, or takes them back.
func (p *pool) move(ctx context.Context, conn *sql.Conn, s schema, by func(applied int) (int, error)) (change, error) {
	made := change{owner: s.owner}
	now, err := s.state(ctx, conn)
	if err != nil {
		return made, p.about(s, 0, err)
	}
	made.from, made.to = now.Version, now.Version
	applied, err := s.usable(now)
	if err != nil {
		return made, p.about(s, now.Version, err)
	}
	n, err := by(applied)
	if err == nil && n != 0 {
		err = s.walk(ctx, conn, applied, n, &made)
	}
	if err != nil {
		return made, p.about(s, made.to, err)
	}
	return made, nil
}

// walk takes n steps one by one, so that each that was taken stays when the next one fails.
func (s schema) walk(ctx context.Context, conn *sql.Conn, applied, n int, made *change) error {
	if err := s.create(ctx, conn); err != nil {
		return err
	}
	files, err := iofs.New(s.files, ".")
	if err != nil {
		return fmt.Errorf("read the files: %w", err)
	}
	inner, err := migratepg.WithConnection(ctx, conn, &migratepg.Config{SchemaName: s.owner, MigrationsTable: history})
	if err != nil {
		return translate(ctx, err)
	}
	m, err := migrate.NewWithInstance("iofs", files, "postgres", &stepper{Postgres: inner, ctx: ctx, conn: conn, schema: s})
	if err != nil {
		return err
	}
	for way := n / max(n, -n); n != 0; n -= way {
		if err := s.enter(ctx, conn); err != nil {
			return err
		}
		if err := m.Steps(way); err != nil {
			return fmt.Errorf("%s: %w", s.file(applied, way), err)
		}
		applied += way
		made.to = s.version(applied)
	}
	return nil
}

// file returns the name of the step that leads from as many steps up or down.
func (s schema) file(applied, way int) string {
	if way > 0 {
		return s.steps[applied].up
	}
	return s.steps[applied-1].down
}

// version returns what the history says after as many steps, 0 for none.
func (s schema) version(applied int) int {
	if applied == 0 {
		return 0
	}
	return s.steps[applied-1].version
}

// create makes the schema unless it is there: a role that owns it need not own the database.
func (s schema) create(ctx context.Context, conn *sql.Conn) error {
	if err := s.enter(ctx, conn); err != nil {
		return err
	}
	var known bool
	err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", s.owner).Scan(&known)
	if err == nil && !known {
		_, err = conn.ExecContext(ctx, "CREATE SCHEMA "+pq.QuoteIdentifier(s.owner))
	}
	return translate(ctx, err)
}

// enter lets the session write, and names without a schema mean this one. It forgets what a step has set, so that the next one finds the same whether
// or not it runs in the same session.
func (s schema) enter(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, fmt.Sprintf("RESET ROLE; RESET ALL; SET default_transaction_read_only = off; SET lock_timeout = %d; SET search_path TO %s, public",
		lockTimeout.Milliseconds(), pq.QuoteIdentifier(s.owner)))
	return translate(ctx, err)
}

// alone runs fn on a connection of its own, whose statements have no limit of time, while no other process does the same.
func (p *pool) alone(ctx context.Context, fn func(conn *sql.Conn) error) (err error) {
	cfg := p.cfg
	cfg.StatementTimeout = -1 // a step takes as long as it takes; ctx ends it
	c, err := newConnector(cfg, p.target)
	if err != nil {
		return fmt.Errorf("connect to %v: %w", p.target, err)
	}
	opened := sql.OpenDB(c)
	defer func() { err = errors.Join(err, opened.Close()) }() // the lock ends with the session
	conn, err := opened.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to %v: %w", p.target, translate(ctx, err))
	}
	defer func() { _ = conn.Close() }() // only puts it back
	if err := p.lock(ctx, conn); err != nil {
		return fmt.Errorf("lock the schemas of %v: %w", p.target, err)
	}
	return fn(conn)
}

func (p *pool) lock(ctx context.Context, conn *sql.Conn) error {
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		var held bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(migrationLock)).Scan(&held); err != nil || held {
			return translate(ctx, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("another process is changing them: %w", context.Cause(ctx))
		}
	}
}
