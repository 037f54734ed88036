package outboxtest

import (
	"slices"
	"testing"

	"fxcell.dev/fxcell/internal/promise"
)

func TestSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	all := slices.Concat(brokenWriters(), brokenEvents(), brokenReaders(), brokenReads(), brokenAdvances(), brokenOwners(), brokenBounds())
	promise.Catch(t, cases(Features{Bounded: true}), all, func(t *promise.T, sabotage sabotage) *kit {
		f, s := subject()
		if sabotage != nil {
			sabotage(t, f, &s)
		}
		return &kit{t, s}
	})
}

func TestSuitePassesASoundAdapter(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) Subject {
		_, s := subject()
		return s
	}, Features{Bounded: true})
}

func subject() (*fake, Subject) {
	f := newFake()
	f.capacity = Capacity
	return f, Subject{Tx: f, Writer: f, Log: f}
}

type broken = []promise.Broken[sabotage]

func brokenWriters() broken {
	return broken{
		{Name: "says nothing of durability", Break: saysNothing, CaughtBy: "the adapter says what it keeps"},
		{Name: "writes without a transaction", Break: writes(writesAlone), CaughtBy: "a write needs a transaction"},
		{Name: "reports a write that it did not make", Break: writes(writesNothing), CaughtBy: "a write needs a transaction"},
		{Name: "shows what is not committed", Break: writes(writesAhead), CaughtBy: "events leave with the commit, in order"},
		{Name: "turns events round", Break: writes(writesBackwards), CaughtBy: "events leave with the commit, in order"},
		{Name: "keeps what was undone", Break: writes(writesAhead), CaughtBy: "what was undone never leaves"},
		{
			Name: "keeps what a savepoint wrote", Break: inside(faults{keepsSavepoints: true}),
			CaughtBy: "events of a savepoint that failed go with it",
		},
		{
			Name: "collects events until its own hook runs", Break: writes(writesOnce),
			CaughtBy: "an event that a hook writes before the commit leaves with it",
		},
	}
}

func brokenEvents() broken {
	return broken{
		{Name: "drops an attribute", Break: writes(dropsTrace), CaughtBy: "events come back as they were written"},
		{Name: "formats payloads", Break: writes(trimsPayload), CaughtBy: "events come back as they were written"},
		{Name: "rounds times", Break: writes(roundsTime), CaughtBy: "events come back as they were written"},
		{Name: "shares payloads", Break: inside(faults{sharesPayloads: true}), CaughtBy: "nobody changes an event that others read"},
		{Name: "numbers events in a batch", Break: streams(numbersBatches), CaughtBy: "the place of an event grows, and stays"},
		{Name: "numbers events by owner", Break: streams(numbersByOwner), CaughtBy: "the place of an event grows, and stays"},
	}
}

func brokenReaders() broken {
	return broken{
		{Name: "makes a reader when it is owned", Break: owns(registersLate), CaughtBy: "a reader exists from the call of Own on"},
		{Name: "starts everybody early", Break: owns(startsEarly), CaughtBy: "a new reader starts with what the log holds, or after it"},
		{Name: "starts everybody late", Break: owns(startsLate), CaughtBy: "a new reader starts with what the log holds, or after it"},
		{Name: "starts a reader again", Break: inside(faults{startsAgain: true}), CaughtBy: "a reader keeps its position"},
		{Name: "hands out everything", Break: owns(ignoresContracts), CaughtBy: "a reader is handed what it wants"},
		{Name: "hands out nothing to who wants all", Break: owns(takesNoneForNothing), CaughtBy: "a reader is handed what it wants"},
		{Name: "moves every reader", Break: inside(faults{advancesAll: true}), CaughtBy: "readers do not disturb one another"},
	}
}

func brokenReads() broken {
	return broken{
		{Name: "has limits of its own", Break: streams(ignoresLimit), CaughtBy: "Next hands out at most its limit, and goes on"},
		{Name: "reads the same again", Break: streams(readsAgain), CaughtBy: "Next hands out at most its limit, and goes on"},
		{Name: "fails when there is nothing", Break: streams(failsOnNothing), CaughtBy: "nothing to read is an empty batch, at once"},
		{Name: "waits when there is nothing", Break: streams(waitsOnNothing), CaughtBy: "nothing to read is an empty batch, at once"},
		{Name: "goes on after a read that failed", Break: streams(skipsFailed), CaughtBy: "a read that failed loses nothing"},
		{Name: "wakes nobody", Break: streams(neverWakes), CaughtBy: "a commit wakes the owner"},
		{Name: "wakes before the commit", Break: wakesEarly, CaughtBy: "a commit wakes the owner"},
		{Name: "wakes who waits at that moment", Break: wakesWaiters, CaughtBy: "a commit wakes the owner"},
	}
}

