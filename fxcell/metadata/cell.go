package metadata

import (
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/metadata/internal/strict"
)

// CellType says what a cell is to the product.
type CellType string

// The types of cells.
const (
	CellCore    CellType = "core"
	CellEdge    CellType = "edge"
	CellSupport CellType = "support"
)

// DurabilityMode is the least mode that a cell asks of an assembly.
type DurabilityMode string

// The durability modes.
const (
	DurabilityDemo    DurabilityMode = "demo"
	DurabilityDurable DurabilityMode = "durable"
)

// Cell is a cell.yaml.
type Cell struct {
	Source

	ID               string
	Type             CellType
	ConsistencyLevel level.Level
	DurabilityMode   DurabilityMode // empty where the file names none
	Owner            Owner
	Schema           CellSchema
	Verify           CellVerify
	L0Dependencies   []L0Dependency
}

// Owner is who answers for a cell.
type Owner struct {
	Team, Role string
}

// CellSchema names the database schema that the cell owns.
type CellSchema struct {
	Primary string
}

// CellVerify lists the checks of a whole cell.
type CellVerify struct {
	Smoke []string
}

// L0Dependency is a cell of pure computation that the cell imports directly.
type L0Dependency struct {
	Cell, Reason string
}

// DecodeCell reads a cell.yaml. The file's name is used in errors, and its folder must be the cell's id where the name
// has one. The error joins an *Error per fault; the cell is zero then.
func DecodeCell(file string, data []byte) (Cell, error) {
	return decode(file, data, readCell)
}

func readCell(src Source, o *strict.Object) Cell {
	c := Cell{Source: src}
	id := o.Need("id", "the name of the cell's folder")
	c.ID = readID(id)
	checkFolder(id, c.ID, src.File, 0)
	c.Type = strict.Enum(o.Need("type", "core, edge or support"), CellCore, CellEdge, CellSupport)
	c.ConsistencyLevel = readLevel(o.Need("consistencyLevel", wantLevel))
	c.DurabilityMode = strict.Enum(o.Field("durabilityMode"), DurabilityDemo, DurabilityDurable)
	c.Owner = readOwner(o.Need("owner", "a team and a role").Object())
	c.Schema = readCellSchema(o.Field("schema").Object())
	c.Verify = readCellVerify(o.Field("verify").Object())
	c.L0Dependencies = strict.Each(o.Field("l0Dependencies"), readL0Dependency)
	return c
}

func readOwner(o *strict.Object) Owner {
	owner := Owner{
		Team: o.Need("team", "who to ask").Text(),
		Role: o.Need("role", "what the team is to the cell").Text(),
	}
	o.Done()
	return owner
}

func readCellSchema(o *strict.Object) CellSchema {
	s := CellSchema{Primary: o.Field("primary").Text()}
	o.Done()
	return s
}

func readCellVerify(o *strict.Object) CellVerify {
	v := CellVerify{Smoke: strict.Distinct(o.Field("smoke"), readText, strict.Exactly)}
	o.Done()
	return v
}

func readL0Dependency(v strict.Value) L0Dependency {
	o := v.Object()
	d := L0Dependency{
		Cell:   readID(o.Need("cell", "the id of an L0 cell")),
		Reason: o.Field("reason").Text(),
	}
	o.Done()
	return d
}
