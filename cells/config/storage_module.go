package config

import (
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell"
)

// Memory keeps settings in this process.
var Memory = fxcell.Storage("config", "memory", store.NewMemory)

// Postgres keeps settings in the schema config of a PostgreSQL database.
var Postgres = fxcell.Storage("config", "postgres", store.NewPostgres)
