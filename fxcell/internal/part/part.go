// Package part is what cells and slices are made of. Only packages under fxcell can make one, so a cell cannot list a raw fx.Decorate or
// fx.Replace, and its shape can be checked before the container exists.
package part

import (
	"errors"
	"fmt"
	"reflect"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/level"
)

// Role is how a slice uses a contract, as slice.yaml spells it.
type Role string

// The roles of slice.yaml that code can list.
const (
	Serve     Role = "serve"
	Call      Role = "call"
	Publish   Role = "publish"
	Subscribe Role = "subscribe"
)

// Usage is one contract in one role.
type Usage struct {
	Role     Role
	Contract string
	Owner    string     // the cell that owns the contract
	Mode     event.Mode // of a subscription: Batched, or "" for each and external, which slice.yaml tells apart
}

// Facts are what is known of a Part.
type Facts struct {
	Usages []Usage
	Takes  []reflect.Type // ports that constructors in it take
	Needs  level.Level    // lowest level of a cell that may list it
	Why    string         // what needs that level
	Slice  string         // id when the part is a slice
	Cell   string         // id of the slice's cell, or of the cell when the part is one
	Slices []Facts        // of a cell
	Level  level.Level    // of a cell
	Err    error
}

// Need raises the level that the facts need to l, and remembers why.
func (f *Facts) Need(l level.Level, why string) {
	if l > f.Needs {
		f.Needs, f.Why = l, why
	}
}

// Scope is where a part stands. Slice provides it privately, for the constructors of the parts that it lists.
type Scope struct {
	Cell, Slice string
	Modes       map[string]event.Mode // contract id → how slice.yaml says that it is subscribed
}

// Provide gives the constructors of a slice its scope.
func (s Scope) Provide() Scope { return s }

// Name is the module's name, e.g. cells/order/ordercreate.
func (s Scope) Name() string { return "cells/" + s.Cell + "/" + s.Slice }

// option lets a Part embed fx.Option, which nothing outside fx can implement, in a field that only this package can name.
type option = fx.Option

// Part is an fx.Option whose content is known.
type Part struct {
	option

	facts Facts
}

// ErrZero is the fault of a Part that New did not make.
var ErrZero = errors.New("an empty Part: parts come from fxcell.Provide, fxcell.Slice and the packages of ports")

// New makes a Part of an option and what is known of it; a part with a fault fails fx.New instead of being built.
func New(o fx.Option, f Facts) Part {
	if f.Err != nil { // an Invoke's error reaches the user as it is, fx.Error drags the logger's failure along
		o = fx.Module("fault", fx.Invoke(func() error { return f.Err }))
	}
	return Part{o, f}
}

// FactsOf returns what is known of p, for the owner that lists it. It is no method: whoever holds a Part could call one, and write into the
// slices that it returns.
func FactsOf(p Part, owner string) Facts {
	if p.option == nil {
		return Facts{Err: fmt.Errorf("%s lists %w", owner, ErrZero)}
	}
	return p.facts
}
