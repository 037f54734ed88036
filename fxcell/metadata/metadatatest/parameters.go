package metadatatest

import (
	"encoding/json"
	"testing"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/metadata"
)

// parameter is a parameter whose schema is a value, so that spelling makes no difference.
type parameter struct {
	Name, In string
	Required bool
	Schema   any
}

func compareParameters(t *testing.T, id string, file []metadata.Parameter, code *contract.HTTPDescription) {
	t.Helper()
	if code == nil {
		return
	}
	inFile, inCode := map[string]parameter{}, map[string]parameter{}
	for _, p := range file {
		inFile[string(p.In)+" "+p.Name] = parameter{p.Name, string(p.In), p.Required || p.In == metadata.InPath, value(t, id, string(p.Schema))}
	}
	for _, p := range code.Parameters {
		inCode[p.In+" "+p.Name] = parameter{p.Name, p.In, p.Required || p.In == "path", value(t, id, p.Schema)}
	}
	same(t, id+" parameters", inFile, inCode)
}

func value(t *testing.T, id, schema string) any {
	t.Helper()
	if schema == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(schema), &v); err != nil {
		t.Errorf("%s: a parameter's schema: %v", id, err)
	}
	return v
}
