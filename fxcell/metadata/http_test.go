package metadata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/metadata"
)

func TestHTTPFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, routeFile, routeYAML, lone(metadata.DecodeContract), []fault{
		{
			"route missing", "  http:\n", "  htpp:\n",
			[]string{
				"7:1: endpoints.http: is required: the route: method, path, successStatus and policy",
				"10:3: endpoints.htpp: is an unknown field, did you mean http?",
			},
		},
		{
			"method missing", "    method: PUT\n", "",
			[]string{"10:3: endpoints.http.method: is required: one of GET, POST, PUT, PATCH, DELETE"},
		},
		{
			"method unknown", "method: PUT", "method: HEAD",
			[]string{`11:13: endpoints.http.method: "HEAD" is none of GET, POST, PUT, PATCH, DELETE`},
		},
		{
			"method in lower case", "method: PUT", "method: put",
			[]string{`11:13: endpoints.http.method: "put" is none of GET, POST, PUT, PATCH, DELETE: did you mean PUT?`},
		},
		{
			"path missing", "    path: /api/v1/config/{key}\n", "",
			[]string{"10:3: endpoints.http.path: is required: the route's path, as in /api/v1/config/{key}"},
		},
		{
			"path without slash", "path: /api", "path: api",
			[]string{"12:11: endpoints.http.path: must start with /"},
		},
		{
			"path with empty segment", "/api/v1/config/{key}", "/api//config/{key}",
			[]string{"12:11: endpoints.http.path: has an empty segment (//)"},
		},
		{
			"path with a space", "/api/v1/config/{key}", "/api/v1/con fig/{key}",
			[]string{`12:11: endpoints.http.path: has the segment "con fig": letters, digits and . _ ~ -, or {name} alone`},
		},
		{
			"path with half a brace", "/api/v1/config/{key}", "/api/v1/config/{key",
			[]string{`12:11: endpoints.http.path: has the segment "{key": letters, digits and . _ ~ -, or {name} alone`},
		},
		{
			"path with a brace inside", "/api/v1/config/{key}", "/api/v1/config/x{key}",
			[]string{`12:11: endpoints.http.path: has the segment "x{key}": letters, digits and . _ ~ -, or {name} alone`},
		},
		{
			"path with dots", "/api/v1/config/{key}", "/api/../{key}",
			[]string{`12:11: endpoints.http.path: has the segment "..": letters, digits and . _ ~ -, or {name} alone`},
		},
		{
			"path with a query", "/api/v1/config/{key}", "/api/{key}?a=b",
			[]string{`12:11: endpoints.http.path: has the segment "{key}?a=b": letters, digits and . _ ~ -, or {name} alone`},
		},
		{
			"path with a parameter twice", "/api/v1/config/{key}", "/api/{key}/{key}",
			[]string{"12:11: endpoints.http.path: has {key} twice"},
		},
		{
			"path parameter not listed", "/api/v1/config/{key}", "/api/{key}/{version}",
			[]string{"12:11: endpoints.http.path: {version} is not among the parameters: list it with in: path and a schema"},
		},
		{
			"path parameter not in the path", "/api/v1/config/{key}", "/api/v1/config",
			[]string{"18:16: endpoints.http.parameters[0].name: is in the path, which has no {key}"},
		},
		{
			"status missing", "    successStatus: 200\n", "",
			[]string{"10:3: endpoints.http.successStatus: is required: a status from 200 to 299"},
		},
		{
			"status of an error", "successStatus: 200", "successStatus: 404",
			[]string{"13:20: endpoints.http.successStatus: 404 is not from 200 to 299"},
		},
		{
			"status with a nought", "successStatus: 200", "successStatus: 0200",
			[]string{`13:20: endpoints.http.successStatus: "0200" is not a whole number in plain decimal`},
		},
		{
			"status without a body unsaid", "successStatus: 200", "successStatus: 204",
			[]string{"13:20: endpoints.http.successStatus: 204 has no body: say noContent: true"},
		},
		{
			"no content with a body's status", "successStatus: 200", "successStatus: 200\n    noContent: true",
			[]string{
				"14:16: endpoints.http.noContent: is for status 204, this one is 200",
				"25:54: schemaRefs.response: is not possible with noContent: true",
			},
		},
		{
			"no content with a response", "successStatus: 200", "successStatus: 204\n    noContent: true",
			[]string{"25:54: schemaRefs.response: is not possible with noContent: true"},
		},
		{
			"list raw", "successStatus: 200", "successStatus: 200\n    list: true\n    raw: true",
			[]string{"14:11: endpoints.http.list: is a page of items: it goes with neither raw nor noContent"},
		},
		{
			"raw without a body", "successStatus: 200", "successStatus: 204\n    noContent: true\n    raw: true",
			[]string{
				"15:10: endpoints.http.raw: is about a body, and noContent has none",
				"26:54: schemaRefs.response: is not possible with noContent: true",
			},
		},
		{
			"list no boolean", "successStatus: 200", "successStatus: 200\n    list: 1",
			[]string{`14:11: endpoints.http.list: "1" is not true or false`},
		},
		{
			"deadline without unit", "deadline: 3s", "deadline: 3",
			[]string{`15:15: endpoints.http.deadline: "3" is not a duration such as 100ms, 10s or 5m`},
		},
		{
			"deadline nought", "deadline: 3s", "deadline: 0s",
			[]string{`15:15: endpoints.http.deadline: "0s" is not above zero`},
		},
		{
			"deadline empty", "deadline: 3s", "deadline:",
			[]string{"15:14: endpoints.http.deadline: is empty: it must be a duration such as 100ms, 10s or 5m"},
		},
		{
			"limit in other units", "bodyLimit: 64KiB", "bodyLimit: 1MB",
			[]string{`16:16: endpoints.http.bodyLimit: "1MB" is not a size such as 512B, 64KiB or 1MiB`},
		},
		{
			"limit without unit", "bodyLimit: 64KiB", "bodyLimit: 1048576",
			[]string{`16:16: endpoints.http.bodyLimit: "1048576" is not a size such as 512B, 64KiB or 1MiB`},
		},
		{
			"limit a fraction", "bodyLimit: 64KiB", "bodyLimit: 1.5MiB",
			[]string{`16:16: endpoints.http.bodyLimit: "1.5MiB" is not a size such as 512B, 64KiB or 1MiB`},
		},
		{
			"limit nought", "bodyLimit: 64KiB", "bodyLimit: 0B",
			[]string{`16:16: endpoints.http.bodyLimit: "0B" is not above zero`},
		},
		{
			"limit too large", "bodyLimit: 64KiB", "bodyLimit: 99999999999GiB",
			[]string{`16:16: endpoints.http.bodyLimit: "99999999999GiB" is not a size such as 512B, 64KiB or 1MiB`},
		},
		{
			"header of wrong form", "[ETag]", "[E Tag]",
			[]string{`20:23: endpoints.http.responseHeaders[0]: "E Tag" is not the name of a header, as in ETag`},
		},
		{
			"header twice", "[ETag]", "[ETag, etag]",
			[]string{`20:29: endpoints.http.responseHeaders[1]: "etag" stands at [0] already`},
		},
		{
			"response of no error", "428:", "302:",
			[]string{"22:7: endpoints.http.responses.302: is no status of an error: one from 400 to 599"},
		},
		{
			"response of no number", "428:", "4xx:",
			[]string{"22:7: endpoints.http.responses.4xx: is no status of an error: one from 400 to 599"},
		},
		{
			"response twice", "428:", "412:",
			[]string{"23:7: endpoints.http.responses.412: stands here a second time, the first is in line 22"},
		},
		{
			"response code of wrong form", "ERR_CONFIG_STALE", "stale",
			[]string{`23:19: endpoints.http.responses.412.code: "stale" is not a code, as in ERR_CONFIG_STALE`},
		},
		{
			"response unknown field", "code: ERR_CONFIG_STALE", "kode: ERR_CONFIG_STALE",
			[]string{"23:13: endpoints.http.responses.412.kode: is an unknown field, did you mean code?"},
		},
		{
			"response empty", "412: {code: ERR_CONFIG_STALE, description: the setting has changed since}", "412:",
			[]string{"23:11: endpoints.http.responses.412: must be a mapping, not nothing"},
		},
		{
			"response schema absolute", "description: If-Match is required", "schemaRef: /etc/passwd",
			[]string{`22:51: endpoints.http.responses.428.schemaRef: "/etc/passwd" is not a relative path to a schema file`},
		},
		{
			"route unknown field", "    responseHeaders", "    responsHeaders",
			[]string{"20:5: endpoints.http.responsHeaders: is an unknown field, did you mean responseHeaders?"},
		},
	})
}

