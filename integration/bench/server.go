package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is the PostgreSQL that everything runs on.
type server struct {
	dsn        *url.URL
	conn       *pgx.Conn
	postmaster int     // its process, 0 when it is on another machine
	text       string  // what it is, in one line
	broker     *broker // nil before a job goes through it
	routes     int
}

func connect(ctx context.Context, dsn string) (*server, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errors.New(variable + " is no URL") // the error may quote it
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("connect to the server of %s: %w", variable, err)
	}
	s := &server{dsn: u, conn: conn}
	var pid int
	var version, fsync, buffers, connections string
	const about = `SELECT pg_backend_pid(), current_setting('server_version'), current_setting('fsync'), current_setting('shared_buffers'), current_setting('max_connections')`
	if err := conn.QueryRow(ctx, about).Scan(&pid, &version, &fsync, &buffers, &connections); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	if p, ok := statOf(pid); ok && p.server {
		s.postmaster = p.parent
	}
	s.text = fmt.Sprintf("%d CPUs, %s/%s, %s; PostgreSQL %s, fsync %s, shared_buffers %s, max_connections %s",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), version, fsync, buffers, connections)
	return s, nil
}

func (s *server) close(ctx context.Context) {
	_ = s.conn.Close(context.WithoutCancel(ctx))
	if s.broker != nil {
		_ = s.broker.stop()
	}
}

// database makes a database, and returns its address and what drops it.
func (s *server) database(ctx context.Context) (dsn string, drop func() error, err error) {
	name := "bench_" + strings.ToLower(rand.Text())
	if _, err := s.conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	u := *s.dsn
	u.Path = "/" + name
	return u.String(), func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		_, err := s.conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		return err
	}, nil
}

// written returns how many bytes of WAL there are.
func (s *server) written(ctx context.Context) (int64, error) {
	var n int64
	err := s.conn.QueryRow(ctx, `SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint`).Scan(&n)
	return n, err
}

// settle has the planner know a database, and the disk what was written so far.
func settle(ctx context.Context, dsn string) error {
	return on(ctx, dsn, func(c *pgx.Conn) error {
		if _, err := c.Exec(ctx, "ANALYZE"); err != nil {
			return err
		}
		_, err := c.Exec(ctx, "CHECKPOINT")
		return err
	})
}

// dead returns how many dead tuples a database has whose connections are closed: they tell of their work when they end.
func dead(ctx context.Context, dsn string) (n int64, err error) {
	err = on(ctx, dsn, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, `SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables`).Scan(&n)
	})
	return n, err
}

// hold keeps a transaction open that has written something, in another database than those of the jobs. end ends it.
func (s *server) hold(ctx context.Context) (end func() error, err error) {
	c, err := pgx.Connect(ctx, s.dsn.String())
	if err != nil {
		return nil, err
	}
	if _, err := c.Exec(ctx, "BEGIN; CREATE TEMPORARY TABLE unrelated (n int); INSERT INTO unrelated VALUES (1)"); err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return func() error { return c.Close(context.WithoutCancel(ctx)) }, nil
}

func on(ctx context.Context, dsn string, fn func(c *pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	return errors.Join(fn(c), c.Close(ctx))
}
