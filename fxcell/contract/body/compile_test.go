package body

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/problem"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestCompileFollowsReferencesInsideItsFiles(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"http/write/v1/request.schema.json": file(`{"properties":{"key":{"$ref":"key.schema.json"},"who":{"$ref":"../../../shared/a b.json#/$defs/id"}}}`),
		"http/write/v1/key.schema.json":     file(`{"type":"string","maxLength":3}`),
		"shared/a b.json":                   file(`{"$defs":{"id":{"type":"integer"}}}`),
	}
	s, err := Compile(fsys, "http/write/v1/request.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	want := []problem.Fault{
		{Pointer: "/key", Rule: "maxLength", Message: "must have at most 3 characters"},
		{Pointer: "/who", Rule: "type", Message: "must be a whole number"},
	}
	if diff := cmp.Diff(want, s.Validate([]byte(`{"key":"long","who":"me"}`))); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestCompileTextRefersToFilesBesideItsBase(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"http/v1/key.schema.json": file(`{"type":"string","pattern":"^[a-z]+$"}`)}
	s, err := CompileText(fsys, "http/v1/contract.yaml", `{"$ref":"key.schema.json"}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []problem.Fault{{Rule: "pattern", Message: "must match ^[a-z]+$"}}
	if diff := cmp.Diff(want, s.ValidateValue("UP")); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if got := s.ValidateValue("ok"); got != nil {
		t.Errorf("faults of a good value = %v", got)
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ schema, want string }{
		"a missing file":     {`{"$ref":"no.json"}`, "body: compile v1/a.json: v1/no.json: file does not exist"},
		"a way out":          {`{"$ref":"../../key.json"}`, "body: compile v1/a.json: key.json leads out of the folder of the schemas"},
		"a long way out":     {`{"$ref":"../../../../etc/passwd"}`, "body: compile v1/a.json: etc/passwd leads out of the folder of the schemas"},
		"an absolute path":   {`{"$ref":"/key.json"}`, "body: compile v1/a.json: key.json leads out of the folder of the schemas"},
		"another site":       {`{"$ref":"https://example.com/key.json"}`, "body: compile v1/a.json: https://example.com/key.json is remote: a reference may only name a file, relative to its own"},
		"a host":             {`{"$ref":"//example.com/key.json"}`, "body: compile v1/a.json: schema://example.com/key.json is remote: a reference may only name a file, relative to its own"},
		"a file URL":         {`{"$ref":"file:///etc/passwd"}`, "body: compile v1/a.json: file:///etc/passwd is remote: a reference may only name a file, relative to its own"},
		"a remote $id":       {`{"$id":"https://example.com/a.json","$ref":"key.json"}`, "body: compile v1/a.json: https://example.com/key.json is remote: a reference may only name a file, relative to its own"},
		"broken JSON":        {`{"type":`, "body: compile: v1/a.json: is not JSON: it ends too early, after byte 8"},
		"a keyword twice":    {`{"type":"string","type":"null"}`, "body: compile: v1/a.json /type: is there more than once"},
		"a broken reference": {`{"$ref":"broken.json"}`, "body: compile v1/a.json: v1/broken.json: is not JSON at byte 1"},
		"no anchor":          {`{"$ref":"#/$defs/x"}`, `body: compile v1/a.json: json-pointer in "v1/a.json#/$defs/x" not found`},
		"a pattern of another engine": {
			`{"pattern":"(?=x)"}`,
			"body: compile v1/a.json: \"v1/a.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'",
		},
		"an unknown type": {
			`{"type":"strin"}`,
			"body: compile v1/a.json: \"v1/a.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'",
		},
		"another draft": {`{"$schema":"http://json-schema.org/draft-07/schema#"}`, "body: compile v1/a.json: v1/a.json#: only draft 2020-12 of JSON Schema is supported"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{"v1/a.json": file(tc.schema), "key.json": file(`{}`), "v1/broken.json": file(`type: string`)}
			_, err := Compile(fsys, "v1/a.json")
			if err == nil {
				t.Fatal("compiled")
			}
			if got, _, _ := strings.Cut(err.Error(), "\n"); got != tc.want {
				t.Errorf("error\ngot  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestCompileOfAMissingFileIsNotExist(t *testing.T) {
	t.Parallel()
	_, err := Compile(fstest.MapFS{}, "no.json")
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != "body: compile: no.json: file does not exist" {
		t.Errorf("error = %v", err)
	}
	_, err = Compile(fstest.MapFS{"a.json": file(`{"$ref":"no.json"}`)}, "a.json")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error = %v", err)
	}
}

func TestCompileTextRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ base, schema, want string }{
		"a base outside": {"../contract.yaml", `{}`, `body: compile: "../contract.yaml" is no path of a file`},
		"broken JSON":    {"contract.yaml", `{`, "body: compile: contract.yaml: is not JSON: it ends too early, after byte 1"},
		"a missing file": {"contract.yaml", `{"$ref":"no.json"}`, "body: compile contract.yaml: no.json: file does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := CompileText(fstest.MapFS{}, tc.base, tc.schema)
			if err == nil || err.Error() != tc.want {
				t.Errorf("error\ngot  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestASchemaWithoutFilesRefersToNone(t *testing.T) {
	t.Parallel()
	_, err := CompileText(nil, "setting", `{"$ref": "other.json"}`)
	if err == nil || !strings.Contains(err.Error(), "other.json") {
		t.Fatalf("err = %v, want one that names the file", err)
	}
}
