// Package migrations holds the steps of the schemas of fxcell and of its cells: <owner>/NNNN_what.up.sql and NNNN_what.down.sql, each pair one step up
// and the same step back. An owner's objects live in the schema of its name, which is there before the first step; steps name it (access.users).
//
// A step is one transaction with the record that it was taken: it starts and ends none itself. One that cannot run in a transaction, such as CREATE
// INDEX CONCURRENTLY, stands alone in its file under the first line "-- outside of a transaction". What was released is not changed any more.
package migrations

import (
	"embed"
	"io/fs"

	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/db"
)

//go:embed */*.sql
var files embed.FS

// Module feeds the steps of all owners to the database that the assembly lists.
var Module = fx.Module("migrations", feed("fxcell"), feed("access"), feed("audit"), feed("config"))

func feed(owner string) fx.Option {
	m := Of(owner)
	return fxcell.Migrations(m.Owner, m.Files)
}

// Of returns the steps of one owner. A database refuses those of an owner that has none here.
func Of(owner string) db.Migrations {
	m := db.Migrations{Owner: owner}
	if steps, err := fs.Sub(files, owner); err == nil {
		m.Files = steps
	}
	return m
}
