package fxcell

import (
	"io/fs"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/db"
)

// Migrations feeds the steps of an owner's schema to the database that the assembly lists: pairs of files NNNN_what.up.sql and NNNN_what.down.sql in
// the root of files. The owner, such as a cell's id, names the schema.
func Migrations(owner string, files fs.FS) fx.Option {
	return fx.Provide(func() migrations {
		return migrations{Migrations: db.Migrations{Owner: owner, Files: files}}
	})
}

type migrations struct {
	fx.Out

	Migrations db.Migrations `group:"fxcell.migrations"`
}
