package metadata

import (
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/metadata/internal/strict"
)

// Assembly is an assembly.yaml.
type Assembly struct {
	Source

	ID    string
	Cells []string
	Build Build
}

// Build says how an assembly becomes a program; what the file leaves out is empty.
type Build struct {
	Entrypoint     string // the main file, from the root of the tree
	Binary         string
	DeployTemplate string
}

// DecodeAssembly reads an assembly.yaml. Where the file's name has folders, they must be apps/<id>/assembly. The error
// joins an *Error per fault; the assembly is zero then.
func DecodeAssembly(file string, data []byte) (Assembly, error) {
	return decode(file, data, readAssembly)
}

func readAssembly(src Source, o *strict.Object) Assembly {
	a := Assembly{Source: src}
	id := o.Need("id", "the name of the app's folder")
	a.ID = readID(id)
	checkFolder(id, a.ID, src.File, 1)
	cells := o.Need("cells", "the ids of the cells it runs")
	a.Cells = strict.Distinct(cells, readID, strict.Exactly)
	if cells.NoItems() {
		cells.Failf("is empty: an assembly runs at least one cell")
	}
	a.Build = readBuild(o.Field("build").Object())
	return a
}

func readBuild(o *strict.Object) Build {
	b := Build{
		Entrypoint:     o.Field("entrypoint").Like(isInside, "a path from the root of the tree, as in apps/core/main.go"),
		Binary:         o.Field("binary").Text(),
		DeployTemplate: o.Field("deployTemplate").Text(),
	}
	o.Done()
	return b
}

// ActorType says what an actor is.
type ActorType string

// ActorExternal is a party outside of every assembly, the only type there is.
const ActorExternal ActorType = "external"

// Actor is one entry of actors.yaml: a party that contracts name beside the cells.
type Actor struct {
	Source

	ID                  string
	Type                ActorType
	MaxConsistencyLevel level.Level // level.Unset where the file sets no limit
}

// DecodeActors reads an actors.yaml, a list; an empty file lists nobody. The error joins an *Error per fault.
func DecodeActors(file string, data []byte) ([]Actor, error) {
	doc := strict.Parse(data)
	first := map[string]int{}
	var out []Actor
	for _, item := range doc.Root().List() {
		a := readActor(newSource(file, doc, item), item.Object(), first)
		out = append(out, a)
	}
	if err := faults(file, doc); err != nil {
		return nil, err
	}
	return out, nil
}

func readActor(src Source, o *strict.Object, first map[string]int) Actor {
	a := Actor{Source: src}
	id := o.Need("id", "a name that no cell has")
	a.ID = readID(id)
	a.Type = strict.Enum(o.Need("type", "external"), ActorExternal)
	a.MaxConsistencyLevel = readLevel(o.Field("maxConsistencyLevel"))
	o.Done()
	if line, ok := first[a.ID]; ok {
		id.Failf("%q is the id of the actor in line %d too", a.ID, line)
	} else if a.ID != "" {
		first[a.ID] = src.Line
	}
	return a
}
