package access

import (
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell"
)

// Memory keeps users, sessions and keys in this process.
var Memory = fxcell.Storage("access", "memory", store.NewMemory)

// Postgres keeps users, sessions and keys in the schema access of the assembly's PostgreSQL database.
var Postgres = fxcell.Storage("access", "postgres", store.NewPostgres)
