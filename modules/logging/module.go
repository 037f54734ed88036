// Package logging provides the process's logger: structured lines on stderr, for people or for machines. It touches nothing global.
package logging

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/config"
)

// Module provides *zap.Logger by the section logging.
var Module = fx.Module("modules/logging",
	config.Section[Config]("logging"),
	fx.Provide(provideLogger),
)

func provideLogger(lc fx.Lifecycle, c Config) (*zap.Logger, error) {
	logger, err := New(c, stderr())
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(logger.Sync)) // nearly everything takes the logger, so this hook stops nearly last
	return logger, nil
}
