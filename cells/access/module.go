// Package access is the cell that knows who people are: it creates the first administrator and further users, opens and ends their sessions, and
// publishes the keys and the state by which everybody else verifies their tokens.
package access

import (
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/cells/access/slices/identitymanage"
	"fxcell.dev/cells/access/slices/keypublish"
	"fxcell.dev/cells/access/slices/keyrotate"
	"fxcell.dev/cells/access/slices/sessionlogin"
	"fxcell.dev/cells/access/slices/sessionlogout"
	"fxcell.dev/cells/access/slices/sessionvalidate"
	"fxcell.dev/cells/access/slices/setup"
	"fxcell.dev/fxcell"
)

// Module is the access cell. It needs a choice of its store beside it, such as Memory.
var Module = fxcell.Cell(meta.Cell,
	section, shared,
	setup.Module,
	identitymanage.Module,
	sessionlogin.Module,
	sessionvalidate.Module,
	sessionlogout.Module,
	keypublish.Module,
	keyrotate.Module,
)
