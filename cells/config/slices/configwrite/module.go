// Package configwrite creates, changes and deletes settings.
package configwrite

import (
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/inspect"
)

// Module creates, changes and deletes settings.
var Module = fxcell.Slice(meta.ConfigWrite,
	fxcell.Provide(New),
	contract.Publish(configapi.ChangedV1),
	contract.Serve(configapi.WriteV1, (*Service).Create),
	contract.Serve(configapi.UpdateV1, (*Service).Update),
	contract.Serve(configapi.DeleteV1, (*Service).Delete),
	inspect.Announce(20, announce),
)
