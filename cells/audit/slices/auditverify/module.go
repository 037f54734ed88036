// Package auditverify checks the audit trail from its first entry to its head record.
package auditverify

import (
	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
)

// Module checks the audit trail.
var Module = fxcell.Slice(meta.AuditVerify,
	fxcell.Provide(New),
	contract.Publish(auditapi.IntegrityVerifiedV1),
	contract.Serve(auditapi.IntegrityV1, (*Service).Integrity),
)
