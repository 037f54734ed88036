// Package health is the port by which parts of an app say whether they work.
package health

import "context"

// Check is one part's answer to "do you work?". Adapters and runtime modules feed it into the group fxcell.checks.
type Check struct {
	// Name is unique in an app, e.g. infra/memory.
	Name string
	// Critical says that the app is not ready while the check fails; otherwise it is only degraded.
	Critical bool
	// Probe returns nil when the part works. It keeps to the context and is safe for concurrent use. Its error is shown to operators only.
	Probe func(ctx context.Context) error
}
