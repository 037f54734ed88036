package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"fxcell.dev/fxcell/db"
)

// stateError is what the server answered instead of a result.
type stateError struct {
	code pqerror.Code
	text string
}

// Error names the SQLSTATE.
func (e *stateError) Error() string {
	if e.text == "" {
		return fmt.Sprintf("SQLSTATE %s %s", string(e.code), e.code.Name())
	}
	return fmt.Sprintf("SQLSTATE %s %s: %s", string(e.code), e.code.Name(), e.text)
}

// quoting are the classes of errors whose text may quote what a client sent.
var quoting = []pqerror.Class{"22", "23", "44", "P0"}

// busy are the states of a server that has no room, no time, or is about to end.
var busy = []pqerror.Class{"08", "53", "57", "58"}

// translate turns an error of the driver into one of db, whose text holds nothing that a client sent. ctx is that of the statement: its end is the
// reason of whatever the driver says after it.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ended := context.Cause(ctx); ended != nil {
		return fmt.Errorf("postgres: %w", ended)
	}
	answer, ok := errors.AsType[*pq.Error](err)
	switch {
	case ok:
		return translateState(answer)
	case errors.Is(err, sql.ErrNoRows):
		return db.ErrNotFound
	case errors.Is(err, sql.ErrTxDone):
		return db.ErrTxDone
	case isLost(err):
		return fmt.Errorf("postgres: %w: %w", db.ErrUnavailable, err)
	default:
		return fmt.Errorf("postgres: %w", err)
	}
}

func translateState(e *pq.Error) error {
	if lacksPartition(e) {
		return errBehind
	}
	state := &stateError{code: e.Code}
	if !slices.Contains(quoting, e.Code.Class()) {
		state.text = e.Message
	} else if e.Constraint != "" {
		state.text = e.Constraint
	}
	kind := kindOf(e)
	switch {
	case kind == nil:
		return fmt.Errorf("postgres: %w", state)
	case e.Constraint != "":
		return fmt.Errorf("postgres: %w", &db.ConstraintError{Kind: kind, Constraint: e.Constraint})
	default:
		return fmt.Errorf("postgres: %w: %w", kind, state)
	}
}

// kindOf returns the error of db that stands for an answer, nil without one.
func kindOf(e *pq.Error) error {
	switch code := e.Code; {
	case code == pqerror.UniqueViolation || code == pqerror.ExclusionViolation:
		return db.ErrUnique
	case code == pqerror.ForeignKeyViolation || code == pqerror.RestrictViolation:
		return db.ErrForeignKey
	case code == pqerror.TRSerializationFailure || code == pqerror.TRDeadlockDetected || isStale(e):
		return db.ErrSerialization
	case code == pqerror.LockNotAvailable || code == pqerror.ReadOnlySQLTransaction || slices.Contains(busy, code.Class()):
		return db.ErrUnavailable // a server that only reads is about to be replaced
	default:
		return nil
	}
}

// isStale reports whether a prepared statement was left behind by the schema, or lost by the server.
func isStale(err error) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && (e.Code == pqerror.InvalidSQLStatementName || e.Code == pqerror.FeatureNotSupported && e.Routine == "RevalidateCachedQuery")
}

// isLost reports whether the connection to the server failed, or there was none to be had.
func isLost(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// ruins reports whether a transaction in which err came can only be undone. What went wrong on this side alone, such as a row that did not fit its
// struct, leaves it as it is.
func ruins(err error) bool {
	_, answer := errors.AsType[*pq.Error](err)
	return answer || isLost(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
