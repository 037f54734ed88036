package metadata_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/metadata"
)

func TestWhatLooksLikeAnotherTypeStaysText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2026-01-31", "0123", "1e3", "yes", "true", "1:30", "0x10", "12_000", ".inf"} {
		data := edit(t, routeYAML, "Changes the value of a setting.", text)
		got, err := metadata.DecodeContract(routeFile, []byte(data))
		if err != nil || got.Summary != text {
			t.Errorf("summary %q, error %v, want %q", got.Summary, err, text)
		}
	}
}

func TestYAMLSubsetFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, cellFile, cellYAML, lone(metadata.DecodeCell), []fault{
		{
			"second document", "", "---\nid: other\n",
			[]string{"11:1: starts a second document: one file holds one"},
		},
		{
			"empty second document", "", "---\n",
			[]string{"11:1: starts a second document: one file holds one"},
		},
		{
			"broken second document", "", "---\nid: [\n",
			[]string{"12:1: is no YAML: did not find expected node content"},
		},
		{
			"anchor and alias", "type: core", "type: &t core\nalso: *t",
			[]string{
				"2:7: type: anchors (&t) are refused: write the value out where it is used",
				"3:1: also: is an unknown field, known here are id, type, consistencyLevel, durabilityMode, owner, schema, verify, l0Dependencies",
				"3:7: also: aliases (*t) are refused: write the value out",
			},
		},
		{
			"alias alone", "type: core", "type: *t",
			[]string{"2:7: aliases (*t) are refused: write the value out"},
		},
		{
			"alias for a key", "type: core", "type: &t core\n*t : a",
			[]string{
				"2:7: type: anchors (&t) are refused: write the value out where it is used",
				"3:1: aliases (*t) are refused: write the key out",
			},
		},
		{
			"merge key", "owner: {team", "owner: {<<: {team: x}, team",
			[]string{"5:9: owner: merge keys (<<) are refused: write the fields out"},
		},
		{
			"tag", "id: config", "id: !!str config",
			[]string{"1:5: id: tags (!!str) are refused: the field says what its value is"},
		},
		{
			"own tag on a mapping", "schema: {primary", "schema: !own {primary",
			[]string{"6:9: schema: tags (!own) are refused: the field says what its value is"},
		},
		{
			"key with a tag", "type: core", "!!str type: core",
			[]string{"2:1: tags (!!str) are refused"},
		},
		{
			"key with an anchor", "type: core", "&a type: core",
			[]string{"2:1: anchors (&a) are refused"},
		},
		{
			"key a list", "type: core", "type: core\n[a]: b",
			[]string{"3:1: has a list for a key: keys are names"},
		},
		{
			"key empty", "type: core", "type: core\n'': b",
			[]string{"3:1: has an empty key"},
		},
		{
			"key twice", "type: core", "type: core\ntype: edge",
			[]string{"3:1: type: stands here a second time, the first is in line 2"},
		},
		{
			"key twice inside", "team: platform", "team: platform, team: x",
			[]string{"5:25: owner.team: stands here a second time, the first is in line 5"},
		},
		{
			"key null", "type: core", "type: core\n~: b",
			[]string{`3:1: "~": is an unknown field, known here are id, type, consistencyLevel, durabilityMode, owner, schema, verify, l0Dependencies`},
		},
		{
			"too deep", "primary: cell_config", "primary: " + strings.Repeat("[", 70) + strings.Repeat("]", 70),
			[]string{
				"6:10: schema.primary: must be text, not a list",
				"6:82: schema.primary[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: nests deeper than 64 levels",
			},
		},
		{
			"tab", "schema: {primary: cell_config}", "schema:\n\tprimary: x",
			[]string{"7:2: is no YAML: found character that cannot start any token"},
		},
		{
			"unclosed list", "[smoke.config.startup]", "[smoke.config.startup",
			[]string{"8:3: is no YAML: did not find expected ',' or ']'"},
		},
		{
			"unclosed quote", "type: core", "type: 'core",
			[]string{"2:1: is no YAML: found unexpected end of stream"},
		},
		{
			"colon in text", "type: core", "type: a: b",
			[]string{"2:1: is no YAML: mapping values are not allowed in this context"},
		},
		{
			"wrong indent", "type: core", " type: core",
			[]string{"2:2: is no YAML: mapping values are not allowed in this context"},
		},
		{
			"long and strange field", "type: core", "type: core\n\"a\\nb" + strings.Repeat("x", 80) + "\": c",
			[]string{`3:1: "a\nbxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…": is an unknown field, known here are id, type, consistencyLevel, durabilityMode, owner, schema, verify, l0Dependencies`},
		},
		{
			"no UTF-8", "platform", "plat\xfform",
			[]string{"5:19: is not UTF-8 here"},
		},
		{
			"control character", "platform", "plat\x01form",
			[]string{"5:19: holds the character U+0001, which YAML does not allow"},
		},
	})
}

