package audit

import (
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell"
)

// Memory keeps the trail in this process.
var Memory = fxcell.Storage("audit", "memory", store.NewMemory)

// Postgres keeps the trail in the schema audit of a PostgreSQL database.
var Postgres = fxcell.Storage("audit", "postgres", store.NewPostgres)
