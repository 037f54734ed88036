package postgres

import (
	"context"
	"database/sql/driver"
	"sync/atomic"
	"time"
)

// pqConn is what a connection of the driver can do.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// conn is a connection of the driver that runs statements with arguments prepared, and waits for no answer longer than its patience.
type conn struct {
	pqConn

	line       *line
	patience   time.Duration
	grace      time.Duration
	statements *statements
	inTx       bool
	doubtful   atomic.Bool // a context ended while the server worked: a late cancellation must not meet the next user of the connection
}

// watch bounds an exchange with the server by the connection's patience and, grace after it, by the end of ctx. done ends that.
func (c *conn) watch(ctx context.Context) (done func()) {
	if c.patience > 0 {
		c.line.until(time.Now().Add(c.patience))
	} else {
		c.line.until(time.Time{})
	}
	stop := context.AfterFunc(ctx, func() {
		c.doubtful.Store(true)
		c.line.until(time.Now().Add(c.grace))
	})
	return func() { stop() }
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	defer c.watch(ctx)()
	tx, err := c.pqConn.BeginTx(context.WithoutCancel(ctx), opts) // it would watch ctx until the transaction ends
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return &driverTx{tx, c}, nil
}

// driverTx is the end of a transaction.
type driverTx struct {
	driver.Tx

	conn *conn
}

// Commit implements driver.Tx.
func (t *driverTx) Commit() error {
	defer t.conn.watch(context.Background())()
	t.conn.inTx = false
	return t.Tx.Commit()
}

// Rollback implements driver.Tx.
func (t *driverTx) Rollback() error {
	defer t.conn.watch(context.Background())()
	t.conn.inTx = false
	return t.Tx.Rollback()
}

// Close implements driver.Conn. It says goodbye; a server that is gone, or does not take it, ends the session by itself.
func (c *conn) Close() error {
	c.line.until(time.Now().Add(c.grace)) // the end of the last exchange's patience is over by now
	_ = c.pqConn.Close()
	return nil
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	defer c.watch(ctx)()
	return c.pqConn.Ping(ctx)
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	defer c.watch(ctx)()
	if len(args) == 0 || c.statements.limit == 0 {
		return c.pqConn.ExecContext(ctx, query, args)
	}
	return again(c, query, func() (driver.Result, error) {
		s, err := c.statements.prepare(ctx, c.pqConn, query)
		if err != nil {
			return nil, err
		}
		return s.ExecContext(ctx, args)
	})
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	done := c.watch(ctx)
	run := func() (driver.Rows, error) { return c.pqConn.QueryContext(ctx, query, args) }
	if len(args) > 0 && c.statements.limit > 0 {
		run = func() (driver.Rows, error) {
			s, err := c.statements.prepare(ctx, c.pqConn, query)
			if err != nil {
				return nil, err
			}
			return s.QueryContext(ctx, args)
		}
	}
	rows, err := again(c, query, run)
	if err != nil {
		done()
		return nil, err
	}
	return &watchedRows{rows, done}, nil
}

// again runs a prepared statement; one that the schema has left behind is prepared anew, outside of a transaction at once.
func again[T any](c *conn, query string, run func() (T, error)) (T, error) {
	out, err := run()
	if err == nil || !isStale(err) {
		return out, err
	}
	c.statements.forget(query)
	if c.inTx {
		return out, err
	}
	return run()
}

// watchedRows are read under the watch of their query.
type watchedRows struct {
	driver.Rows

	done func()
}

// Close implements driver.Rows.
func (r *watchedRows) Close() error {
	defer r.done()
	return r.Rows.Close()
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool { return !c.doubtful.Load() && c.pqConn.IsValid() }

// ResetSession implements driver.SessionResetter.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.doubtful.Load() {
		return driver.ErrBadConn
	}
	return c.pqConn.ResetSession(ctx)
}
