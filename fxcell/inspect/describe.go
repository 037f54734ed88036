package inspect

import (
	"cmp"
	"slices"
	"strings"
)

// Describe adds what cells say of themselves, and finds out what is built.
func (w *Wiring) Describe(cells []Cell) {
	w.cells = slices.SortedFunc(slices.Values(cells), func(a, b Cell) int { return strings.Compare(a.ID, b.ID) })
	for _, c := range w.cells {
		for _, s := range c.Slices {
			w.feeds(c.slice(s), slices.DeleteFunc(slices.Clone(c.Uses), func(u Use) bool { return u.Slice != s }))
		}
	}
	w.reach()
}

// slice is the module of one of the cell's slices.
func (c Cell) slice(id string) string { return "cells/" + c.ID + "/" + id }

// roles are the functions of package contract that make one constructor each, and what that does.
var roles = []struct{ function, role, verb string }{
	{"Serve", "serve", "serves"},
	{"Call", "call", "calls"},
	{"Publish", "publish", "publishes"},
	{"Subscribe", "subscribe", "subscribes"},
	{"SubscribeBatch", "subscribe", "subscribes"},
}

// feeds tells the constructors that a slice's contracts come with what they do: each is a closure of a generic function, which has no name. They stand
// in the order in which the slice lists its contracts.
func (w *Wiring) feeds(module string, uses []Use) {
	for _, r := range roles {
		batch := r.function == "SubscribeBatch"
		var contracts []string
		for _, u := range uses {
			if u.Role == r.role && u.Batch == batch {
				contracts = append(contracts, u.Contract)
			}
		}
		for _, c := range w.constructors {
			if c.module != module || !strings.HasPrefix(c.name, "fxcell.dev/fxcell/contract."+r.function+"[") || len(contracts) == 0 {
				continue
			}
			n := 1
			if batch {
				n = len(contracts)
			}
			c.verb, c.contracts, contracts = r.verb, contracts[:n], contracts[n:]
		}
	}
}

// pairs returns who of the slices in one role meets whom in another, by contract.
func (w *Wiring) pairs(role, other string, pair func(from, to, contract string)) {
	each := func(role string, fn func(module, contract string)) {
		for _, c := range w.cells {
			for _, u := range c.Uses {
				if u.Role == role {
					fn(c.slice(u.Slice), u.Contract)
				}
			}
		}
	}
	each(role, func(from, contract string) {
		each(other, func(to, same string) {
			if same == contract {
				pair(from, to, contract)
			}
		})
	})
}

// title is what a cell is, after its name.
func (c Cell) title() string {
	return strings.TrimSpace("cells/" + c.ID + " · " + strings.TrimSpace(cmp.Or(c.Type, "cell")+" "+c.Level.String()))
}
