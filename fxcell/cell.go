package fxcell

import (
	"errors"
	"fmt"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
)

// CellMeta says what a cell declares. Generated from cell.yaml, as SliceMeta is from slice.yaml.
type CellMeta struct {
	ID    string
	Type  string // core, edge or support
	Level level.Level
}

// cellMark is what a cell provides privately, so that its slices find out whether they stand in one.
type cellMark struct{ id string }

func (m cellMark) provide() cellMark { return m }

// Cell is a domain unit, an fx.Module named cells/<id>. Its faults fail fx.New before anything is built.
func Cell(meta CellMeta, parts ...Part) Part {
	out := part.Facts{Cell: meta.ID, Level: meta.Level}
	name := "cells/" + meta.ID
	opts := []fx.Option{
		fx.Invoke(requireAssembly), // a cell is judged wherever it is listed; without an assembly it does not start
		fx.Provide(cellMark{meta.ID}.provide, fx.Private),
		fx.Decorate(func(l *zap.Logger) *zap.Logger { return l.With(zap.String("cell", meta.ID)) }),
	}
	if meta.Level == level.Unset {
		out.Err = fmt.Errorf("cell %s declares no level: set consistencyLevel in its cell.yaml", meta.ID)
	}
	seen := map[string]bool{}
	for _, p := range parts {
		f := part.FactsOf(p, "cell "+meta.ID)
		opts = append(opts, p)
		out.Usages = append(out.Usages, f.Usages...)
		out.Err = errors.Join(out.Err, f.Err, cellFault(meta, f, seen))
		if f.Slice == "" { // the cell's own values; a slice judges what it takes itself
			opts = append(opts, judgeHere(name, f.Takes))
			continue
		}
		out.Slices = append(out.Slices, f)
		seen[f.Slice] = true
	}
	opts = append(opts, fx.Provide(description(describe(meta, out)).provide))
	return part.New(fx.Module(name, opts...), out)
}

// description is what a cell tells of itself.
type description inspect.Cell

func (d description) provide() cellOut { return cellOut{Cell: inspect.Cell(d)} }

type cellOut struct {
	fx.Out

	Cell inspect.Cell `group:"fxcell.cells"`
}

func describe(meta CellMeta, f part.Facts) inspect.Cell {
	c := inspect.Cell{ID: meta.ID, Type: meta.Type, Level: meta.Level}
	for _, s := range f.Slices {
		c.Slices = append(c.Slices, s.Slice)
		for _, u := range s.Usages {
			c.Uses = append(c.Uses, inspect.Use{Slice: s.Slice, Role: string(u.Role), Contract: u.Contract, Owner: u.Owner, Batch: u.Mode == event.Batched})
		}
	}
	return c
}

// cellFault returns what is wrong with a part in its cell.
func cellFault(meta CellMeta, f part.Facts, seen map[string]bool) error {
	var errs []error
	who := "a part of its own"
	if f.Slice != "" {
		who = "slice " + f.Slice
		if f.Cell != meta.ID {
			errs = append(errs, fmt.Errorf("cell %s lists slice %s, which belongs to cell %s", meta.ID, f.Slice, f.Cell))
		}
		if seen[f.Slice] {
			errs = append(errs, fmt.Errorf("cell %s: slice %s is listed twice", meta.ID, f.Slice))
		}
	}
	if meta.Level != level.Unset && f.Needs > meta.Level {
		errs = append(errs, fmt.Errorf("cell %s is %v: %s needs %v (%s)", meta.ID, meta.Level, who, f.Needs, f.Why))
	}
	return errors.Join(errs...)
}
