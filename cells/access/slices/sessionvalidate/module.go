// Package sessionvalidate tells whoever verifies a token whether its session still stands.
package sessionvalidate

import (
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
)

// Module offers auth.Sessions.
var Module = fxcell.Slice(meta.SessionValidate,
	fxcell.Export(provideSessions),
)

func provideSessions(kept store.Store, clk clock.Clock) auth.Sessions { return New(kept, clk) }
