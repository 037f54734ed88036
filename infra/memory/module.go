// Package memory keeps everything in this process: transactions, the outbox log and its readers, the inbox, the parking place, claims, locks,
// limits and the wrapping of keys. It is bounded and transactional like the adapters of real servers, and gone with the process.
package memory

import (
	"reflect"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/secret"
)

const module = "infra/memory"

// Module provides db.Transactor, outbox.Writer, outbox.Log, event.Inbox, event.Parking, idempotency.Claimer, lock.Locker,
// ratelimit.Limiter and secret.KeyProvider by the section memory.
var Module = fx.Module(module,
	config.Section[Config]("memory"),
	fx.Provide(newLog, newInbox, newParking, newKeys, fx.Private),
	fx.Provide(provideTransactor, provideWriter, provideLog, provideInbox, provideParking, provideKeys),
	locks,
)

// result is what each provider shows: the port, its claim, its health check.
type result[T durability.Stated] struct {
	fx.Out

	Port  T
	Claim durability.Claim `group:"fxcell.claims"`
	Check health.Check     `group:"fxcell.checks"`
}

func show[T durability.Stated](port T, check health.Check) result[T] {
	return result[T]{Port: port, Claim: claim(port), Check: check}
}

func claim[T durability.Stated](port T) durability.Claim {
	return durability.Claim{Port: reflect.TypeFor[T]().String(), Module: module, Subject: port}
}

func provideTransactor() result[db.Transactor] {
	t := newTransactor()
	return show[db.Transactor](t, t.check())
}

// writerResult has no check: the log's covers both of its sides.
type writerResult struct {
	fx.Out

	Writer outbox.Writer
	Claim  durability.Claim `group:"fxcell.claims"`
}

func provideWriter(l *eventLog) writerResult {
	return writerResult{Writer: l, Claim: claim[outbox.Writer](l)}
}

func provideLog(l *eventLog) result[outbox.Log] { return show[outbox.Log](l, l.check()) }

func provideInbox(i *inbox) result[event.Inbox] { return show[event.Inbox](i, i.check()) }

func provideParking(p *parking) result[event.Parking] { return show[event.Parking](p, p.check()) }

func provideKeys(k *keys) result[secret.KeyProvider] { return show[secret.KeyProvider](k, k.check()) }
