package postgres

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strconv"

	migratepg "github.com/golang-migrate/migrate/v4/database/postgres"
	"github.com/lib/pq"
)

// outside is the first line of a step that cannot run in a transaction, such as CREATE INDEX CONCURRENTLY.
const outside = "-- outside of a transaction"

// stepper is golang-migrate's driver, but that a step and the record of it are one transaction, which ends with ctx: what ends the process in the
// middle of a step leaves nothing to be mended. The lock is that of all owners, and held already.
type stepper struct {
	*migratepg.Postgres

	ctx    context.Context //nolint:containedctx // the library's interface passes none
	conn   *sql.Conn
	schema schema
	next   int // the version that a step leads to
}

// Lock implements database.Driver.
func (*stepper) Lock() error { return nil }

// Unlock implements database.Driver.
func (*stepper) Unlock() error { return nil }

// SetVersion implements database.Driver. It is called around Run, which records the version itself.
func (d *stepper) SetVersion(version int, _ bool) error {
	d.next = version
	return nil
}

// Run implements database.Driver.
func (d *stepper) Run(step io.Reader) error {
	text, err := io.ReadAll(step)
	if err != nil {
		return fmt.Errorf("read the step: %w", err)
	}
	if bytes.HasPrefix(text, []byte(outside)) {
		return d.alone(string(text))
	}
	tx, err := d.conn.BeginTx(d.ctx, nil)
	if err != nil {
		return translate(d.ctx, err)
	}
	if err = d.in(tx, string(text)); err == nil {
		err = translate(d.ctx, tx.Commit())
	}
	if err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) && !isLost(undo) {
			err = errors.Join(err, translate(context.WithoutCancel(d.ctx), undo))
		}
	}
	return err
}

// in records a step and runs it in one transaction. The record is first: a step may take another role.
func (d *stepper) in(tx *sql.Tx, text string) error {
	if _, err := tx.ExecContext(d.ctx, "DELETE FROM "+d.schema.history()); err != nil {
		return translate(d.ctx, err)
	}
	if d.next > 0 {
		_, err := tx.ExecContext(d.ctx, "INSERT INTO "+d.schema.history()+" (version, dirty) VALUES ($1, false)", d.next)
		if err != nil {
			return translate(d.ctx, err)
		}
	}
	if _, err := tx.ExecContext(d.ctx, text); err != nil {
		return d.located(text, err)
	}
	return nil
}

// alone runs a step that cannot be undone: it leaves a dirty schema when it does not end well.
func (d *stepper) alone(text string) error {
	if err := d.Postgres.SetVersion(d.next, true); err != nil {
		return translate(d.ctx, err)
	}
	if _, err := d.conn.ExecContext(d.ctx, text); err != nil {
		return fmt.Errorf("the schema is dirty now: %w", d.located(text, err)) // the next start says the cure
	}
	return translate(d.ctx, d.Postgres.SetVersion(d.next, false))
}

// located says in which line of a step the server found a fault.
func (d *stepper) located(text string, err error) error {
	said := translate(d.ctx, err)
	answer, ok := errors.AsType[*pq.Error](err)
	if !ok {
		return said
	}
	at, convErr := strconv.Atoi(answer.Position) // in characters, the first is 1
	if convErr != nil {
		return said
	}
	line := 1
	for _, r := range text {
		if at--; at <= 0 {
			break
		}
		if r == '\n' {
			line++
		}
	}
	return fmt.Errorf("line %d: %w", line, said)
}
