package fxcell

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/part"
)

// SliceMeta says what a slice declares: contract ids by role.
type SliceMeta struct {
	ID, Cell                 string
	Serves, Publishes, Calls []string
	Subscribes               []Subscribes
}

// Subscribes is a subscription that a slice declares. No mode means event.Each.
type Subscribes struct {
	Contract string
	Mode     event.Mode
}

// Slice is one responsibility of a cell, an fx.Module named cells/<cell>/<slice>. What it lists is held against what it declares.
func Slice(meta SliceMeta, parts ...Part) Part {
	scope := part.Scope{Cell: meta.Cell, Slice: meta.ID, Modes: map[string]event.Mode{}}
	subscribes := make([]string, 0, len(meta.Subscribes))
	for _, s := range meta.Subscribes {
		scope.Modes[s.Contract] = cmp.Or(s.Mode, event.Each)
		subscribes = append(subscribes, s.Contract)
	}
	out := part.Facts{Slice: meta.ID, Cell: meta.Cell}
	opts := []fx.Option{
		fx.Provide(scope.Provide, fx.Private),
		fx.Invoke(func(in cellIn) error { return in.require(meta) }),
		fx.Decorate(func(l *zap.Logger) *zap.Logger { return l.With(zap.String("slice", meta.ID)) }),
	}
	used := map[part.Role][]string{}
	for _, p := range parts {
		f := part.FactsOf(p, "slice "+meta.Cell+"/"+meta.ID)
		opts = append(opts, p)
		out.Err = errors.Join(out.Err, f.Err)
		out.Usages = append(out.Usages, f.Usages...)
		out.Takes = append(out.Takes, f.Takes...)
		out.Need(f.Needs, f.Why)
		for _, u := range f.Usages {
			used[u.Role] = append(used[u.Role], u.Contract)
			out.Err = errors.Join(out.Err, foreign(meta, u))
		}
	}
	out.Err = errors.Join(out.Err, drift(meta, part.Serve, meta.Serves, used[part.Serve]), drift(meta, part.Publish, meta.Publishes, used[part.Publish]),
		drift(meta, part.Subscribe, subscribes, used[part.Subscribe]), drift(meta, part.Call, meta.Calls, used[part.Call]), modes(meta))
	return part.New(fx.Module(scope.Name(), append(opts, judgeHere(scope.Name(), out.Takes))...), out)
}

// cellIn finds the mark of the cell around a slice.
type cellIn struct {
	fx.In

	Mark cellMark `optional:"true"`
}

// require refuses a slice outside of its cell, whose level nobody would hold it to.
func (in cellIn) require(meta SliceMeta) error {
	if in.Mark.id == meta.Cell {
		return nil
	}
	return fmt.Errorf("slice %s/%s is listed without its cell: list the cell %s", meta.Cell, meta.ID, meta.Cell)
}

// foreign refuses to serve or publish what another cell owns.
func foreign(meta SliceMeta, u part.Usage) error {
	if (u.Role == part.Serve || u.Role == part.Publish) && u.Owner != meta.Cell {
		return fmt.Errorf("slice %s/%s: %s %s belongs to cell %s, only its owner may", meta.Cell, meta.ID, u.Role, u.Contract, u.Owner)
	}
	return nil
}

// drift holds what module.go lists in one role against what slice.yaml declares.
func drift(meta SliceMeta, role part.Role, declared, listed []string) error {
	var errs []error
	for _, c := range declared {
		if !slices.Contains(listed, c) {
			errs = append(errs, fmt.Errorf("slice %s/%s: slice.yaml declares %s %s, module.go does not list it", meta.Cell, meta.ID, role, c))
		}
	}
	for i, c := range listed {
		if !slices.Contains(declared, c) {
			errs = append(errs, fmt.Errorf("slice %s/%s: module.go lists %s %s, slice.yaml does not declare it", meta.Cell, meta.ID, role, c))
		}
		if slices.Contains(listed[:i], c) {
			errs = append(errs, fmt.Errorf("slice %s/%s: module.go lists %s %s twice", meta.Cell, meta.ID, role, c))
		}
	}
	return errors.Join(errs...)
}

// modes refuses what the modes of the subscriptions rule out: a call inside the consumer's transaction, and one reader with two ways of reading.
func modes(meta SliceMeta) error {
	var errs []error
	batch := 0
	for _, s := range meta.Subscribes {
		if len(meta.Calls) > 0 && s.Mode != event.External {
			errs = append(errs, fmt.Errorf("slice %s/%s calls contracts and subscribes %s in a transaction: its mode must be external", meta.Cell, meta.ID, s.Contract))
		}
		if s.Mode == event.Batched {
			batch++
		}
	}
	if batch > 0 && batch < len(meta.Subscribes) {
		errs = append(errs, fmt.Errorf("slice %s/%s mixes batch with other modes: a slice is one reader and reads one way", meta.Cell, meta.ID))
	}
	return errors.Join(errs...)
}
