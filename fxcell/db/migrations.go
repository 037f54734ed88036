package db

import "io/fs"

// Migrations are the steps by which an owner's schema came to be what it is: pairs of files NNNN_what.up.sql and NNNN_what.down.sql in the root of
// Files. Modules feed them into the group fxcell.migrations; the adapter of a SQL database applies them.
type Migrations struct {
	Owner string // the schema, which is the owner's alone: a cell's id, or fxcell
	Files fs.FS
}
