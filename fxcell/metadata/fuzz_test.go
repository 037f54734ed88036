package metadata_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"fxcell.dev/fxcell/metadata"
)

// fuzz holds one decoder against any input: it does not panic, and each of its errors is an *Error that names a line of
// the file.
func fuzz(f *testing.F, file, base string, decode func(string, []byte) error) {
	f.Helper()
	for _, seed := range []string{
		base, "", "---\n", "{", "a: *b\n", "a: &b [c]\n<<: *b\n", "? [a]\n: b\n", "!!map {a: b}\n", "\xff\xfe", "a: 'b\n",
		strings.ReplaceAll(base, ":", ": &x"), strings.ReplaceAll(base, "\n", "\r\n"), strings.ReplaceAll(base, "{", "["),
		base + "---\n" + base, base + base, strings.Repeat("[", 100), strings.Repeat("a:\n ", 20), "\ufeff" + base,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := decode(file, data)
		if err == nil {
			return
		}
		faults := metadata.Faults(err)
		if len(faults) == 0 {
			t.Fatalf("error without a position: %v", err)
		}
		// YAML ends lines at other characters than \n too.
		lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + bytes.Count(data, []byte("\u0085")) +
			bytes.Count(data, []byte("\u2028")) + bytes.Count(data, []byte("\u2029")) + 1
		for i, e := range faults {
			if e.File != file || e.Line < 1 || e.Line > lines || e.Col < 1 || e.Message == "" {
				t.Errorf("fault %q of a file with %d lines", e, lines)
			}
			if i > 0 && (e.Line < faults[i-1].Line || e.Line == faults[i-1].Line && e.Col < faults[i-1].Col) {
				t.Errorf("fault %q after %q", e, faults[i-1])
			}
		}
	})
}

func FuzzDecodeCell(f *testing.F) {
	fuzz(f, cellFile, cellYAML, lone(metadata.DecodeCell))
}

func FuzzDecodeSlice(f *testing.F) {
	fuzz(f, sliceFile, sliceYAML, lone(metadata.DecodeSlice))
}

func FuzzDecodeHTTPContract(f *testing.F) {
	fuzz(f, routeFile, routeYAML, func(file string, data []byte) error {
		c, err := metadata.DecodeContract(file, data)
		if err == nil && c.HTTP != nil {
			for _, p := range c.HTTP.Parameters {
				if !json.Valid(p.Schema) {
					return fmt.Errorf("schema of %s is no JSON: %s", p.Name, p.Schema)
				}
			}
		}
		return err
	})
}

func FuzzDecodeEventContract(f *testing.F) {
	fuzz(f, eventFile, eventYAML, lone(metadata.DecodeContract))
}

func FuzzDecodeAssembly(f *testing.F) {
	fuzz(f, assemblyFile, assemblyYAML, lone(metadata.DecodeAssembly))
}

func FuzzDecodeActors(f *testing.F) {
	fuzz(f, actorsFile, actorsYAML, lone(metadata.DecodeActors))
}
