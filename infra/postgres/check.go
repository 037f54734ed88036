package postgres

import (
	"context"
	"fmt"

	"fxcell.dev/fxcell/health"
)

// check fails when the server does not answer on a connection of the pool.
func (p *pool) check() health.Check {
	return health.Check{Name: module, Critical: true, Probe: func(ctx context.Context) error {
		opened, err := p.opened()
		if err != nil {
			return err
		}
		if _, err := opened.ExecContext(ctx, "SELECT 1"); err != nil { // unlike a ping it tries another connection than a broken one
			s := opened.Stats()
			return fmt.Errorf("%w (%d of %d connections are in use)", translate(ctx, err), s.InUse, s.MaxOpenConnections)
		}
		return nil
	}}
}
