// Package auditquery lets auditors read the audit trail.
package auditquery

import (
	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/inspect"
)

// Module lists entries of the audit trail.
var Module = fxcell.Slice(meta.AuditQuery,
	fxcell.Provide(New),
	contract.Publish(auditapi.QueriedV1),
	contract.Serve(auditapi.ListV1, (*Service).List),
	inspect.Announce(30, announce),
)
