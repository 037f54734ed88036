package postgrestest

import (
	"testing"

	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/postgres"
)

// start starts infra/postgres on the database, and stops it when the test ends, before the database is dropped.
func start(tb testing.TB, d *Database, owners []db.Migrations) {
	tb.Helper()
	options := []fx.Option{
		postgres.Module,
		fx.Provide(func() config.Source { return settings{d.DSN} }),
		fx.Populate(&d.Tx, &d.SQL, &d.Writer, &d.Log, &d.Inbox, &d.Parking),
	}
	for _, m := range owners {
		options = append(options, fxcell.Migrations(m.Owner, m.Files))
	}
	fxcelltest.New(tb, options...)
}

// settings is the configuration of the database.
type settings struct{ dsn secret.Text }

// Decode implements config.Source.
func (s settings) Decode(_ string, into any) error {
	if c, ok := into.(*postgres.Config); ok {
		c.DSN, c.MaxConns = s.dsn, 8 // many tests share the server
	}
	return nil
}
