package metadata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/metadata"
)

func TestAssemblyIsReadWhole(t *testing.T) {
	t.Parallel()
	got, err := metadata.DecodeAssembly(assemblyFile, []byte(assemblyYAML))
	if err != nil {
		t.Fatal(err)
	}
	want := metadata.Assembly{
		ID: "core", Cells: []string{"access", "audit", "config"},
		Build: metadata.Build{Entrypoint: "apps/core/main.go", Binary: "core", DeployTemplate: "k8s"},
	}
	if diff := cmp.Diff(want, got, withoutSource); diff != "" {
		t.Errorf("assembly (-want +got):\n%s", diff)
	}
}

func TestAssemblyFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, assemblyFile, assemblyYAML, lone(metadata.DecodeAssembly), []fault{
		{
			"id of another app", "id: core", "id: other",
			[]string{`1:5: id: "other" is not the name of its folder, core`},
		},
		{
			"cells missing", "cells: [access, audit, config]\n", "",
			[]string{"1:1: cells: is required: the ids of the cells it runs"},
		},
		{
			"cells empty", "[access, audit, config]", "[]",
			[]string{"2:1: cells: is empty: an assembly runs at least one cell"},
		},
		{
			"cells text", "[access, audit, config]", "access",
			[]string{"2:8: cells: must be a list, not a single value"},
		},
		{
			"cell twice", "[access, audit, config]", "[access, audit, access]",
			[]string{`2:24: cells[2]: "access" stands at [0] already`},
		},
		{
			"cell of wrong form", "[access, audit, config]", "[Access]",
			[]string{`2:9: cells[0]: "Access" is not an id: lower-case letters, digits and hyphens, a letter first`},
		},
		{
			"entrypoint outside", "apps/core/main.go", "../main.go",
			[]string{`3:21: build.entrypoint: "../main.go" is not a path from the root of the tree, as in apps/core/main.go`},
		},
		{
			"entrypoint absolute", "apps/core/main.go", "/main.go",
			[]string{`3:21: build.entrypoint: "/main.go" is not a path from the root of the tree, as in apps/core/main.go`},
		},
		{
			"entrypoint roundabout", "apps/core/main.go", "apps/../main.go",
			[]string{`3:21: build.entrypoint: "apps/../main.go" is not a path from the root of the tree, as in apps/core/main.go`},
		},
		{
			"build unknown field", "binary: core", "binery: core",
			[]string{"3:40: build.binery: is an unknown field, did you mean binary?"},
		},
	})
}

func TestActorsAreReadInOrder(t *testing.T) {
	t.Parallel()
	got, err := metadata.DecodeActors(actorsFile, []byte(actorsYAML))
	if err != nil {
		t.Fatal(err)
	}
	want := []metadata.Actor{
		{ID: "edge-bff", Type: metadata.ActorExternal, MaxConsistencyLevel: level.L4},
		{ID: "partner", Type: metadata.ActorExternal, MaxConsistencyLevel: level.Unset},
	}
	if diff := cmp.Diff(want, got, withoutSource); diff != "" {
		t.Errorf("actors (-want +got):\n%s", diff)
	}
	if got, want := got[1].At("type").String(), "cells/actors.yaml:2:23"; got != want {
		t.Errorf("type of the second actor stands at %s, want %s", got, want)
	}
}

func TestEmptyActorsFileListsNobody(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "# nobody yet\n", "[]\n", "---\n"} {
		got, err := metadata.DecodeActors(actorsFile, []byte(data))
		if err != nil || len(got) != 0 {
			t.Errorf("DecodeActors(%q) = %v, %v, want none", data, got, err)
		}
	}
}

func TestActorFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, actorsFile, actorsYAML, lone(metadata.DecodeActors), []fault{
		{
			"id twice", "id: partner", "id: edge-bff",
			[]string{`2:8: [1].id: "edge-bff" is the id of the actor in line 1 too`},
		},
		{
			"id missing", "id: partner, ", "",
			[]string{"2:3: [1].id: is required: a name that no cell has"},
		},
		{
			"type unknown", "{id: partner, type: external}", "{id: partner, type: internal}",
			[]string{`2:23: [1].type: "internal" is not external`},
		},
		{
			"type missing", "{id: partner, type: external}", "{id: partner}",
			[]string{"2:3: [1].type: is required: external"},
		},
		{
			"level unknown", "L4", "L9",
			[]string{`1:55: [0].maxConsistencyLevel: "L9" is not one of L0, L1, L2, L3, L4`},
		},
		{
			"unknown field", "maxConsistencyLevel", "maxConsistencylevel",
			[]string{"1:34: [0].maxConsistencylevel: is an unknown field, did you mean maxConsistencyLevel?"},
		},
		{
			"entry no mapping", "{id: partner, type: external}", "partner",
			[]string{"2:3: [1]: must be a mapping, not a single value"},
		},
	})
	t.Run("no list", func(t *testing.T) {
		t.Parallel()
		_, err := metadata.DecodeActors(actorsFile, []byte("id: edge-bff\n"))
		if got, want := errText(err), "cells/actors.yaml:1:1: must be a list, not a mapping"; got != want {
			t.Errorf("error %q, want %q", got, want)
		}
	})
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
