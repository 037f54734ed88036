package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
)

// transactor runs transactions on the pool.
type transactor struct{ pool *pool }

var _ db.Transactor = transactor{}

// Durability is Persistent: what was committed is the server's.
func (transactor) Durability() durability.Grade { return durability.Persistent }

// InTx implements db.Transactor.
func (t transactor) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.Run(ctx, t.begin, fn)
}

func (t transactor) begin(ctx context.Context) (db.Unit, error) {
	opened, err := t.pool.opened()
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	// A transaction does not end with its context: db.Run ends it. Only its beginning does, which may have to wait for a connection.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	tx, err := opened.BeginTxx(life, &sql.TxOptions{Isolation: isolation(db.OptionsOf(ctx).Isolation)})
	if err != nil {
		end()
		return nil, translate(ctx, err)
	}
	if !stop() {
		_ = tx.Rollback() // the driver may have done so already
		return nil, context.Cause(ctx)
	}
	return &unit{pool: t.pool, tx: tx, end: end}, nil
}

func isolation(i db.Isolation) sql.IsolationLevel {
	switch i {
	case db.RepeatableRead:
		return sql.LevelRepeatableRead
	case db.Serializable:
		return sql.LevelSerializable
	default:
		return sql.LevelReadCommitted
	}
}

// unit is one open transaction.
type unit struct {
	pool    *pool
	tx      *sqlx.Tx
	end     context.CancelFunc
	depth   int      // open savepoints
	failed  error    // what a statement ended in since the innermost of them: the server does nothing more but to undo
	reading bool     // rows are being read
	asked   bool     // to commit
	outbox  *writing // the events that it writes; nil without any
}

var _ db.Unit = (*unit)(nil)

// Commit implements db.Unit. It does not end with ctx: an answer that nobody waits for is an outcome that nobody knows. The connection's own
// patience bounds it.
func (u *unit) Commit(context.Context) error {
	if u.failed != nil {
		return fmt.Errorf("postgres: a statement has failed: %w", u.failed)
	}
	u.asked = true
	defer u.end()
	err := u.tx.Commit()
	answer, answered := errors.AsType[*pq.Error](err)
	switch {
	case err == nil:
		return nil
	case answered:
		return translateState(answer)
	case errors.Is(err, pq.ErrInFailedTransaction) || errors.Is(err, sql.ErrTxDone):
		return fmt.Errorf("postgres: it was undone: %w", err)
	default:
		return fmt.Errorf("postgres: %w: %w", db.ErrOutcomeUnknown, err)
	}
}

// Rollback implements db.Unit. A connection that is gone takes its transaction with it.
func (u *unit) Rollback(ctx context.Context) error {
	if u.asked {
		return nil // the commit has ended it, one way or the other
	}
	defer u.end()
	err := u.tx.Rollback()
	if err == nil || errors.Is(err, sql.ErrTxDone) || isLost(err) {
		return nil
	}
	return translate(ctx, err)
}

// Savepoint implements db.Unit.
func (u *unit) Savepoint(ctx context.Context) error {
	if err := u.ready(); err != nil {
		return err
	}
	if err := u.do(ctx, fmt.Sprintf("SAVEPOINT s%d", u.depth+1)); err != nil {
		return err
	}
	u.depth++
	return nil
}

// RollbackTo implements db.Unit.
func (u *unit) RollbackTo(ctx context.Context) error {
	u.failed = nil
	err := u.do(ctx, fmt.Sprintf("ROLLBACK TO SAVEPOINT s%d; RELEASE SAVEPOINT s%d", u.depth, u.depth))
	u.depth--
	return err
}

// Release implements db.Unit.
func (u *unit) Release(ctx context.Context) error {
	if err := u.ready(); err != nil {
		return err
	}
	if err := u.do(ctx, fmt.Sprintf("RELEASE SAVEPOINT s%d", u.depth)); err != nil {
		return err
	}
	u.depth--
	return nil
}

func (u *unit) do(ctx context.Context, command string) error {
	_, err := u.tx.ExecContext(ctx, command)
	return u.note(ctx, err)
}

var errReading = errors.New("postgres: the rows of a query are still being read: end the loop over them first, or read them by Select")

// ready returns why the transaction can run no statement, nil when it can.
func (u *unit) ready() error {
	switch {
	case u.reading:
		return errReading
	case u.failed == nil:
		return nil
	case errors.Is(u.failed, db.ErrSerialization) || errors.Is(u.failed, db.ErrUnavailable):
		return fmt.Errorf("postgres: a statement has failed: %w", u.failed)
	default: // what the statement ended in is not what the next one does
		return fmt.Errorf("postgres: a statement has failed: %v", u.failed) //nolint:errorlint // see above
	}
}

// note translates what a statement ended in, and remembers what leaves nothing to do but to undo.
func (u *unit) note(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	translated := translate(ctx, err)
	if ruins(err) || context.Cause(ctx) != nil {
		u.failed = translated
	}
	return translated
}
