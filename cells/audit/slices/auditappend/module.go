// Package auditappend writes the audit trail: an entry for every event that concerns it, each once, each signed together with the one before.
package auditappend

import (
	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/meta"
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
)

// Module appends entries to the audit trail.
var Module = fxcell.Slice(meta.AuditAppend,
	config.Section[Config]("audit"),
	fxcell.Provide(New),
	contract.SubscribeBatch((*Service).Append,
		accessapi.UserCreatedV1, accessapi.SessionCreatedV1, accessapi.SessionRevokedV1,
		configapi.ChangedV1, configapi.RolledBackV1,
		auditapi.QueriedV1, auditapi.IntegrityVerifiedV1,
	),
)
