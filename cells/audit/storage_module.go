package audit

import (
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell"
)

// Memory keeps the trail in this process.
var Memory = fxcell.Storage("audit", "memory", store.NewMemory)
