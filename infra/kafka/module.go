// Package kafka takes events from process to process over Kafka: what the relay publishes to, and what the consumer reads from.
package kafka

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/health"
)

const module = "infra/kafka"

// Module connects to the brokers of the section kafka, sees to the topics of the contracts that the app publishes and subscribes, and provides
// event.Sink and event.Source over them.
var Module = fx.Module(module,
	config.Section[Config]("kafka"),
	fx.Provide(provideCluster, fx.Private),
	fx.Provide(provideCheck, provideSource),
	sink,
	fx.Invoke(takeContracts),
)

func provideCluster(cfg Config, logger *zap.Logger, lc fx.Lifecycle) (*cluster, error) {
	c, err := newCluster(cfg, logger)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StartStopHook(c.open, c.close))
	return c, nil
}

type checkResult struct {
	fx.Out

	Check health.Check `group:"fxcell.checks"`
}

func provideCheck(c *cluster) checkResult { return checkResult{Check: c.check()} }
