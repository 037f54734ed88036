package main

import (
	"context"
	"errors"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/kafka"
	"fxcell.dev/infra/postgres"
	"fxcell.dev/migrations"
)

const (
	contractID = "event.bench.ordered.v1"
	topic      = "bench"
	readerName = "bench/handle"
)

// settings are the defaults, but for the addresses.
type settings struct {
	dsn   string
	route route
}

func (s settings) Decode(_ string, into any) error {
	switch c := into.(type) {
	case *postgres.Config:
		c.DSN = secret.NewText(s.dsn)
	case *kafka.Config:
		c.Brokers, c.Topics.Prefix, c.Groups.Prefix = []string{s.route.brokers}, s.route.prefix, s.route.prefix
	}
	return nil
}

// ports are what the log is used by.
type ports struct {
	fx.In

	Tx     db.Transactor
	SQL    db.SQL
	Writer outbox.Writer
	Log    outbox.Log
}

// app is infra/postgres as an assembly lists it, with what else is asked for.
func app(s settings, p *ports, more ...fx.Option) *fx.App {
	m := migrations.Of("fxcell")
	return fx.New(append(more,
		postgres.Module,
		fxcell.Migrations(m.Owner, m.Files),
		fx.Provide(func() config.Source { return s }, clock.System, zap.NewNop),
		fx.WithLogger(func() fxevent.Logger { return &inspect.Hooks{} }),
		fx.Invoke(func(in ports) { *p = in }),
	)...)
}

// logLane reads the log by its stream, as a relay does.
type logLane struct {
	ports

	app *fx.App // nil when it has stopped
}

func (l *logLane) open(ctx context.Context, dsn string) error {
	l.app = app(settings{dsn: dsn}, &l.ports)
	return l.app.Start(ctx)
}

func (l *logLane) prepare(ctx context.Context) error {
	return l.Tx.InTx(ctx, func(ctx context.Context) error {
		_, err := l.SQL.Exec(ctx, ordersTable)
		return err
	})
}

func (l *logLane) close() error {
	if l.app == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := l.app.Stop(ctx)
	l.app = nil
	return err
}

func (l *logLane) write(ctx context.Context, items []item, committing func()) error {
	events := make([]event.Event, len(items))
	for i, it := range items {
		events[i] = event.Event{Contract: contractID, Topic: topic, Key: it.keyText(), Source: "bench", TraceParent: traceParent, Payload: it.body()}
	}
	return l.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := l.SQL.Exec(ctx, insertOrder, items[0].keyText()); err != nil {
			return err
		}
		if err := l.Writer.Write(ctx, events...); err != nil {
			return err
		}
		return last(ctx, 3, committing)
	})
}

// last runs fn just before the commit, when what earlier hooks have put behind them is done, too.
func last(ctx context.Context, deferrals int, fn func()) error {
	return db.BeforeCommit(ctx, func(ctx context.Context) error {
		if deferrals == 0 {
			fn()
			return nil
		}
		return last(ctx, deferrals-1, fn)
	})
}

// readLimit is how many events are read at once.
const readLimit = 1000

func (l *logLane) read(ctx context.Context, handle func(item)) (func() error, error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- l.follow(ctx, handle) }()
	return func() error {
		cancel()
		return <-ended
	}, nil
}

// follow handles what the log holds until ctx ends.
func (l *logLane) follow(ctx context.Context, handle func(item)) error {
	s, err := l.Log.Own(ctx, event.Reader{Name: readerName})
	if err != nil {
		return err
	}
	return follow(ctx, s, handle, func(ctx context.Context, b event.Batch) error {
		return l.Tx.InTx(ctx, func(ctx context.Context) error { return s.Advance(ctx, b) })
	})
}

// follow handles what a stream has until ctx ends, then gives it up.
func follow(ctx context.Context, s event.Stream, handle func(item), advance func(ctx context.Context, b event.Batch) error) (err error) {
	rest := context.WithoutCancel(ctx)
	defer func() { err = errors.Join(err, s.Release(rest)) }()
	for ctx.Err() == nil {
		b, err := s.Next(rest, readLimit)
		if err != nil {
			return err
		}
		for _, e := range b.Events {
			i, err := read(e.Payload)
			if err != nil {
				return err
			}
			handle(i)
		}
		if len(b.Events) > 0 {
			if err := advance(rest, b); err != nil {
				return err
			}
		}
		if len(b.Events) == readLimit {
			continue
		}
		select {
		case <-s.Wake():
		case <-s.Lost():
			return event.ErrLost
		case <-ctx.Done():
		}
	}
	return nil
}
