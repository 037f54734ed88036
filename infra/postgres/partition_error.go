package postgres

import (
	"fmt"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"fxcell.dev/fxcell/db"
)

// errBehind is what a writer of the log gets when the upkeep is behind.
var errBehind = fmt.Errorf("postgres: the log fxcell.outbox has no partition for the next event: the worker %s is behind: run an app with "+
	"modules/worker on this database, and see what the worker logs: %w", upkeepName, db.ErrUnavailable)

// lacksPartition reports whether a row of the log found no partition. Other checks of a table have a name.
func lacksPartition(e *pq.Error) bool {
	return e.Code == pqerror.CheckViolation && e.Constraint == "" && e.Schema == "fxcell" && e.Table == "outbox"
}
