// Package auditappend writes the audit trail: an entry for every event that concerns it, each once, each signed together with the one before.
package auditappend

import (
	"go.uber.org/fx"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/meta"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/secret"
)

// Module appends entries to the audit trail.
var Module = fxcell.Slice(meta.AuditAppend,
	config.Section[Config]("audit"),
	fxcell.Provide(provide),
	contract.SubscribeBatch((*Service).Append,
		accessapi.UserCreatedV1, accessapi.SessionCreatedV1, accessapi.SessionRevokedV1,
		configapi.ChangedV1, configapi.RolledBackV1,
		auditapi.QueriedV1, auditapi.IntegrityVerifiedV1,
	),
)

// provide lets a start fail that could not append: whoever starts with other keys hears of it before anything waits for the trail.
func provide(s store.Store, keys secret.KeyProvider, c clock.Clock, cfg Config, lc fx.Lifecycle) (*Service, error) {
	service, err := New(s, keys, c, cfg)
	if err == nil {
		lc.Append(fx.StartHook(service.Check))
	}
	return service, err
}
