// Package identitymanage creates and shows users.
package identitymanage

import (
	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
)

// Module creates and shows users.
var Module = fxcell.Slice(meta.IdentityManage,
	fxcell.Provide(New),
	contract.Publish(accessapi.UserCreatedV1),
	contract.Serve(accessapi.UserCreateV1, (*Service).Create),
	contract.Serve(accessapi.UserGetV1, (*Service).Get),
)
