// Package meta is the access cell's metadata: what cell.yaml and slice.yaml say, as Go values.
package meta

import (
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/level"
)

// Cell is what cell.yaml says.
var Cell = fxcell.CellMeta{ID: "access", Type: "core", Level: level.L2}

// The slices, as their slice.yaml says.
var (
	IdentityManage = fxcell.SliceMeta{
		ID: "identitymanage", Cell: "access",
		Serves:    []string{"http.auth.user.create.v1", "http.auth.user.get.v1"},
		Publishes: []string{"event.user.created.v1"},
	}
	KeyPublish = fxcell.SliceMeta{
		ID: "keypublish", Cell: "access",
		Serves: []string{"http.auth.jwks.v1"},
	}
	KeyRotate    = fxcell.SliceMeta{ID: "keyrotate", Cell: "access"}
	SessionLogin = fxcell.SliceMeta{
		ID: "sessionlogin", Cell: "access",
		Serves:    []string{"http.auth.login.v1"},
		Publishes: []string{"event.session.created.v1"},
	}
	SessionLogout = fxcell.SliceMeta{
		ID: "sessionlogout", Cell: "access",
		Serves:    []string{"http.auth.session.delete.v1"},
		Publishes: []string{"event.session.revoked.v1"},
	}
	SessionValidate = fxcell.SliceMeta{ID: "sessionvalidate", Cell: "access"}
	Setup           = fxcell.SliceMeta{
		ID: "setup", Cell: "access",
		Serves:    []string{"http.auth.setup.v1"},
		Publishes: []string{"event.user.created.v1"},
	}
)