func brokenAdvances() broken {
	const alonePasses = "an advance without a transaction is stored at once"
	no := false
	return broken{
		{Name: "advances in any order", Break: streams(advancesAnyhow), CaughtBy: "batches advance in order, and once"},
		{Name: "stores the position at once", Break: streams(advancesAtOnce), CaughtBy: "an advance goes with its transaction"},
		{
			Name: "does not say that it is transactional", Break: streams(func(_ *fake, o *odd) { o.transactional = &no }),
			CaughtBy: "an advance goes with its transaction",
		},
		{
			Name: "keeps the advance of a savepoint", Break: inside(faults{keepsAdvances: true}),
			CaughtBy: "an advance in a savepoint goes with it",
		},
		{Name: "needs a transaction", Break: streams(advancesWithOthers), CaughtBy: alonePasses},
		{Name: "stores nothing without a transaction", Break: inside(faults{forgetsAlone: true}), CaughtBy: alonePasses},
		{Name: "passes in any order without a transaction", Break: streams(alone(passesAnyhow)), CaughtBy: alonePasses},
		{Name: "lets who released pass without a transaction", Break: streams(alone(passesWhenLost)), CaughtBy: "who released is fenced"},
		{Name: "moves the next owner's position without a transaction", Break: streams(passesUnfenced), CaughtBy: "who released is fenced"},
		{Name: "lets who released advance", Break: streams(hidesLoss), CaughtBy: "who released is fenced"},
		{Name: "lets who released read", Break: streams(readsLost), CaughtBy: "who released is fenced"},
		{Name: "tells nobody of the loss", Break: streams(func(_ *fake, o *odd) { o.lost = make(chan struct{}) }), CaughtBy: "who released is fenced"},
		{
			Name: "hands over under an open transaction", Break: inside(faults{hastyTakeover: true}),
			CaughtBy: "a takeover waits for the transaction that advanced",
		},
	}
}

func brokenOwners() broken {
	const chaos = "many writers, rollbacks and takeovers lose nothing, repeat nothing and keep the order of keys"
	return broken{
		{Name: "has two owners", Break: owns(sharesStreams), CaughtBy: "a reader has one owner at a time"},
		{Name: "gives up a reader that has none", Break: owns(neverWaits), CaughtBy: "a reader has one owner at a time"},
		{Name: "keeps the place of who stopped waiting", Break: owns(waitsOn), CaughtBy: "who waits for a reader stops with its context, and holds nothing"},
		{Name: "passes over what was in flight", Break: streams(releasesRead), CaughtBy: "the next owner gets what was not advanced"},
		{Name: "stores no position", Break: streams(advancesNothing), CaughtBy: "the next owner gets what was not advanced"},
		{Name: "releases twice", Break: inside(faults{sharesLease: true}), CaughtBy: "a second release disturbs nobody"},
		{Name: "passes over a commit that comes late", Break: inside(faults{numbersEarly: true}), CaughtBy: "a commit that comes late is not passed over"},
		{Name: "waits for a transaction that is undone", Break: writes(holdsUp), CaughtBy: "a rollback that comes late holds nobody up"},
		{Name: "loses an event in ten", Break: writes(losesSome), CaughtBy: chaos},
		{Name: "repeats an event in ten", Break: writes(repeatsSome), CaughtBy: chaos},
		{Name: "lets a transaction's first event leave last", Break: writes(swapsSome), CaughtBy: chaos},
	}
}

func brokenBounds() broken {
	const full, room = "a full log fails the commit at once, and loses nothing", "there is room when every reader has passed, not before"
	return broken{
		{Name: "drops the oldest", Break: inside(faults{makesRoom: true}), CaughtBy: full},
		{Name: "drops the newest", Break: inside(faults{dropsNew: true}), CaughtBy: full},
		{Name: "waits for room", Break: inside(faults{waitsForRoom: true}), CaughtBy: full},
		{Name: "makes room for the fastest", Break: inside(faults{fastestCounts: true}), CaughtBy: room},
		{Name: "makes room when events are read", Break: inside(faults{readMakesRoom: true}), CaughtBy: room},
		{Name: "keeps what nobody wants", Break: inside(faults{unwantedStays: true}), CaughtBy: "what no reader wants takes up no room"},
	}
}
