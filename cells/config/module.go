// Package config is the cell of settings: versioned values with a type and a schema, published under one global revision.
package config

import (
	"fxcell.dev/cells/config/internal/meta"
	"fxcell.dev/cells/config/slices/configpublish"
	"fxcell.dev/cells/config/slices/configread"
	"fxcell.dev/cells/config/slices/configwrite"
	"fxcell.dev/fxcell"
)

// Module is the config cell. It needs a storage: Memory.
var Module = fxcell.Cell(meta.Cell,
	configwrite.Module,
	configread.Module,
	configpublish.Module,
)
