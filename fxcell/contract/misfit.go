package contract

import (
	"fmt"
	"strings"

	"fxcell.dev/fxcell/problem"
)

// MisfitError says that a payload or a response does not fit its contract's schema: a fault of the program, never of a caller. It names places
// and rules, no values.
type MisfitError struct {
	What   string // payload, response, response header
	Faults []problem.Fault
}

// Error lists the first faults.
func (e *MisfitError) Error() string {
	const shown = 5
	var b strings.Builder
	fmt.Fprintf(&b, "%s does not fit its schema:", e.What)
	for i, f := range e.Faults {
		if i == shown {
			fmt.Fprintf(&b, " and %d more", len(e.Faults)-shown)
			break
		}
		where := f.Pointer
		if f.In != "" {
			where = f.In + " " + f.Name
		}
		fmt.Fprintf(&b, " [%s: %s: %s]", where, f.Rule, f.Message)
	}
	return b.String()
}
