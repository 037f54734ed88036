package metadata

import "slices"

// Project is every metadata file of a tree, each kind in the order of its files.
type Project struct {
	Cells      []Cell
	Slices     []Slice
	Contracts  []Contract
	Assemblies []Assembly
	Actors     []Actor
}

// Cell returns the cell with the id.
func (p Project) Cell(id string) (Cell, bool) {
	return first(p.Cells, func(c Cell) bool { return c.ID == id })
}

// Slice returns a cell's slice with the id.
func (p Project) Slice(cell, id string) (Slice, bool) {
	return first(p.Slices, func(s Slice) bool { return s.BelongsToCell == cell && s.ID == id })
}

// Contract returns the contract with the id.
func (p Project) Contract(id string) (Contract, bool) {
	return first(p.Contracts, func(c Contract) bool { return c.ID == id })
}

// Assembly returns the assembly with the id.
func (p Project) Assembly(id string) (Assembly, bool) {
	return first(p.Assemblies, func(a Assembly) bool { return a.ID == id })
}

// Actor returns the actor with the id.
func (p Project) Actor(id string) (Actor, bool) {
	return first(p.Actors, func(a Actor) bool { return a.ID == id })
}

func first[T any](all []T, ok func(T) bool) (T, bool) {
	if i := slices.IndexFunc(all, ok); i >= 0 {
		return all[i], true
	}
	var zero T
	return zero, false
}
