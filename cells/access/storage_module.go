package access

import (
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell"
)

// Memory keeps users, sessions and keys in this process.
var Memory = fxcell.Storage("access", "memory", store.NewMemory)
