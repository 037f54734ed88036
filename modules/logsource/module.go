// Package logsource lets the consumer read the outbox log itself: no broker stands between a publisher's commit and a subscriber.
package logsource

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// Module provides event.Source over outbox.Log. An assembly lists it or a broker's source, never both.
var Module = fx.Module("modules/logsource",
	fx.Provide(provideSource),
)

func provideSource(log outbox.Log, logger *zap.Logger) event.Source { return New(log, logger) }
