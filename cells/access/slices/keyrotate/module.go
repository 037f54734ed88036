// Package keyrotate renews the keys that sign access tokens while the app runs.
package keyrotate

import (
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/worker"
)

// Module rotates the keys.
var Module = fxcell.Slice(meta.KeyRotate,
	fxcell.Provide(New),
	worker.Run("rotation", (*Service).Run),
)
