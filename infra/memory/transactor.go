package memory

import (
	"context"
	"fmt"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/health"
)

// transactor is the engine that all tables of the process share.
type transactor struct{ *memdb.Engine }

var _ db.Transactor = transactor{}

func newTransactor() transactor { return transactor{memdb.NewEngine()} }

// check fails when no transaction can start: one that does not end keeps all others waiting.
func (t transactor) check() health.Check {
	return health.Check{Name: module + "/transactor", Critical: true, Probe: func(ctx context.Context) error {
		if err := t.InTx(ctx, func(context.Context) error { return nil }); err != nil {
			return fmt.Errorf("memory: no transaction could start, another one does not end: %w", err)
		}
		return nil
	}}
}
