// Package assembly lists what the product is made of.
package assembly

import (
	"go.uber.org/fx"

	"fxcell.dev/cells/access"
	"fxcell.dev/cells/audit"
	"fxcell.dev/cells/config"
	"fxcell.dev/configs"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/infra/kafka"
	"fxcell.dev/infra/keyfile"
	"fxcell.dev/infra/memory"
	"fxcell.dev/infra/postgres"
	"fxcell.dev/infra/redis"
	"fxcell.dev/migrations"
	"fxcell.dev/modules/auth"
	configmodule "fxcell.dev/modules/config"
	"fxcell.dev/modules/consumer"
	"fxcell.dev/modules/health"
	"fxcell.dev/modules/httpserver"
	"fxcell.dev/modules/logging"
	"fxcell.dev/modules/logsource"
	"fxcell.dev/modules/relay"
	"fxcell.dev/modules/worker"
)

// Demo is the product in memory: nothing outlives the process.
var Demo = fxcell.Assembly("core", durability.Demo,
	memory.Module, access.Memory, audit.Memory, config.Memory,
	logsource.Module, common,
)

// Durable is the product on PostgreSQL alone: what it has acknowledged outlives processes and machines. Its keys are wrapped by those of a key file.
var Durable = fxcell.Assembly("core", durability.Durable,
	persistent, postgres.Locks, logsource.Module, common,
)

// DurableKafka is the product that has outgrown one database: a relay publishes the log to Kafka, whose partitions share the work of each subscribing
// slice over the replicas, and Redis keeps claims, locks and limits.
var DurableKafka = fxcell.Assembly("core", durability.Durable,
	persistent, kafka.Module, relay.Module, redis.Module, common,
)

// persistent is what outlives the process.
var persistent = fx.Options(
	postgres.Module, keyfile.Module, migrations.Module, access.Postgres, audit.Postgres, config.Postgres,
)

// common is what every mode of the product is made of.
var common = fx.Options(
	configs.Core, configmodule.Module, logging.Module, auth.Module, health.Module,
	access.Module, audit.Module, config.Module,
	consumer.Module, worker.Module,
	httpserver.Module, // last: it starts when everything else has, and stops first
)
