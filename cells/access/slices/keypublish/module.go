// Package keypublish shows the keys that verify access tokens: to programs elsewhere as a key set, inside the process as a port.
package keypublish

import (
	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
)

// Module publishes the keys.
var Module = fxcell.Slice(meta.KeyPublish,
	fxcell.Provide(New),
	fxcell.Export(provideKeySource),
	contract.Serve(accessapi.JWKSV1, (*Service).Keys),
)

func provideKeySource(ring *keys.Ring) auth.KeySource { return ring }
