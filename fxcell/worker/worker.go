// Package worker is the port by which parts of an app do work of their own, beside requests and events: sweeping, renewing, polling.
package worker

import "context"

// Worker is work that is done as long as the app runs. Cells feed it into the group fxcell.workers by Run, adapters and runtime modules by
// themselves. The supervisor (modules/worker) starts it with the app and restarts it when it fails:
//
//   - Run returned nil: the work is done for good.
//   - Run returned an error, panicked or ended its goroutine: it is started again after a pause, which grows while it keeps failing and is short again
//     once it has run long enough to count as healthy. Meanwhile the app is degraded, not unready.
//   - The context has ended: the app stops. What Run returns then is no failure.
type Worker struct {
	// Name is unique in an app, e.g. cells/access/sessionlogin/expiry.
	Name string
	// Run works until its context ends, and then returns soon: the app's end waits for it.
	Run func(ctx context.Context) error
	// Essential says that the app is of no use without the worker: when it has failed a configured number of times in a row, the process ends with
	// exit code 1. Any other worker is restarted as long as the app runs.
	Essential bool
	// Method names the Go function behind Run, for messages. It may be empty.
	Method string
}
