package main

import (
	"context"
	"net/url"

	"fxcell.dev/integration/testenv/kafka"
	"fxcell.dev/integration/testenv/postgres"
	"fxcell.dev/integration/testenv/redis"
)

// kind is a kind of server.
type kind struct {
	name     string
	variable string // which tells the command where the server is
	show     func(given string) string
	start    func(ctx context.Context, o options) (running, error)
	up       func(ctx context.Context, o options) (address, text string, err error)
	down     func() (dirs []string, err error)
}

// running is a server that was started for the command.
type running struct {
	address, text string
	stop          func() error
}

var kinds = []kind{
	{
		name: "postgres", variable: "TESTENV_POSTGRES_DSN", show: withoutPassword, down: postgres.Down,
		start: func(ctx context.Context, o options) (running, error) {
			s, err := postgres.Start(ctx, o.postgres)
			if err != nil {
				return running{}, err
			}
			return running{s.DSN, s.Text, s.Stop}, nil
		},
		up: func(ctx context.Context, o options) (address, text string, err error) {
			return postgres.Up(ctx, o.postgres)
		},
	},
	{
		name: "redis", variable: "TESTENV_REDIS_ADDR", show: asItIs, down: one(redis.Down),
		start: func(ctx context.Context, _ options) (running, error) {
			s, err := redis.Start(ctx)
			if err != nil {
				return running{}, err
			}
			return running{s.Addr, s.Text, s.Stop}, nil
		},
		up: func(ctx context.Context, _ options) (address, text string, err error) { return redis.Up(ctx) },
	},
	{
		name: "kafka", variable: "TESTENV_KAFKA_BROKERS", show: asItIs, down: one(kafka.Down),
		start: func(ctx context.Context, _ options) (running, error) {
			s, err := kafka.Start(ctx)
			if err != nil {
				return running{}, err
			}
			return running{s.Brokers, s.Text, s.Stop}, nil
		},
		up: func(ctx context.Context, _ options) (address, text string, err error) { return kafka.Up(ctx) },
	},
}

// one is a down of at most one folder.
func one(down func() (string, error)) func() ([]string, error) {
	return func() ([]string, error) {
		dir, err := down()
		if dir == "" {
			return nil, err
		}
		return []string{dir}, err
	}
}

func asItIs(address string) string { return address }

// withoutPassword is what a DSN may show.
func withoutPassword(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil || u.Host == "" {
		return "whose address cannot be shown"
	}
	return u.Host + u.Path
}
