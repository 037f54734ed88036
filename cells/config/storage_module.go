package config

import (
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell"
)

// Memory keeps settings in this process.
var Memory = fxcell.Storage("config", "memory", store.NewMemory)
