// Package level ranks how far a cell's effects reach. It imports nothing, so every port may name the level it needs.
package level

import "fmt"

// Level is a consistency level. The zero value is refused: a level is declared, never assumed.
type Level int

// The levels, lowest reach first.
const (
	Unset Level = iota
	L0          // LocalOnly: no transactions, no events
	L1          // LocalTx: transactions of its own
	L2          // OutboxFact: publishes through the outbox
	L3          // WorkflowEventual: keeps projections or processes
	L4          // DeviceLatent: commands with deadlines
)

// String returns the level as metadata files spell it.
func (l Level) String() string {
	if l < L0 || l > L4 {
		return "unset"
	}
	return "L" + string(rune('0'+int(l-L0)))
}

// Parse reads a level as metadata files spell it: L0 to L4, case-sensitive.
func Parse(s string) (Level, error) {
	for l := L0; l <= L4; l++ {
		if l.String() == s {
			return l, nil
		}
	}
	return Unset, fmt.Errorf("level: %q is none of L0, L1, L2, L3, L4", s)
}
