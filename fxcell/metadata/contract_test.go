package metadata_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/metadata"
)

func TestHTTPContractIsReadWhole(t *testing.T) {
	t.Parallel()
	got, err := metadata.DecodeContract(routeFile, []byte(routeYAML))
	if err != nil {
		t.Fatal(err)
	}
	want := metadata.Contract{
		ID: "http.config.write.v1", Kind: metadata.KindHTTP, OwnerCell: "config",
		ConsistencyLevel: level.L2, Lifecycle: metadata.LifecycleActive,
		Summary:  "Changes the value of a setting.",
		Provider: "config", Consumers: []string{"access", "edge-bff"},
		HTTP: &metadata.HTTP{
			Method: "PUT", Path: "/api/v1/config/{key}", SuccessStatus: 200,
			Policy:   policy(t, "role:config-editor"),
			Deadline: 3 * time.Second, BodyLimit: 64 << 10,
			Parameters: []metadata.Parameter{
				{Name: "key", In: metadata.InPath, Required: true, Schema: json.RawMessage(`{"$ref":"key.schema.json"}`)},
				{
					Name: "If-Match", In: metadata.InHeader, Required: true,
					Schema: json.RawMessage(`{"type":"string","maxLength":64}`),
				},
			},
			ResponseHeaders: []string{"ETag"},
			Responses: []metadata.Response{
				{Status: 412, Code: "ERR_CONFIG_STALE", Description: "the setting has changed since"},
				{Status: 428, Code: "ERR_CONFIG_NO_MATCH", Description: "If-Match is required"},
			},
		},
		SchemaRefs: metadata.SchemaRefs{Request: "request.schema.json", Response: "response.schema.json"},
	}
	if diff := cmp.Diff(want, got, withoutSource); diff != "" {
		t.Errorf("contract (-want +got):\n%s", diff)
	}
}

func TestEventContractIsReadWhole(t *testing.T) {
	t.Parallel()
	got, err := metadata.DecodeContract(eventFile, []byte(eventYAML))
	if err != nil {
		t.Fatal(err)
	}
	want := metadata.Contract{
		ID: "event.config.changed.v1", Kind: metadata.KindEvent, OwnerCell: "config",
		ConsistencyLevel: level.L2, Lifecycle: metadata.LifecycleActive,
		Summary:  "A setting was created, updated, deleted or published.",
		Provider: "config", Consumers: []string{"access", "audit", "config"},
		Event: &metadata.Event{
			Key: "/key", Topic: "settings", Retry: metadata.Retry{Attempts: 5, From: time.Second, To: time.Minute},
			OnPoison: metadata.PoisonSkip, Sensitive: []string{"/value"},
		},
		SchemaRefs: metadata.SchemaRefs{Payload: "payload.schema.json"}, Replayable: true,
		DeliverySemantics: metadata.AtLeastOnce,
	}
	if diff := cmp.Diff(want, got, withoutSource); diff != "" {
		t.Errorf("contract (-want +got):\n%s", diff)
	}
}

