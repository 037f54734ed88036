package metadata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/metadata"
)

var withoutSource = cmpopts.IgnoreTypes(metadata.Source{})

func TestCellIsReadWhole(t *testing.T) {
	t.Parallel()
	got, err := metadata.DecodeCell(cellFile, []byte(cellYAML))
	if err != nil {
		t.Fatal(err)
	}
	want := metadata.Cell{
		ID: "config", Type: metadata.CellCore, ConsistencyLevel: level.L2, DurabilityMode: metadata.DurabilityDurable,
		Owner:          metadata.Owner{Team: "platform", Role: "cell-owner"},
		Schema:         metadata.CellSchema{Primary: "cell_config"},
		Verify:         metadata.CellVerify{Smoke: []string{"smoke.config.startup"}},
		L0Dependencies: []metadata.L0Dependency{{Cell: "pricing", Reason: "pure rules"}},
	}
	if diff := cmp.Diff(want, got, withoutSource); diff != "" {
		t.Errorf("cell (-want +got):\n%s", diff)
	}
}

func TestCellNeedsOnlyItsIdentity(t *testing.T) {
	t.Parallel()
	const small = "id: rules\ntype: support\nconsistencyLevel: L0\nowner: {team: core, role: cell-owner}\n"
	got, err := metadata.DecodeCell("cell.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	want := metadata.Cell{
		ID: "rules", Type: metadata.CellSupport, ConsistencyLevel: level.L0,
		Owner: metadata.Owner{Team: "core", Role: "cell-owner"},
	}
	if diff := cmp.Diff(want, got, withoutSource); diff != "" {
		t.Errorf("cell (-want +got):\n%s", diff)
	}
}

func TestCellFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, cellFile, cellYAML, lone(metadata.DecodeCell), []fault{
		{
			"id of another folder", "id: config", "id: access",
			[]string{`1:5: id: "access" is not the name of its folder, config`},
		},
		{
			"id of wrong form", "id: config", "id: Demo_X",
			[]string{`1:5: id: "Demo_X" is not an id: lower-case letters, digits and hyphens, a letter first`},
		},
		{
			"id missing", "id: config\n", "",
			[]string{"1:1: id: is required: the name of the cell's folder"},
		},
		{
			"id empty", "id: config", "id:",
			[]string{"1:4: id: is empty: it must be an id: lower-case letters, digits and hyphens, a letter first"},
		},
		{
			"id a mapping", "id: config", "id: {a: b}",
			[]string{"1:1: id: must be an id: lower-case letters, digits and hyphens, a letter first, not a mapping"},
		},
		{
			"type unknown", "type: core", "type: cores",
			[]string{`2:7: type: "cores" is none of core, edge, support: did you mean core?`},
		},
		{
			"type far from all", "type: core", "type: banana",
			[]string{`2:7: type: "banana" is none of core, edge, support`},
		},
		{
			"type missing", "type: core\n", "",
			[]string{"1:1: type: is required: core, edge or support"},
		},
		{
			"level unknown", "consistencyLevel: L2", "consistencyLevel: L9",
			[]string{`3:19: consistencyLevel: "L9" is not one of L0, L1, L2, L3, L4`},
		},
		{
			"level missing", "consistencyLevel: L2\n", "",
			[]string{"1:1: consistencyLevel: is required: one of L0, L1, L2, L3, L4"},
		},
		{
			"durability unknown", "durabilityMode: durable", "durabilityMode: durably",
			[]string{`4:17: durabilityMode: "durably" is none of demo, durable: did you mean durable?`},
		},
		{
			"owner missing", "owner: {team: platform, role: cell-owner}\n", "",
			[]string{"1:1: owner: is required: a team and a role"},
		},
		{
			"owner without team", "team: platform, ", "",
			[]string{"5:1: owner.team: is required: who to ask"},
		},
		{
			"owner without role", ", role: cell-owner", "",
			[]string{"5:1: owner.role: is required: what the team is to the cell"},
		},
		{
			"owner text", "owner: {team: platform, role: cell-owner}", "owner: platform",
			[]string{"5:8: owner: must be a mapping, not a single value"},
		},
		{
			"owner a list", "owner: {team: platform, role: cell-owner}", "owner: [platform]",
			[]string{"5:1: owner: must be a mapping, not a list"},
		},
		{
			"owner nothing", "owner: {team: platform, role: cell-owner}", "owner:",
			[]string{"5:7: owner: must be a mapping, not nothing"},
		},
		{
			"owner unknown field", "team: platform", "team: platform, mail: x",
			[]string{"5:25: owner.mail: is an unknown field, known here are team, role"},
		},
		{
			"team empty", "team: platform", `team: ""`,
			[]string{"5:15: owner.team: is empty: it must be text"},
		},
		{
			"team null", "team: platform", "team: ~",
			[]string{"5:15: owner.team: is empty: it must be text"},
		},
		{
			"schema unknown field", "primary: cell_config", "primary: x, secondary: y",
			[]string{"6:22: schema.secondary: is an unknown field, known here are primary"},
		},
		{
			"smoke twice", "[smoke.config.startup]", "[a, b, a]",
			[]string{`8:17: verify.smoke[2]: "a" stands at [0] already`},
		},
		{
			"smoke text", "[smoke.config.startup]", "a",
			[]string{"8:10: verify.smoke: must be a list, not a single value"},
		},
		{
			"smoke of mappings", "[smoke.config.startup]", "[{a: b}, [c], ~]",
			[]string{
				"8:11: verify.smoke[0]: must be text, not a mapping",
				"8:19: verify.smoke[1]: must be text, not a list",
				"8:24: verify.smoke[2]: is empty: it must be text",
			},
		},
		{
			"verify nothing", "verify:\n  smoke: [smoke.config.startup]", "verify:",
			[]string{"7:8: verify: must be a mapping, not nothing"},
		},
		{
			"dependency without cell", "cell: pricing, ", "",
			[]string{"10:5: l0Dependencies[0].cell: is required: the id of an L0 cell"},
		},
		{
			"dependency text", "{cell: pricing, reason: pure rules}", "pricing",
			[]string{"10:5: l0Dependencies[0]: must be a mapping, not a single value"},
		},
		{
			"unknown field near a known one", "durabilityMode: durable", "durabilitymode: durable",
			[]string{"4:1: durabilitymode: is an unknown field, did you mean durabilityMode?"},
		},
		{
			"unknown field in snake case", "durabilityMode: durable", "durability_mode: durable",
			[]string{"4:1: durability_mode: is an unknown field, did you mean durabilityMode?"},
		},
		{
			"unknown field far from all", "", "colour: blue\n",
			[]string{"11:1: colour: is an unknown field, known here are id, type, consistencyLevel, durabilityMode, owner, schema, verify, l0Dependencies"},
		},
	})
}
