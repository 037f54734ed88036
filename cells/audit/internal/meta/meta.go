// Package meta is the audit cell's metadata: what cell.yaml and slice.yaml say, as Go values.
package meta

import (
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/level"
)

// Cell is what cell.yaml says.
var Cell = fxcell.CellMeta{ID: "audit", Type: "core", Level: level.L2}

// The slices, as their slice.yaml says.
var (
	AuditAppend = fxcell.SliceMeta{
		ID: "auditappend", Cell: "audit",
		Subscribes: []fxcell.Subscribes{
			{Contract: "event.user.created.v1", Mode: event.Batched},
			{Contract: "event.session.created.v1", Mode: event.Batched},
			{Contract: "event.session.revoked.v1", Mode: event.Batched},
			{Contract: "event.config.changed.v1", Mode: event.Batched},
			{Contract: "event.config.rollback.v1", Mode: event.Batched},
			{Contract: "event.audit.queried.v1", Mode: event.Batched},
			{Contract: "event.audit.integrity-verified.v1", Mode: event.Batched},
		},
	}
	AuditQuery = fxcell.SliceMeta{
		ID: "auditquery", Cell: "audit",
		Serves:    []string{"http.audit.list.v1"},
		Publishes: []string{"event.audit.queried.v1"},
	}
	AuditVerify = fxcell.SliceMeta{
		ID: "auditverify", Cell: "audit",
		Serves:    []string{"http.audit.integrity.v1"},
		Publishes: []string{"event.audit.integrity-verified.v1"},
	}
)
