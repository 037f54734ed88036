// Package fxcell is the core: what a cell, a slice and an assembly are.
package fxcell

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/internal/seal"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/ratelimit"
	"fxcell.dev/fxcell/secret"
)

// App is an assembly: an fx.Option that knows its name and mode.
type App struct {
	fx.Option

	ID   string
	Mode durability.Mode

	// wired is the assembly with another first Invoke, for those who look at it without building it.
	wired func(first fx.Option) fx.Option
}

// ports are the ports that every assembly guards. A port that is missing here fails a test.
func ports() []durability.Port {
	return slices.Concat(db.Ports(), []durability.Port{secret.Port()}, outbox.Ports(), event.Ports(), idempotency.Ports(), lock.Ports(),
		ratelimit.Ports())
}

// Assembly is a deployable list of modules under one durability mode, an fx.Module named apps/<id>. It provides clock.Clock, judges every port
// that its modules and the cells beside it provide, and validates what they send (contract.Validation).
func Assembly(id string, mode durability.Mode, modules ...fx.Option) App {
	wired := func(first fx.Option) fx.Option { return wire(id, mode, modules, first) }
	if err := refused(id, mode, modules); err != nil {
		wired = func(fx.Option) fx.Option { return fx.Invoke(func() error { return err }) }
	}
	var option fx.Option
	option = wired(fx.Invoke(func(in preflightIn) error { return preflight(id, mode, option, in) }))
	return App{option, id, mode, wired}
}

// wire makes the assembly's module. first is the Invoke that runs before anything else is built.
func wire(id string, mode durability.Mode, modules []fx.Option, first fx.Option) fx.Option {
	own := "apps/" + id
	opts := []fx.Option{
		fx.WithLogger(func(r *inspect.Recorder) fxevent.Logger { return r }),
		fx.Provide(
			newRecorder,
			identity{id, mode}.newJudge,
			judgeOf,
			contract.NewDispatcher,
			clock.System,
			identity{id, mode}.newReport,
		),
		contract.Validating(mode),
	}
	for _, p := range ports() {
		opts = append(opts, p.Guard())
	}
	opts = append(opts,
		fx.Module(own+"/preflight", first), // the first child, so that its Invoke is the first
		fx.Module(own+"/durability", fx.Invoke(func(in auditIn) error { return audit(own, mode, in) })),
	)
	opts = append(opts, modules...)
	opts = append(opts, fx.Invoke(contract.Fill, fillReport, logStart)) // last: after every route and listener exists
	return fx.Module(own, opts...)
}

// identity is what an assembly is called and promises: a constant that nothing in the container can swap.
type identity struct {
	id   string
	mode durability.Mode
}

func (i identity) newJudge(in relaxIn) made {
	return made{durability.NewJudge(seal.New(), i.mode, in.relaxed(), instead())}
}

func (i identity) newReport() *inspect.Report {
	return &inspect.Report{App: i.id, Mode: i.mode.String()}
}

func judgeOf(m made) *durability.Judge { return m.judge }

// refused finds parts with a fault and, in Durable, modules with a logger of their own, whose events the recorder would not hear. An
// option's text is public and names what it holds.
func refused(id string, mode durability.Mode, modules []fx.Option) error {
	if mode != durability.Demo && mode != durability.Durable {
		return fmt.Errorf("fxcell: assembly %s: mode %v is neither Demo nor Durable", id, mode)
	}
	var errs []error
	for _, m := range modules {
		if p, ok := m.(Part); ok {
			errs = append(errs, part.FactsOf(p, "assembly "+id).Err)
		} else if mode == durability.Durable && strings.Contains(m.String(), "fx.WithLogger(") {
			errs = append(errs, fmt.Errorf("durability: in mode durable no module may have a logger of its own (fx.WithLogger, fx.NopLogger): %.120s", m))
		}
	}
	return errors.Join(errs...)
}

func newRecorder() *inspect.Recorder { return &inspect.Recorder{} }
