package metadata_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/metadata"
)

const (
	cellFile     = "cells/config/cell.yaml"
	sliceFile    = "cells/config/slices/configwrite/slice.yaml"
	routeFile    = "cells/config/configapi/http/config/write/v1/contract.yaml"
	eventFile    = "cells/config/configapi/event/config/changed/v1/contract.yaml"
	assemblyFile = "apps/core/assembly/assembly.yaml"
	actorsFile   = "cells/actors.yaml"
)

const cellYAML = `id: config
type: core
consistencyLevel: L2
durabilityMode: durable
owner: {team: platform, role: cell-owner}
schema: {primary: cell_config}
verify:
  smoke: [smoke.config.startup]
l0Dependencies:
  - {cell: pricing, reason: pure rules}
`

const sliceYAML = `id: configwrite
belongsToCell: config
contractUsages:
  - {contract: http.config.write.v1, role: serve}
  - {contract: event.config.changed.v1, role: publish}
  - {contract: event.user.created.v1, role: subscribe}
  - {contract: event.session.created.v1, role: subscribe, mode: batch}
verify:
  unit: [unit.configwrite.service]
  contract: [contract.http.config.write.v1.serve]
  waivers:
    - {contract: http.config.write.v1, owner: platform, reason: until the client exists, expiresAt: 2027-01-31}
allowedFiles: [cells/config/slices/configwrite/**]
`

const routeYAML = `id: http.config.write.v1
kind: http
ownerCell: config
consistencyLevel: L2
lifecycle: active
summary: Changes the value of a setting.
endpoints:
  server: config
  clients: [access, edge-bff]
  http:
    method: PUT
    path: /api/v1/config/{key}
    successStatus: 200
    policy: role:config-editor
    deadline: 3s
    bodyLimit: 64KiB
    parameters:
      - {name: key, in: path, schema: {$ref: key.schema.json}}
      - {name: If-Match, in: header, required: true, schema: {type: string, maxLength: 64}}
    responseHeaders: [ETag]
    responses:
      428: {code: ERR_CONFIG_NO_MATCH, description: If-Match is required}
      412: {code: ERR_CONFIG_STALE, description: the setting has changed since}
schemaRefs: {request: request.schema.json, response: response.schema.json}
`

const eventYAML = `id: event.config.changed.v1
kind: event
ownerCell: config
consistencyLevel: L2
lifecycle: active
summary: A setting was created, updated, deleted or published.
endpoints: {publisher: config, subscribers: [access, audit, config]}
event:
  key: /key
  topic: settings
  retry: {attempts: 5, from: 1s, to: 1m}
  onPoison: skip
  sensitive: [/value]
replayable: true
schemaRefs: {payload: payload.schema.json}
`

const assemblyYAML = `id: core
cells: [access, audit, config]
build: {entrypoint: apps/core/main.go, binary: core, deployTemplate: k8s}
`

const actorsYAML = `- {id: edge-bff, type: external, maxConsistencyLevel: L4}
- {id: partner, type: external}
`

// fault is one way to spoil a file, and what is said about it: the errors without the file's name.
type fault struct {
	name     string
	old, new string
	want     []string
}

// testFaults spoils base once per case and compares every error.
func testFaults(t *testing.T, file, base string, decode func(string, []byte) error, cases []fault) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range metadata.Faults(decode(file, []byte(edit(t, base, tc.old, tc.new)))) {
				got = append(got, strings.TrimPrefix(f.Error(), file+":"))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// edit replaces the only occurrence of old; an empty old appends.
func edit(t *testing.T, base, old, replacement string) string {
	t.Helper()
	if old == "" {
		return base + replacement
	}
	if n := strings.Count(base, old); n != 1 {
		t.Fatalf("%q stands in the file %d times, want once", old, n)
	}
	return strings.Replace(base, old, replacement, 1)
}

// lone drops a decoder's value.
func lone[T any](decode func(string, []byte) (T, error)) func(string, []byte) error {
	return func(file string, data []byte) error {
		_, err := decode(file, data)
		return err
	}
}