func TestWholeFileFaults(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, data, want string }{
		{"empty", "", "cell.yaml:1:1: is empty"},
		{"comments only", "# nothing\n", "cell.yaml:1:1: is empty"},
		{"empty document", "---\n", "cell.yaml:1:1: is empty"},
		{"text", "cell\n", "cell.yaml:1:1: must be a mapping, not a single value"},
		{"list", "- id: config\n", "cell.yaml:1:1: must be a mapping, not a list"},
		{"alias", "*a\n", "cell.yaml:1:1: aliases (*a) are refused: write the value out"},
		{"broken in the first line", "{id: [}\n", "cell.yaml:1:1: is no YAML: did not find expected node content"},
		{"UTF-16", "\xff\xfei\x00d\x00", "cell.yaml:1:1: is not UTF-8 here"},
		{"too large", strings.Repeat("#", metadata.MaxFileBytes+1), "cell.yaml:1:1: has more than 256 KiB: metadata files are small"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := metadata.DecodeCell("cell.yaml", []byte(tc.data))
			if got := errText(err); got != tc.want {
				t.Errorf("error %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAllFaultsOfAFileComeAtOnceInItsOrder(t *testing.T) {
	t.Parallel()
	const data = `kind: event
id: event.config.changed.v1
colour: blue
consistencyLevel: L7
endpoints: {publisher: Config, clients: [a]}
event: {topic: A, retry: {attempts: 0}}
replayable: maybe
`
	got, err := metadata.DecodeContract(eventFile, []byte(data))
	want := strings.TrimSuffix(strings.ReplaceAll(`FILE:1:1: lifecycle: is required: one of draft, active, deprecated
FILE:1:1: schemaRefs: is required: an event has at least the schema of its payload
FILE:3:1: colour: is an unknown field, known here are id, kind, ownerCell, consistencyLevel, lifecycle, successor, sunset, `+
		`summary, description, endpoints, event, replayable, deliverySemantics, idempotencyKey, schemaRefs
FILE:4:19: consistencyLevel: "L7" is not one of L0, L1, L2, L3, L4
FILE:5:24: endpoints.publisher: "Config" is not an id: lower-case letters, digits and hyphens, a letter first
FILE:5:32: endpoints.clients: belongs to http contracts: use subscribers
FILE:6:1: event.key: is required: a JSON pointer into the payload, as in /key
FILE:6:16: event.topic: "A" is not a topic: lower-case words joined by dots or hyphens
FILE:6:37: event.retry.attempts: 0 is not from 1 to 1000
FILE:7:13: replayable: "maybe" is not true or false
`, "FILE", eventFile), "\n")
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(errText(err), "\n")); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if got.ID != "" {
		t.Errorf("contract %+v beside an error, want zero", got)
	}
	if _, ok := errors.AsType[*metadata.Error](err); !ok {
		t.Errorf("%T holds no *metadata.Error", err)
	}
}

func TestFaultsAreFoundInWrappedAndJoinedErrors(t *testing.T) {
	t.Parallel()
	a := &metadata.Error{File: "b.yaml", Line: 2, Col: 1, Field: "id", Message: "is wrong"}
	b := &metadata.Error{File: "a.yaml", Line: 9, Col: 1, Message: "is wrong"}
	c := &metadata.Error{File: "b.yaml", Line: 1, Col: 7, Message: "is wrong"}
	err := fmt.Errorf("validate: %w", errors.Join(fmt.Errorf("one: %w", a), errors.New("other"), errors.Join(b, c)))
	if diff := cmp.Diff([]*metadata.Error{b, c, a}, metadata.Faults(err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if got := metadata.Faults(nil); got != nil {
		t.Errorf("faults of no error: %v", got)
	}
}

func TestAtFindsFieldsAndWhatShouldHoldThem(t *testing.T) {
	t.Parallel()
	c, err := metadata.DecodeContract(routeFile, []byte("\n"+routeYAML))
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"":                                    "2:1",
		"kind":                                "3:7",
		"endpoints.clients":                   "10:3",
		"endpoints.clients[1]":                "10:21",
		"endpoints.clients[7]":                "10:3",
		"endpoints.http.responses.412.code":   "24:19",
		"endpoints.http.parameters[1].schema": "20:54",
		"endpoints.http.list":                 "11:3",
		"nowhere":                             "2:1",
	} {
		if got, want := c.At(field).String(), routeFile+":"+want; got != want {
			t.Errorf("At(%q) = %s, want %s", field, got, want)
		}
	}
}
