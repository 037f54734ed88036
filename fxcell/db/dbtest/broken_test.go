package dbtest

import (
	"slices"
	"testing"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/internal/promise"
)

func TestSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	broken := slices.Concat(brokenTables(), brokenEnds(), brokenSavepoints(), brokenHooks())
	promise.Catch(t, cases(), broken, func(t *promise.T, s sabotage) *kit {
		f := newFake(s)
		return &kit{t, Subject{Tx: f, Store: counters{f}}}
	})
}

func TestSuitePassesASoundAdapter(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) Subject {
		f := newFake(sabotage{})
		return Subject{Tx: f, Store: counters{f}}
	})
}

type broken = []promise.Broken[sabotage]

func brokenTables() broken {
	unstated, discards := durability.Unstated, durability.Discards
	return broken{
		{Name: "says nothing of durability", Break: sabotage{grade: &unstated}, CaughtBy: "the adapter says what it keeps"},
		{Name: "discards", Break: sabotage{grade: &discards}, CaughtBy: "the adapter says what it keeps"},
		{Name: "does not see its own writes", Break: sabotage{get: readsCommitted}, CaughtBy: "a commit shows what was written"},
		{
			Name: "reports a commit that it did not make", Break: sabotage{unit: func(u *unit) db.Unit { return discarding{u} }},
			CaughtBy: "a commit shows what was written",
		},
		{Name: "shows what is not committed", Break: sabotage{get: readsDirty}, CaughtBy: "readers outside see only what was committed"},
		{Name: "writes without a transaction", Break: sabotage{add: addsAlone}, CaughtBy: "a write needs a transaction"},
		{Name: "starts anew after the end", Break: sabotage{inTx: startsAnew}, CaughtBy: "a transaction that has ended is over"},
		{Name: "writes over what others wrote", Break: sabotage{inTx: overwrites}, CaughtBy: "transactions at the same time lose no update"},
		{
			Name: "waits for ever", Break: sabotage{inTx: waitsForEver},
			CaughtBy: "a transaction that waits for another one ends with its context",
		},
	}
}

func brokenEnds() broken {
	return broken{
		{Name: "commits what failed", Break: sabotage{inTx: commitsFailure}, CaughtBy: "an error undoes the transaction, and comes back"},
		{Name: "hides the error", Break: sabotage{inTx: hidesError}, CaughtBy: "an error undoes the transaction, and comes back"},
		{
			Name: "never ends what is rolled back", Break: sabotage{unit: func(u *unit) db.Unit { return leaking{u} }},
			CaughtBy: "an error undoes the transaction, and comes back",
		},
		{Name: "commits what panicked", Break: sabotage{inTx: commitsPanic}, CaughtBy: "a panic undoes the transaction, and goes on"},
		{Name: "swallows a panic", Break: sabotage{inTx: swallowsPanic}, CaughtBy: "a panic undoes the transaction, and goes on"},
		{Name: "runs the function elsewhere", Break: sabotage{inTx: runsElsewhere}, CaughtBy: "a goroutine that ends inside undoes the transaction"},
		{Name: "commits though nobody waits", Break: sabotage{inTx: ignoresEnd}, CaughtBy: "a context that ended is not committed"},
	}
}

func brokenSavepoints() broken {
	return broken{
		{
			Name: "knows no savepoints", Break: sabotage{unit: func(u *unit) db.Unit { return flat{u} }},
			CaughtBy: "a savepoint that failed undoes itself alone",
		},
		{Name: "dooms the whole transaction", Break: sabotage{inTx: dooms}, CaughtBy: "a savepoint that failed undoes itself alone"},
		{
			Name: "commits a savepoint by itself", Break: sabotage{unit: func(u *unit) db.Unit { return hasty{u} }},
			CaughtBy: "a savepoint that was kept goes with what is around it",
		},
		{Name: "has one savepoint only", Break: sabotage{unit: func(u *unit) db.Unit { return &shallow{unit: u} }}, CaughtBy: "savepoints nest"},
		{Name: "keeps what panicked", Break: sabotage{inTx: keepsPanic}, CaughtBy: "a panic in a savepoint that is recovered leaves the rest"},
		{Name: "keeps what nobody waits for", Break: sabotage{inTx: keepsEnded}, CaughtBy: "a savepoint whose context ended is undone"},
	}
}

func brokenHooks() broken {
	return broken{
		{
			Name: "leaves out what hooks write", Break: sabotage{inTx: sealsEarly},
			CaughtBy: "hooks before the commit write in the transaction, in order, also those that they add",
		},
		{Name: "commits before the hooks", Break: sabotage{inTx: commitsEarly}, CaughtBy: "an error before the commit undoes the transaction"},
		{Name: "runs a savepoint as plain code", Break: sabotage{inTx: doesNotNest}, CaughtBy: "hooks of a savepoint that failed go with it"},
		{
			Name: "takes a savepoint for a transaction", Break: sabotage{inTx: nestsAlone},
			CaughtBy: "hooks of a savepoint that was kept wait for the transaction",
		},
		{
			Name: "commits a little later", Break: sabotage{unit: func(u *unit) db.Unit { return late{u} }},
			CaughtBy: "after the commit its hooks see it, and start transactions",
		},
		{
			Name: "keeps its place after the commit", Break: sabotage{inTx: keepsPlace},
			CaughtBy: "after the commit its hooks see it, and start transactions",
		},
		{
			Name: "keeps its place after the rollback", Break: sabotage{inTx: keepsPlace},
			CaughtBy: "after the rollback its hooks run last first, and start transactions",
		},
		{Name: "starts anew in a savepoint's hook", Break: sabotage{inTx: startsAnew}, CaughtBy: "a hook of a savepoint starts no transaction"},
	}
}
