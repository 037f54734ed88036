// Package configpublish publishes versions of settings and takes earlier ones up again.
package configpublish

import (
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
)

// Module publishes versions of settings and takes earlier ones up again.
var Module = fxcell.Slice(meta.ConfigPublish,
	fxcell.Provide(New),
	contract.Publish(configapi.ChangedV1),
	contract.Publish(configapi.RolledBackV1),
	contract.Serve(configapi.PublishV1, (*Service).Publish),
	contract.Serve(configapi.RollbackV1, (*Service).Rollback),
)
