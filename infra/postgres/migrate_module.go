package postgres

import (
	"go.uber.org/fx"

	"fxcell.dev/fxcell/app"
	"fxcell.dev/fxcell/db"
)

// migrationsIn are the steps of all owners. Only an Invoke reads them: what a group's members reach must read no group.
type migrationsIn struct {
	fx.In

	Pool       *pool
	Migrations []db.Migrations `group:"fxcell.migrations"`
}

// takeMigrations hands the pool what it applies at its start.
func takeMigrations(in migrationsIn) error {
	schemas, err := readSchemas(in.Migrations)
	in.Pool.schemas = schemas
	return err
}

// verbResult feeds the verb to the program. It does not read the migrations: the pool has them by the time that it runs.
type verbResult struct {
	fx.Out

	Command app.Command `group:"fxcell.commands"`
}

func provideVerb(p *pool) verbResult { return verbResult{Command: p.verb()} }
