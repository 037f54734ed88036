package metadata_test

import (
	"testing"

	"fxcell.dev/fxcell/metadata"
)

func TestEventWordsOfTheEnvelopeAreAccepted(t *testing.T) {
	t.Parallel()
	data := eventYAML + "deliverySemantics: at-least-once\nidempotencyKey: event_id\ndescription: more\n"
	got, err := metadata.DecodeContract(eventFile, []byte(data))
	if err != nil || got.DeliverySemantics != metadata.AtLeastOnce || got.IdempotencyKey != "event_id" {
		t.Errorf("semantics %q, key %q, error %v", got.DeliverySemantics, got.IdempotencyKey, err)
	}
}

func TestEventFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, eventFile, eventYAML, lone(metadata.DecodeContract), []fault{
		{
			"event part missing", "event:\n", "evnt:\n",
			[]string{
				"1:1: event: is required: at least the key that order is kept by, as in {key: /key}",
				"8:1: evnt: is an unknown field, did you mean event?",
			},
		},
		{
			"key missing", "  key: /key\n", "",
			[]string{"8:1: event.key: is required: a JSON pointer into the payload, as in /key"},
		},
		{
			"key without slash", "key: /key", "key: key",
			[]string{`9:8: event.key: "key" is not a JSON pointer into the payload, as in /key`},
		},
		{
			"key of the whole", "key: /key", `key: ""`,
			[]string{"9:8: event.key: is empty: it must be a JSON pointer into the payload, as in /key"},
		},
		{
			"key with a bad escape", "key: /key", "key: /a~2",
			[]string{`9:8: event.key: "/a~2" is not a JSON pointer into the payload, as in /key`},
		},
		{
			"topic of wrong form", "topic: settings", "topic: My Topic",
			[]string{`10:10: event.topic: "My Topic" is not a topic: lower-case words joined by dots or hyphens`},
		},
		{
			"attempts nought", "attempts: 5", "attempts: 0",
			[]string{"11:21: event.retry.attempts: 0 is not from 1 to 1000"},
		},
		{
			"attempts quoted", "attempts: 5", `attempts: "5"`,
			[]string{`11:21: event.retry.attempts: "5" must be a whole number without quotes`},
		},
		{
			"attempts octal", "attempts: 5", "attempts: 010",
			[]string{`11:21: event.retry.attempts: "010" is not a whole number in plain decimal`},
		},
		{
			"attempts a fraction", "attempts: 5", "attempts: 1.5",
			[]string{`11:21: event.retry.attempts: "1.5" is not a whole number in plain decimal`},
		},
		{
			"wait without unit", "from: 1s", "from: 1",
			[]string{`11:30: event.retry.from: "1" is not a duration such as 100ms, 10s or 5m`},
		},
		{
			"wait below zero", "from: 1s", "from: -1s",
			[]string{`11:30: event.retry.from: "-1s" is not above zero`},
		},
		{
			"waits upside down", "from: 1s", "from: 2m",
			[]string{"11:3: event.retry: goes from 2m0s to 1m0s: the first wait is the shortest"},
		},
		{
			"retry unknown field", "attempts: 5", "attempt: 5",
			[]string{"11:11: event.retry.attempt: is an unknown field, did you mean attempts?"},
		},
		{
			"poison unknown", "onPoison: skip", "onPoison: drop",
			[]string{`12:13: event.onPoison: "drop" is none of park, skip`},
		},
		{
			"sensitive twice", "[/value]", "[/value, /value]",
			[]string{`13:23: event.sensitive[1]: "/value" stands at [0] already`},
		},
		{
			"sensitive no pointer", "[/value]", "[value]",
			[]string{`13:15: event.sensitive[0]: "value" is not a JSON pointer into the payload, as in /key`},
		},
		{
			"replayable missing", "replayable: true\n", "",
			[]string{"1:1: replayable: is required: true if it may be read from the start again, else false"},
		},
		{
			"replayable quoted", "replayable: true", `replayable: "true"`,
			[]string{`14:13: replayable: "true" must be true or false without quotes`},
		},
		{
			"replayable a word", "replayable: true", "replayable: yes",
			[]string{`14:13: replayable: "yes" is not true or false`},
		},
		{
			"exactly once", "replayable: true", "replayable: true\ndeliverySemantics: exactly-once",
			[]string{`15:20: deliverySemantics: "exactly-once" is not at-least-once, which is how every event is delivered`},
		},
		{
			"another idempotency key", "replayable: true", "replayable: true\nidempotencyKey: order-created:{event_id}",
			[]string{`15:17: idempotencyKey: "order-created:{event_id}" is not the event's id (eventId), by which every copy is known`},
		},
		{
			"payload missing", "{payload: payload.schema.json}", "{headers: headers.schema.json}",
			[]string{"15:1: schemaRefs.payload: is required: a file in the contract's folder, as in request.schema.json"},
		},
		{
			"schemas missing", "schemaRefs: {payload: payload.schema.json}\n", "",
			[]string{"1:1: schemaRefs: is required: an event has at least the schema of its payload"},
		},
		{
			"request in an event", "{payload:", "{request: a.json, payload:",
			[]string{"15:23: schemaRefs.request: is not a schema of event contracts"},
		},
		{
			"server in an event", "publisher: config", "server: config",
			[]string{
				"7:1: endpoints.publisher: is required: the cell or actor that provides the contract",
				"7:21: endpoints.server: belongs to http contracts: use publisher",
			},
		},
		{
			"route in an event", "publisher: config", "http: {method: GET, path: /a, successStatus: 200, policy: public}, publisher: config",
			[]string{"7:13: endpoints.http: belongs to http contracts, this one is event"},
		},
	})
}
