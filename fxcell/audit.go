package fxcell

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/internal/relax"
)

type relaxIn struct {
	fx.In

	Token *relax.Token `optional:"true"`
}

func (in relaxIn) relaxed() bool { return in.Token != nil && in.Token.Err == nil }

// preflightIn takes no more than what is there before anything is built.
type preflightIn struct {
	fx.In

	Graph    fx.DotGraph
	Recorder *inspect.Recorder
	Relax    relaxIn
}

// preflight refuses what Fx would die on, or report one at a time, before anything is built.
func preflight(id string, mode durability.Mode, option fx.Option, in preflightIn) error {
	if in.Relax.Token != nil && in.Relax.Token.Err != nil {
		return in.Relax.Token.Err
	}
	w := inspect.Wire(inspect.App{ID: id, Mode: mode.String(), Options: []fx.Option{option}, Hints: hints(mode)}, in.Graph, in.Recorder)
	return errors.Join(w.Cycle(), w.Missing())
}

type auditIn struct {
	fx.In

	Judge    judgeIn
	Claims   []durability.Claim `group:"fxcell.claims"` // reading the group builds every claimant, consumed or not
	Recorder *inspect.Recorder
	Report   *inspect.Report
	Relax    relaxIn
}

// audit judges every claim and refuses what decorators cannot see; all shortfalls come in one error.
func audit(own string, mode durability.Mode, in auditIn) error {
	if err := requireAssembly(in.Judge); err != nil {
		return err
	}
	claimed, err := durability.JudgeClaims(in.Judge.Judge, in.Claims)
	for _, c := range in.Claims {
		if c.Subject != nil && c.Subject.Durability() == durability.Volatile {
			in.Report.Volatile = append(in.Report.Volatile, fmt.Sprintf("%s (%s)", c.Port, c.Module))
		}
	}
	if mode != durability.Durable || in.Relax.relaxed() {
		return err
	}
	guarded := []string{"*durability.Judge"} // one of them: durability.Wrap asks it
	for _, p := range ports() {
		guarded = append(guarded, p.Name)
	}
	errs := []error{err}
	for _, err := range in.Recorder.Swaps(own, guarded) {
		errs = append(errs, fmt.Errorf("durability: in mode durable %w: use durability.Wrap, or list another module", err))
	}
	for _, m := range in.Recorder.Unclaimed(func(m string) bool { return claimed[m] }, "infra/", "stores/") {
		errs = append(errs, fmt.Errorf("durability: module %q provides something and makes no claim", m))
	}
	return errors.Join(errs...)
}

// made is the judge that the assembly made. Nobody outside can name the type, and so replace or decorate it.
type made struct{ judge *durability.Judge }

type judgeIn struct {
	fx.In

	Judge *durability.Judge `optional:"true"`
	Made  made              `optional:"true"`
}

var errForeignJudge = errors.New("durability: *durability.Judge was replaced or decorated: an app is judged by its own assembly's judge only")

// requireAssembly refuses a scope without a judge, or with one that this app's assembly did not make: a judge can be taken from another app.
func requireAssembly(in judgeIn) error {
	switch in.Judge {
	case nil:
		return durability.ErrNoAssembly
	case in.Made.judge:
		return nil
	default:
		return errForeignJudge
	}
}

type reportIn struct {
	fx.In

	Report    *inspect.Report
	Recorder  *inspect.Recorder
	Cells     []inspect.Cell     `group:"fxcell.cells"`
	Listeners []inspect.Listener `group:"fxcell.listeners"`
	Notices   []inspect.Notice   `group:"fxcell.notices"`
}

func fillReport(in reportIn) {
	in.Report.Cells, in.Report.Listeners, in.Report.Notices = in.Cells, in.Listeners, in.Notices
	in.Report.Recorder = in.Recorder
	in.Report.Sort()
}

type startIn struct {
	fx.In

	Lifecycle fx.Lifecycle
	Report    *inspect.Report
	Log       *zap.Logger `optional:"true"`
}

// mostTimings is how many of the slowest are told.
const mostTimings = 5

// logStart writes the one summary of a start, and what took long and what was never built at debug. It stands last in the assembly, so its hook runs
// when everything below has started.
func logStart(in startIn) {
	if in.Log == nil {
		return
	}
	in.Lifecycle.Append(fx.StartHook(func(context.Context) {
		r := in.Report
		built, idle := r.Recorder.Built(), r.Recorder.NeverBuilt()
		fields := []zap.Field{
			zap.String("app", r.App), zap.String("mode", r.Mode), zap.Strings("volatile", r.Volatile),
			zap.Int("modules", r.Recorder.Modules()), zap.Int("constructors", len(built)), zap.Int("never_built", len(idle)),
		}
		for _, l := range r.Listeners {
			fields = append(fields, zap.String("listener_"+l.Name, l.URL()))
		}
		in.Log.Info("started", fields...)
		in.Log.Debug("built", zap.Stringers("slowest", built[:min(mostTimings, len(built))]), zap.Strings("never_built", idle))
	}))
}
