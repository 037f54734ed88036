package metadata_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/metadata"
)

func TestSliceIsReadWhole(t *testing.T) {
	t.Parallel()
	got, err := metadata.DecodeSlice(sliceFile, []byte(sliceYAML))
	if err != nil {
		t.Fatal(err)
	}
	want := metadata.Slice{
		ID: "configwrite", BelongsToCell: "config",
		ContractUsages: []metadata.Usage{
			{Contract: "http.config.write.v1", Role: metadata.RoleServe},
			{Contract: "event.config.changed.v1", Role: metadata.RolePublish},
			{Contract: "event.user.created.v1", Role: metadata.RoleSubscribe, Mode: metadata.ModeEach},
			{Contract: "event.session.created.v1", Role: metadata.RoleSubscribe, Mode: metadata.ModeBatch},
		},
		Verify: metadata.SliceVerify{
			Unit:     []string{"unit.configwrite.service"},
			Contract: []string{"contract.http.config.write.v1.serve"},
			Waivers: []metadata.Waiver{{
				Contract: "http.config.write.v1", Owner: "platform", Reason: "until the client exists",
				ExpiresAt: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
			}},
		},
		AllowedFiles: []string{"cells/config/slices/configwrite/**"},
	}
	if diff := cmp.Diff(want, got, withoutSource); diff != "" {
		t.Errorf("slice (-want +got):\n%s", diff)
	}
}

func TestSliceTakesItsCellFromTheFolder(t *testing.T) {
	t.Parallel()
	got, err := metadata.DecodeSlice("some/tree/cells/config/slices/configread/slice.yaml", []byte("id: configread\n"))
	if err != nil || got.BelongsToCell != "config" {
		t.Errorf("cell %q, error %v, want config and none", got.BelongsToCell, err)
	}
	_, err = metadata.DecodeSlice("slice.yaml", []byte("id: configread\n"))
	if got, want := errText(err), "slice.yaml:1:1: belongsToCell: is required: the id of the slice's cell"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

func TestRolesKnowTheirKindAndSide(t *testing.T) {
	t.Parallel()
	cases := []struct {
		role     metadata.Role
		kind     metadata.Kind
		provides bool
	}{
		{metadata.RoleServe, metadata.KindHTTP, true},
		{metadata.RoleCall, metadata.KindHTTP, false},
		{metadata.RolePublish, metadata.KindEvent, true},
		{metadata.RoleSubscribe, metadata.KindEvent, false},
		{metadata.RoleHandle, metadata.KindCommand, true},
		{metadata.RoleInvoke, metadata.KindCommand, false},
		{metadata.RoleProvide, metadata.KindProjection, true},
		{metadata.RoleRead, metadata.KindProjection, false},
		{"", "", false},
		{"other", "", false},
	}
	for _, tc := range cases {
		if got := tc.role.Kind(); got != tc.kind {
			t.Errorf("kind of %q is %q, want %q", tc.role, got, tc.kind)
		}
		if got := tc.role.Provides(); got != tc.provides {
			t.Errorf("%q provides: %v, want %v", tc.role, got, tc.provides)
		}
	}
}

func TestSliceFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, sliceFile, sliceYAML, lone(metadata.DecodeSlice), []fault{
		{
			"id of another folder", "id: configwrite", "id: configread",
			[]string{`1:5: id: "configread" is not the name of its folder, configwrite`},
		},
		{
			"cell of another folder", "belongsToCell: config", "belongsToCell: access",
			[]string{`2:16: belongsToCell: "access" is not the cell whose folder the slice lies in, config`},
		},
		{
			"contract missing", "{contract: http.config.write.v1, role: serve}", "{role: serve}",
			[]string{"4:5: contractUsages[0].contract: is required: a contract id: a kind, one or more words, a version, as in http.config.write.v1"},
		},
		{
			"contract of wrong form", "{contract: http.config.write.v1, role: serve}", "{contract: http.config, role: serve}",
			[]string{`4:16: contractUsages[0].contract: "http.config" is not a contract id: a kind, one or more words, a version, as in http.config.write.v1`},
		},
		{
			"role missing", "{contract: http.config.write.v1, role: serve}", "{contract: http.config.write.v1}",
			[]string{"4:5: contractUsages[0].role: is required: one of serve, call, publish, subscribe, handle, invoke, provide, read"},
		},
		{
			"role unknown", "role: serve", "role: server",
			[]string{`4:44: contractUsages[0].role: "server" is none of serve, call, publish, subscribe, handle, invoke, provide, read: did you mean serve?`},
		},
		{
			"role of another kind", "role: serve", "role: publish",
			[]string{`4:44: contractUsages[0].role: "publish" is no role for http contracts: use serve or call`},
		},
		{
			"usage twice", "role: serve}", "role: serve}\n  - {contract: http.config.write.v1, role: serve}",
			[]string{"5:5: contractUsages[1]: serve of http.config.write.v1 stands at [0] already"},
		},
		{
			"mode unknown", "mode: batch", "mode: batches",
			[]string{`7:65: contractUsages[3].mode: "batches" is none of each, batch, external: did you mean batch?`},
		},
		{
			"mode without subscription", "role: serve", "role: serve, mode: each",
			[]string{"4:57: contractUsages[0].mode: only a subscription has a mode"},
		},
		{
			"mode empty", "mode: batch", "mode: ",
			[]string{"7:65: contractUsages[3].mode: is empty: it must be one of each, batch, external"},
		},
		{
			"usage text", "{contract: http.config.write.v1, role: serve}", "http.config.write.v1",
			[]string{"4:5: contractUsages[0]: must be a mapping, not a single value"},
		},
		{
			"usages no list", "contractUsages:\n", "contractUsages: {}\nx:\n",
			[]string{
				"3:1: contractUsages: must be a list, not a mapping",
				"4:1: x: is an unknown field, known here are id, belongsToCell, contractUsages, verify, allowedFiles",
			},
		},
		{
			"waiver without anything", "{contract: http.config.write.v1, owner: platform, reason: until the client exists, expiresAt: 2027-01-31}", "{}",
			[]string{
				"12:7: verify.waivers[0].contract: is required: a contract id: a kind, one or more words, a version, as in http.config.write.v1",
				"12:7: verify.waivers[0].expiresAt: is required: the last day it holds, such as 2027-01-31",
				"12:7: verify.waivers[0].owner: is required: who ends the exception",
				"12:7: verify.waivers[0].reason: is required: why the check is missing",
			},
		},
		{
			"waiver until no day", "2027-01-31", "2027-02-31",
			[]string{`12:101: verify.waivers[0].expiresAt: "2027-02-31" is not a day such as 2027-01-31`},
		},
		{
			"waiver until some day", "2027-01-31", "someday",
			[]string{`12:101: verify.waivers[0].expiresAt: "someday" is not a day such as 2027-01-31`},
		},
		{
			"unit text", "[unit.configwrite.service]", "unit.configwrite.service",
			[]string{"9:9: verify.unit: must be a list, not a single value"},
		},
		{
			"file twice", "configwrite/**]", "configwrite/**, cells/config/slices/configwrite/**]",
			[]string{`13:52: allowedFiles[1]: "cells/config/slices/configwrite/**" stands at [0] already`},
		},
		{
			"unknown field", "allowedFiles", "allowedfiles",
			[]string{"13:1: allowedfiles: is an unknown field, did you mean allowedFiles?"},
		},
	})
}