func TestDefaultsOfContractsAreFilledIn(t *testing.T) {
	t.Parallel()
	route := edit(t, routeYAML, "    deadline: 3s\n    bodyLimit: 64KiB\n", "")
	route = edit(t, route, "ownerCell: config\n", "")
	got, err := metadata.DecodeContract(routeFile, []byte(route))
	if err != nil {
		t.Fatal(err)
	}
	if got.OwnerCell != "config" || got.HTTP.Deadline != metadata.DefaultDeadline ||
		got.HTTP.BodyLimit != metadata.DefaultBodyLimit {
		t.Errorf("owner %q, deadline %v, body limit %d", got.OwnerCell, got.HTTP.Deadline, got.HTTP.BodyLimit)
	}
	event := edit(t, eventYAML, "  topic: settings\n  retry: {attempts: 5, from: 1s, to: 1m}\n  onPoison: skip\n", "")
	event = edit(t, event, "ownerCell: config\n", "")
	got, err = metadata.DecodeContract(eventFile, []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	want := &metadata.Event{
		Key: "/key", Topic: "config", Retry: metadata.DefaultRetry(),
		OnPoison: metadata.PoisonPark, Sensitive: []string{"/value"},
	}
	if diff := cmp.Diff(want, got.Event); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestCommandsAndProjectionsHaveTheirOwnEnds(t *testing.T) {
	t.Parallel()
	const command = `id: command.device.reboot.v2
kind: command
consistencyLevel: L4
lifecycle: deprecated
successor: command.device.restart.v1
sunset: 2027-06-30
endpoints: {handler: device, invokers: ["*"]}
schemaRefs: {request: request.schema.json, example: docs/example.json}
`
	got, err := metadata.DecodeContract("device/deviceapi/command/device/reboot/v2/contract.yaml", []byte(command))
	if err != nil {
		t.Fatal(err)
	}
	want := metadata.Contract{
		ID: "command.device.reboot.v2", Kind: metadata.KindCommand, OwnerCell: "device",
		ConsistencyLevel: level.L4, Lifecycle: metadata.LifecycleDeprecated,
		Successor: "command.device.restart.v1", Sunset: time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC),
		Provider: "device", Consumers: []string{metadata.Anyone},
		SchemaRefs: metadata.SchemaRefs{
			Request: "request.schema.json", Extra: map[string]string{"example": "docs/example.json"},
		},
	}
	if diff := cmp.Diff(want, got, withoutSource); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
	const projection = "id: projection.order.ledger.v1\nkind: projection\nconsistencyLevel: L3\nlifecycle: draft\n" +
		"endpoints: {provider: order, readers: [audit]}\nreplayable: true\n"
	got, err = metadata.DecodeContract("contract.yaml", []byte(projection))
	if err != nil || got.Provider != "order" || !got.Replayable || got.Consumers[0] != "audit" {
		t.Errorf("projection %+v, error %v", got, err)
	}
}

func TestContractFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, routeFile, routeYAML, lone(metadata.DecodeContract), []fault{
		{
			"id missing", "id: http.config.write.v1\n", "",
			[]string{"1:1: id: is required: a contract id: a kind, one or more words, a version, as in http.config.write.v1"},
		},
		{
			"id without version", "id: http.config.write.v1", "id: http.config.write",
			[]string{`1:5: id: "http.config.write" is not a contract id: a kind, one or more words, a version, as in http.config.write.v1`},
		},
		{
			"id with version nought", "id: http.config.write.v1", "id: http.config.write.v0",
			[]string{`1:5: id: "http.config.write.v0" is not a contract id: a kind, one or more words, a version, as in http.config.write.v1`},
		},
		{
			"id of one word", "id: http.config.write.v1", "id: http.v1",
			[]string{`1:5: id: "http.v1" is not a contract id: a kind, one or more words, a version, as in http.config.write.v1`},
		},
		{
			"id with a slash", "id: http.config.write.v1", "id: http/config/write/v1",
			[]string{`1:5: id: "http/config/write/v1" is not a contract id: a kind, one or more words, a version, as in http.config.write.v1`},
		},
		{
			"id of another folder", "id: http.config.write.v1", "id: http.config.write.v2",
			[]string{"1:5: id: http.config.write.v2 must lie in a folder …/http/config/write/v2, this one is http/config/write/v1"},
		},
		{
			"id longer than the folder", "id: http.config.write.v1", "id: http.a.b.c.d.e.f.g.h.v1",
			[]string{"1:5: id: http.a.b.c.d.e.f.g.h.v1 must lie in a folder …/http/a/b/c/d/e/f/g/h/v1, this one is cells/config/configapi/http/config/write/v1"},
		},
		{
			"id of another kind", "id: http.config.write.v1", "id: event.config.write.v1",
			[]string{
				"1:5: id: event.config.write.v1 must lie in a folder …/event/config/write/v1, this one is http/config/write/v1",
				"2:7: kind: is http, but the id starts with event",
			},
		},
		{
			"kind missing", "kind: http\n", "",
			[]string{"1:1: kind: is required: one of http, event, command, projection"},
		},
		{
			"kind unknown", "kind: http", "kind: htpp",
			[]string{`2:7: kind: "htpp" is none of http, event, command, projection: did you mean http?`},
		},
		{
			"owner of another folder", "ownerCell: config", "ownerCell: access",
			[]string{"3:12: ownerCell: is access, but the contract lies in the folder of config"},
		},
		{
			"owner of wrong form", "ownerCell: config", "ownerCell: Config",
			[]string{`3:12: ownerCell: "Config" is not an id: lower-case letters, digits and hyphens, a letter first`},
		},
		{
			"level unknown", "consistencyLevel: L2", "consistencyLevel: l2",
			[]string{`4:19: consistencyLevel: "l2" is not one of L0, L1, L2, L3, L4`},
		},
		{
			"level missing", "consistencyLevel: L2\n", "",
			[]string{"1:1: consistencyLevel: is required: one of L0, L1, L2, L3, L4"},
		},
		{
			"lifecycle unknown", "lifecycle: active", "lifecycle: live",
			[]string{`5:12: lifecycle: "live" is none of draft, active, deprecated`},
		},
		{
			"lifecycle missing", "lifecycle: active\n", "",
			[]string{"1:1: lifecycle: is required: one of draft, active, deprecated"},
		},
		{
			"deprecated without more", "lifecycle: active", "lifecycle: deprecated",
			[]string{
				"1:1: successor: is required: the contract to use instead of a deprecated one",
				"1:1: sunset: is required: the day a deprecated contract may go, such as 2027-01-31",
			},
		},
		{
			"deprecated for itself", "lifecycle: active", "lifecycle: deprecated\nsuccessor: http.config.write.v1\nsunset: soon",
			[]string{
				"6:12: successor: is the contract itself",
				`7:9: sunset: "soon" is not a day such as 2027-01-31`,
			},
		},
		{
			"active with sunset", "lifecycle: active", "lifecycle: active\nsuccessor: http.a.v1\nsunset: 2027-01-01",
			[]string{
				"6:12: successor: is for deprecated contracts, this one is active",
				"7:9: sunset: is for deprecated contracts, this one is active",
			},
		},
		{
			"endpoints missing", "endpoints:", "endpoint:",
			[]string{
				"1:1: endpoints: is required: who provides the contract and who uses it",
				"7:1: endpoint: is an unknown field, did you mean endpoints?",
			},
		},
		{
			"endpoints nothing", routeYAML[len("id: http.config.write.v1\n"):], "kind: http\nconsistencyLevel: L2\nlifecycle: active\nendpoints:\n",
			[]string{"5:11: endpoints: must be a mapping, not nothing"},
		},
		{
			"server missing", "  server: config\n", "",
			[]string{"7:1: endpoints.server: is required: the cell or actor that provides the contract"},
		},
		{
			"publisher in http", "  server: config\n", "  publisher: config\n",
			[]string{
				"7:1: endpoints.server: is required: the cell or actor that provides the contract",
				"8:14: endpoints.publisher: belongs to event contracts: use server",
			},
		},
		{
			"subscribers in http", "  clients:", "  subscribers:",
			[]string{"9:3: endpoints.subscribers: belongs to event contracts: use clients"},
		},
		{
			"clients twice", "[access, edge-bff]", "[access, access]",
			[]string{`9:21: endpoints.clients[1]: "access" stands at [0] already`},
		},
		{
			"anyone beside names", "[access, edge-bff]", `["*", access]`,
			[]string{"9:3: endpoints.clients: has * beside other names: it stands for all of them"},
		},
		{
			"clients of wrong form", "[access, edge-bff]", "[Access]",
			[]string{`9:13: endpoints.clients[0]: "Access" is not the id of a cell or actor, or *`},
		},
		{
			"event part in http", "schemaRefs", "event: {key: /key}\nschemaRefs",
			[]string{"24:1: event: belongs to event contracts, this one is http"},
		},
		{
			"replayable in http", "schemaRefs", "replayable: true\nschemaRefs",
			[]string{"24:13: replayable: belongs to event and projection contracts, this one is http"},
		},
		{
			"delivery in http", "schemaRefs", "deliverySemantics: at-least-once\nidempotencyKey: id\nschemaRefs",
			[]string{
				"24:20: deliverySemantics: belongs to event contracts, this one is http",
				"25:17: idempotencyKey: belongs to event contracts, this one is http",
			},
		},
		{
			"payload in http", "request: request", "payload: request",
			[]string{"24:23: schemaRefs.payload: is not a schema of http contracts"},
		},
		{
			"schema name misspelt", "response: response", "respons: response",
			[]string{"24:44: schemaRefs.respons: is an unknown field, did you mean response?"},
		},
		{
			"schema outside", "request.schema.json", "../request.schema.json",
			[]string{`24:23: schemaRefs.request: "../request.schema.json" is not a file in the contract's folder, as in request.schema.json`},
		},
		{
			"schema remote", "request.schema.json", "https://example.com/x.json",
			[]string{`24:23: schemaRefs.request: "https://example.com/x.json" is not a file in the contract's folder, as in request.schema.json`},
		},
		{
			"unknown field", "ownerCell", "ownercell",
			[]string{"3:1: ownercell: is an unknown field, did you mean ownerCell?"},
		},
	})
}

func policy(t *testing.T, text string) auth.Policy {
	t.Helper()
	p, err := auth.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
