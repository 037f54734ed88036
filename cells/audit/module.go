// Package audit keeps the audit trail: who did what to what, in a chain of signed entries that shows when somebody changed it.
package audit

import (
	"fxcell.dev/cells/audit/internal/meta"
	"fxcell.dev/cells/audit/slices/auditappend"
	"fxcell.dev/cells/audit/slices/auditquery"
	"fxcell.dev/cells/audit/slices/auditverify"
	"fxcell.dev/fxcell"
)

// Module is the audit cell.
var Module = fxcell.Cell(meta.Cell, auditappend.Module, auditquery.Module, auditverify.Module)
