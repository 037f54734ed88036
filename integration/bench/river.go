package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// The tuned settings of river: those of its own benchmark.
const (
	riverCooldown = 2 * time.Millisecond
	riverPoll     = 20 * time.Millisecond
	riverWorkers  = 2000
)

// riverLane is river on pgx, with LISTEN.
type riverLane struct {
	pool   *pgxpool.Pool
	insert *river.Client[pgx.Tx]
}

// Kind implements river.JobArgs.
func (payload) Kind() string { return "ordered" }

type riverWorker struct {
	river.WorkerDefaults[payload]

	handle func(item)
}

// Work implements river.Worker.
func (w *riverWorker) Work(_ context.Context, j *river.Job[payload]) error {
	i, err := j.Args.item()
	if err != nil {
		return river.JobCancel(err)
	}
	w.handle(i)
	return nil
}

func (l *riverLane) open(ctx context.Context, dsn string) (err error) {
	if l.pool, err = pool(ctx, dsn); err != nil {
		return err
	}
	l.insert, err = river.NewClient(riverpgxv5.New(l.pool), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	return err
}

func (l *riverLane) prepare(ctx context.Context) error {
	if _, err := l.pool.Exec(ctx, ordersTable); err != nil {
		return err
	}
	m, err := rivermigrate.New(riverpgxv5.New(l.pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func (l *riverLane) close() error {
	l.pool.Close()
	return nil
}

func (l *riverLane) write(ctx context.Context, items []item, committing func()) error {
	return pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insertOrder, items[0].keyText()); err != nil {
			return err
		}
		opts := &river.InsertOpts{Metadata: []byte(`{"traceparent":"` + traceParent + `"}`)}
		if len(items) == 1 {
			if _, err := l.insert.InsertTx(ctx, tx, items[0].payload(), opts); err != nil {
				return err
			}
		} else {
			params := make([]river.InsertManyParams, len(items))
			for i, it := range items {
				params[i] = river.InsertManyParams{Args: it.payload(), InsertOpts: opts}
			}
			if _, err := l.insert.InsertManyFastTx(ctx, tx, params); err != nil {
				return err
			}
		}
		committing()
		return nil
	})
}

func (l *riverLane) read(ctx context.Context, handle func(item)) (func() error, error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &riverWorker{handle: handle})
	c, err := river.NewClient(riverpgxv5.New(l.pool), &river.Config{
		Logger: slog.New(slog.DiscardHandler), Workers: workers, FetchCooldown: riverCooldown, FetchPollInterval: riverPoll,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: riverWorkers}},
	})
	if err != nil {
		return nil, err
	}
	if err := c.Start(ctx); err != nil {
		return nil, err
	}
	return func() error { return c.Stop(context.WithoutCancel(ctx)) }, nil
}
