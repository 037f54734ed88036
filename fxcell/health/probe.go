package health

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
)

type checkOut struct {
	fx.Out

	Check Check `group:"fxcell.checks"`
}

// ErrProbe is the fault of a probe that cannot be asked, or not be told from others: it has no method, or a name that is not lower-case words with
// hyphens between them.
var ErrProbe = errors.New("health: a probe has a method and a name of lower-case words with hyphens between them")

var namePattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Probe lets a slice say whether it works: the check is named after it, cells/<cell>/<slice>/<name>. Of a critical one the app is not ready while it
// fails; otherwise it is only degraded. method keeps to its context and is safe for concurrent use; its error is shown to operators only.
func Probe[S any](name string, critical bool, method func(S, context.Context) error) part.Part {
	newCheck := func(s S, scope part.Scope) checkOut {
		return checkOut{Check: Check{
			Name: scope.Name() + "/" + name, Critical: critical,
			Probe: func(ctx context.Context) error { return method(s, ctx) },
		}}
	}
	facts := part.Facts{Needs: level.L0}
	if method == nil || !namePattern.MatchString(name) {
		facts.Err = fmt.Errorf("%w: %q", ErrProbe, name)
	}
	return part.New(fx.Provide(newCheck), facts)
}
