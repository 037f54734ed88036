package postgres

import (
	"testing"
	"time"

	"fxcell.dev/fxcell/event"
)

func TestOwnerWhoseLeaseIsAnothersLosesItsReader(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	s := p.own(event.Reader{Name: "r"})
	command(t, p.pool.cfg.DSN.Reveal(), `UPDATE fxcell.outbox_lease SET owner = gen_random_uuid()`)
	s.ask()
	select {
	case <-s.Lost():
	case <-time.After(10 * time.Second):
		t.Error("the owner renewed a lease that is not its own")
	}
}