func TestParameterFaults(t *testing.T) {
	t.Parallel()
	const key = "{name: key, in: path, schema: {$ref: key.schema.json}}"
	testFaults(t, routeFile, routeYAML, lone(metadata.DecodeContract), []fault{
		{
			"name missing", "name: If-Match, ", "",
			[]string{"19:9: endpoints.http.parameters[1].name: is required: the parameter's name in the request"},
		},
		{
			"in missing", "in: header, ", "",
			[]string{"19:9: endpoints.http.parameters[1].in: is required: one of path, query, header"},
		},
		{
			"in unknown", "in: header", "in: cookie",
			[]string{`19:30: endpoints.http.parameters[1].in: "cookie" is none of path, query, header`},
		},
		{
			"schema missing", ", schema: {$ref: key.schema.json}", "",
			[]string{"18:9: endpoints.http.parameters[0].schema: is required: a JSON Schema, or {$ref: key.schema.json}"},
		},
		{
			"schema text", "schema: {$ref: key.schema.json}", "schema: key.schema.json",
			[]string{"18:39: endpoints.http.parameters[0].schema: must be a mapping, not a single value"},
		},
		{
			"schema with a key twice", "type: string, maxLength: 64", "type: string, type: integer",
			[]string{"19:77: endpoints.http.parameters[1].schema.type: stands here a second time, the first is in line 19"},
		},
		{
			"schema with an octal", "maxLength: 64", "maxLength: 0100",
			[]string{`19:88: endpoints.http.parameters[1].schema.maxLength: "0100" is a number in YAML and none in JSON: write plain decimal, or quote it`},
		},
		{
			"schema with underscores", "maxLength: 64", "maxLength: 1_000",
			[]string{`19:88: endpoints.http.parameters[1].schema.maxLength: "1_000" is a number in YAML and none in JSON: write plain decimal, or quote it`},
		},
		{
			"schema with a null", "maxLength: 64", "maxLength: ~",
			[]string{"19:88: endpoints.http.parameters[1].schema.maxLength: is empty: write null, or a value"},
		},
		{
			"schema with a loud boolean", "maxLength: 64", "deprecated: True",
			[]string{`19:89: endpoints.http.parameters[1].schema.deprecated: "True": write true or false, or quote it`},
		},
		{
			"name twice", key, key + "\n      - {name: if-match, in: header, schema: {type: string}}",
			[]string{`20:16: endpoints.http.parameters[2].name: header parameter "If-Match" stands at [1] already`},
		},
		{
			"path parameter optional", "in: path", "in: path, required: false",
			[]string{"18:41: endpoints.http.parameters[0].required: is false: a parameter of the path is always there"},
		},
		{
			"name not for the path", "name: key", "name: the-key",
			[]string{`18:16: endpoints.http.parameters[0].name: "the-key" is not a name for the path: letters, digits and _, a letter first`},
		},
		{
			"name not for the query", key, key + "\n      - {name: 1st, in: query, schema: {type: string}}",
			[]string{`19:16: endpoints.http.parameters[1].name: "1st" is not a name for the query: letters, digits and _ . -, a letter first`},
		},
		{
			"name not for a header", "name: If-Match", "name: If Match",
			[]string{`19:16: endpoints.http.parameters[1].name: "If Match" is not the name of a header, as in ETag`},
		},
		{
			"unknown field", "required: true", "require: true",
			[]string{"19:38: endpoints.http.parameters[1].require: is an unknown field, did you mean required?"},
		},
		{
			"parameter text", key, "key",
			[]string{"18:9: endpoints.http.parameters[0]: must be a mapping, not a single value"},
		},
	})
}

