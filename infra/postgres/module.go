// Package postgres keeps what has to survive the process in PostgreSQL: transactions, and the statements of stores.
package postgres

import (
	"reflect"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/health"
)

const module = "infra/postgres"

// Module provides db.Transactor, db.SQL, outbox.Writer, outbox.Log, event.Inbox and event.Parking by the section postgres, on schemas that the owners'
// migrations made, the worker that keeps the log's partitions up, and the verb migrate.
var Module = fx.Module(module,
	config.Section[Config]("postgres"),
	fx.Provide(providePool, fx.Private),
	fx.Provide(provideTransactor, provideSQL, provideVerb),
	consumers, partitions, events,
	fx.Invoke(takeMigrations),
)

func providePool(cfg Config, lc fx.Lifecycle) (*pool, error) {
	p, err := newPool(cfg)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StartStopHook(p.open, p.close))
	return p, nil
}

// transactorResult is what the pool shows to those who run transactions.
type transactorResult struct {
	fx.Out

	Tx    db.Transactor
	Claim durability.Claim `group:"fxcell.claims"`
	Check health.Check     `group:"fxcell.checks"`
}

func provideTransactor(p *pool) transactorResult {
	t := transactor{p}
	return transactorResult{Tx: t, Claim: claim[db.Transactor](t), Check: p.check()}
}

// sqlResult has no check: the transactor's covers the pool.
type sqlResult struct {
	fx.Out

	SQL   db.SQL
	Claim durability.Claim `group:"fxcell.claims"`
}

func provideSQL(p *pool) sqlResult {
	a := access{p}
	return sqlResult{SQL: a, Claim: claim[db.SQL](a)}
}

func claim[T durability.Stated](port T) durability.Claim {
	return durability.Claim{Port: reflect.TypeFor[T]().String(), Module: module, Subject: port}
}
