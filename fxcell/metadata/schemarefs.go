package metadata

import (
	"slices"

	"fxcell.dev/fxcell/metadata/internal/strict"
)

// readSchemaRefs reads the files that a contract names. Names of its own are kept, unless they look like a slip.
func readSchemaRefs(c *Contract, o *strict.Object) {
	field := o.Field("schemaRefs")
	if c.Kind == KindEvent {
		field = o.Need("schemaRefs", "an event has at least the schema of its payload")
	}
	refs := field.Object()
	own, known := ruleOf(c.Kind)
	for _, s := range []struct {
		name string
		into *string
	}{
		{"request", &c.SchemaRefs.Request},
		{"response", &c.SchemaRefs.Response},
		{"payload", &c.SchemaRefs.Payload},
		{"headers", &c.SchemaRefs.Headers},
	} {
		v := refs.Field(s.name)
		*s.into = v.Like(isInside, wantSchema)
		if v.Given() && known && !slices.Contains(own.schemas, s.name) {
			v.Failf("is not a schema of %s contracts", c.Kind)
		}
	}
	if c.Kind == KindEvent && refs.Given() {
		refs.Need("payload", wantSchema)
	}
	if response := refs.Field("response"); response.Given() && c.HTTP != nil && c.HTTP.NoContent {
		response.Failf("is not possible with noContent: true")
	}
	c.SchemaRefs.Extra = readExtraRefs(refs)
}

func readExtraRefs(refs *strict.Object) map[string]string {
	var extra map[string]string
	for _, m := range refs.Rest() {
		if near := refs.Near(m); near != "" {
			m.Key.Failf("is an unknown field, did you mean %s?", near)
			continue
		}
		if file := m.Value.Like(isInside, wantSchema); file != "" {
			if extra == nil {
				extra = map[string]string{}
			}
			extra[m.Name] = file
		}
	}
	return extra
}
