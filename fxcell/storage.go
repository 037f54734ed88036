package fxcell

import (
	"reflect"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/durability"
)

// Storage is one choice of a cell's store, an fx.Module named stores/<cell>/<name>: the store it builds is public, so that any slice of
// the cell takes it, and is judged whether or not one does.
func Storage[T durability.Stated, D any](cell, name string, build func(D) T) fx.Option {
	module := "stores/" + cell + "/" + name
	return fx.Module(module, fx.Provide(func(d D) storage[T] {
		v := build(d)
		return storage[T]{Store: v, Claim: durability.Claim{
			Port: reflect.TypeFor[T]().String(), Module: module, Subject: v, Instead: "a storage of cell " + cell + " that persists",
		}}
	}))
}

type storage[T durability.Stated] struct {
	fx.Out

	Store T
	Claim durability.Claim `group:"fxcell.claims"`
}
