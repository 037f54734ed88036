// Package configread shows settings.
package configread

import (
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
)

// Module shows settings.
var Module = fxcell.Slice(meta.ConfigRead,
	fxcell.Provide(New),
	contract.Serve(configapi.GetV1, (*Service).Get),
	contract.Serve(configapi.ListV1, (*Service).List),
)
