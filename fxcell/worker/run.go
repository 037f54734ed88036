package worker

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"runtime"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
)

// Option says more about a worker.
type Option func(*Worker)

// Essential makes a worker essential: see Worker.
func Essential() Option { return func(w *Worker) { w.Essential = true } }

type workerOut struct {
	fx.Out

	Worker Worker `group:"fxcell.workers"`
}

// ErrWorker is the fault of a worker that cannot be run, or not be told from others: it has no method, or a name that is not lower-case words with
// hyphens between them.
var ErrWorker = errors.New("worker: a worker has a method and a name of lower-case words with hyphens between them")

var namePattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Run gives a slice a worker, named after it: cells/<cell>/<slice>/<name>. What becomes of method's results stands at Worker. Contracts that it
// calls are called by the cell itself.
func Run[S any](name string, method func(S, context.Context) error, options ...Option) part.Part {
	facts := part.Facts{Needs: level.L0}
	if method == nil || !namePattern.MatchString(name) {
		facts.Err = fmt.Errorf("%w: %q", ErrWorker, name)
		return part.New(fx.Options(), facts)
	}
	newWorker := func(s S, scope part.Scope) workerOut {
		w := Worker{
			Name:   scope.Name() + "/" + name,
			Run:    func(ctx context.Context) error { return method(s, ctx) },
			Method: runtime.FuncForPC(reflect.ValueOf(method).Pointer()).Name(),
		}
		for _, o := range options {
			o(&w)
		}
		return workerOut{Worker: w}
	}
	return part.New(fx.Provide(newWorker), facts)
}