func TestPolicyFaults(t *testing.T) {
	t.Parallel()
	const old = "policy: role:config-editor"
	testFaults(t, routeFile, routeYAML, lone(metadata.DecodeContract), []fault{
		{
			"missing", "    " + old + "\n", "",
			[]string{"10:3: endpoints.http.policy: is required: public, authenticated, role:a[,b], self-or-role:{param}:role[,role] or service"},
		},
		{
			"empty", old, "policy:",
			[]string{"14:12: endpoints.http.policy: is empty: it must be text"},
		},
		{
			"unknown word", old, "policy: admin",
			[]string{`14:13: endpoints.http.policy: "admin" is no policy: write public, authenticated, role:a[,b], self-or-role:{param}:role[,role] or service`},
		},
		{
			"public with more", old, "policy: public:all",
			[]string{`14:13: endpoints.http.policy: "public:all": public stands alone`},
		},
		{
			"service with more", old, "policy: 'service:'",
			[]string{`14:13: endpoints.http.policy: "service:": service stands alone`},
		},
		{
			"role without one", old, "policy: 'role:'",
			[]string{`14:13: endpoints.http.policy: "role:" has "" for a role: roles are joined by commas without spaces, as in role:admin,auditor`},
		},
		{
			"role alone", old, "policy: role",
			[]string{`14:13: endpoints.http.policy: "role" has "" for a role: roles are joined by commas without spaces, as in role:admin,auditor`},
		},
		{
			"role with a space", old, "policy: role:a, b",
			[]string{`14:13: endpoints.http.policy: "role:a, b" has " b" for a role: roles are joined by commas without spaces, as in role:admin,auditor`},
		},
		{
			"role twice", old, "policy: role:a,a",
			[]string{`14:13: endpoints.http.policy: "role:a,a" has the role a twice`},
		},
		{
			"self without parameter", old, "policy: self-or-role:admin",
			[]string{`14:13: endpoints.http.policy: "self-or-role:admin" names no path parameter, as in self-or-role:{userId}:admin`},
		},
		{
			"self with a bad parameter", old, "policy: self-or-role:key:admin",
			[]string{`14:13: endpoints.http.policy: "self-or-role:key:admin" names no path parameter, as in self-or-role:{userId}:admin`},
		},
		{
			"self of another parameter", old, "policy: self-or-role:{userId}:admin",
			[]string{"14:13: endpoints.http.policy: {userId} is no parameter of the path"},
		},
		{
			"self without role", old, "policy: self-or-role:{key}",
			[]string{`14:13: endpoints.http.policy: "self-or-role:{key}" has "" for a role: roles are joined by commas without spaces, as in role:admin,auditor`},
		},
	})
}

func TestPoliciesAreRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"public", "authenticated", "service", "role:admin,auditor", "self-or-role:{key}:admin,ops"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			data := edit(t, routeYAML, "policy: role:config-editor", "policy: "+text)
			got, err := metadata.DecodeContract(routeFile, []byte(data))
			if err != nil {
				t.Fatal(err)
			}
			if got.HTTP.Policy.String() != text {
				t.Errorf("policy %q, want %q", got.HTTP.Policy, text)
			}
		})
	}
}

func TestAStatusMayHaveSeveralCodes(t *testing.T) {
	t.Parallel()
	data := edit(t, routeYAML, "      412: {code: ERR_CONFIG_STALE, description: the setting has changed since}",
		"      412: [{code: ERR_CONFIG_STALE, description: the setting has changed since}, {code: ERR_CONFIG_OLD}]")
	got, err := metadata.DecodeContract(routeFile, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	want := []metadata.Response{
		{Status: 412, Code: "ERR_CONFIG_STALE", Description: "the setting has changed since"},
		{Status: 412, Code: "ERR_CONFIG_OLD"},
		{Status: 428, Code: "ERR_CONFIG_NO_MATCH", Description: "If-Match is required"},
	}
	if diff := cmp.Diff(want, got.HTTP.Responses); diff != "" {
		t.Errorf("responses (-want +got):\n%s", diff)
	}
}

func TestSharedErrorSchemasAndAllSizesAreRead(t *testing.T) {
	t.Parallel()
	for size, want := range map[string]int64{"1B": 1, "512B": 512, "2KiB": 2048, "10MiB": 10 << 20, "1GiB": 1 << 30} {
		data := edit(t, routeYAML, "bodyLimit: 64KiB", "bodyLimit: "+size)
		data = edit(t, data, "code: ERR_CONFIG_STALE", "schemaRef: ../../../../shared/error.schema.json")
		got, err := metadata.DecodeContract(routeFile, []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		if got.HTTP.BodyLimit != want || got.HTTP.Responses[0].SchemaRef != "../../../../shared/error.schema.json" {
			t.Errorf("limit %d, want %d; schema %q", got.HTTP.BodyLimit, want, got.HTTP.Responses[0].SchemaRef)
		}
	}
}

func TestInlineSchemasKeepOrderAndKinds(t *testing.T) {
	t.Parallel()
	data := edit(t, routeYAML, "{type: string, maxLength: 64}",
		"{type: [string, 'null'], pattern: '^\"', enum: [2026-01-31, yes, '1', null, true], minimum: -1.5e3, not: {}, const: 9007199254740993}")
	got, err := metadata.DecodeContract(routeFile, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":["string","null"],"pattern":"^\"","enum":["2026-01-31","yes","1",null,true],"minimum":-1.5e3,` +
		`"not":{},"const":9007199254740993}`
	if got := string(got.HTTP.Parameters[1].Schema); got != want {
		t.Errorf("schema %s\nwant   %s", got, want)
	}
}
