package kafka

import (
	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
)

func provideSource(c *cluster, logger *zap.Logger) event.Source {
	return newSource(c, func() map[string]string { return c.subscribed }, logger) // which is known when every subscription is
}
