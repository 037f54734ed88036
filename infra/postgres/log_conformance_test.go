package postgres

import (
	"testing"

	"fxcell.dev/fxcell/outbox/outboxtest"
)

func TestLogKeepsThePromisesOfThePorts(t *testing.T) {
	t.Parallel()
	dsn(t)
	outboxtest.Run(t, func(t *testing.T) outboxtest.Subject {
		t.Helper()
		p := soleProcess(t)
		return outboxtest.Subject{Tx: p.tx, Writer: p.writer, Log: p.log}
	}, outboxtest.Features{})
}
