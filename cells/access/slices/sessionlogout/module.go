// Package sessionlogout ends sessions before their time.
package sessionlogout

import (
	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
)

// Module ends sessions.
var Module = fxcell.Slice(meta.SessionLogout,
	fxcell.Provide(New),
	contract.Publish(accessapi.SessionRevokedV1),
	contract.Serve(accessapi.SessionDeleteV1, (*Service).Delete),
)
