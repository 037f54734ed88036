package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lib/pq"
)

// history is the table in an owner's schema that says its version, as golang-migrate keeps it.
const history = "schema_migrations"

func (s schema) history() string { return pq.QuoteIdentifier(s.owner) + "." + history }

// state is what the history of a schema says.
type state struct {
	Version int // none when less than 1
	Dirty   bool
}

// rowReader reads single rows: a connection, or the pool.
type rowReader interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// state reads the version of the schema, without changing anything.
func (s schema) state(ctx context.Context, on rowReader) (state, error) {
	var found state
	var known bool
	if err := on.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", s.history()).Scan(&known); err != nil {
		return found, translate(ctx, err)
	}
	if !known {
		return found, nil
	}
	err := on.QueryRowContext(ctx, "SELECT version, dirty FROM "+s.history()+" LIMIT 1").Scan(&found.Version, &found.Dirty)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return found, translate(ctx, err)
	}
	found.Version = max(found.Version, 0)
	return found, nil
}

// usable returns how many steps a state stands for, and why none can be added to it or taken from it.
func (s schema) usable(now state) (int, error) {
	n, err := s.applied(now.Version)
	if now.Dirty {
		return n, fmt.Errorf("the schema is dirty: a step to this version, which runs outside of a transaction, has ended half-way: finish it by hand "+
			"and say so by UPDATE %[1]s SET dirty = false, or undo it by hand and say what version that is by UPDATE %[1]s SET dirty = false, version = …",
			s.history())
	}
	return n, err
}

// checkSchemas fails unless every schema is at the version of its files.
func (p *pool) checkSchemas(ctx context.Context, on rowReader) error {
	var faults []error
	for _, s := range p.schemas {
		now, err := s.state(ctx, on)
		if err == nil {
			_, err = s.usable(now)
		}
		if err == nil && now.Version != s.latest() {
			err = fmt.Errorf("this program needs version %d, and postgres.migrate is check: run %s", s.latest(), migrateCommand("up"))
		}
		if err != nil {
			faults = append(faults, p.about(s, now.Version, err))
		}
	}
	return errors.Join(faults...)
}

// about says which schema an error is about. The target does not hold the password.
func (p *pool) about(s schema, version int, err error) error {
	return fmt.Errorf("schema %s of %v at version %d: %w", s.owner, p.target, version, err)
}

// migrateCommand names the command line of the verb.
func migrateCommand(words string) string {
	return "`" + filepath.Base(os.Args[0]) + " migrate " + words + "` (with the flags of this run)"
}
