package fxcell

import (
	"context"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/inspect"
)

type reportIn struct {
	fx.In

	Report    *inspect.Report
	Recorder  *inspect.Recorder
	Cells     []inspect.Cell     `group:"fxcell.cells"`
	Notices   []inspect.Notice   `group:"fxcell.notices"`
	Listeners []inspect.Listener `group:"fxcell.listeners"` // last: the public listener's hook is added when it is read, behind those of the cells
}

// fillReport tells the report what the groups hold.
func fillReport(in reportIn) error {
	in.Report.Cells, in.Report.Listeners, in.Report.Notices = in.Cells, in.Listeners, in.Notices
	in.Report.Recorder = in.Recorder
	return in.Report.Sort()
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
			zap.String("app", r.App), zap.String("mode", r.Mode), zap.Stringers("volatile", r.Volatile),
			zap.Int("modules", r.Recorder.Modules()), zap.Int("constructors", len(built)), zap.Int("never_built", len(idle)),
		}
		for _, l := range r.Listeners {
			fields = append(fields, zap.String("listener_"+l.Name, l.URL()))
		}
		in.Log.Info("started", fields...)
		in.Log.Debug("built", zap.Stringers("slowest", built[:min(mostTimings, len(built))]), zap.Strings("never_built", idle))
	}))
}
