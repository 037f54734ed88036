package body_test

import (
	"fmt"

	"fxcell.dev/fxcell/contract/body"
)

// A body is scanned first, then held against its schema: each fault has its place, and none repeats what was sent.
func ExampleSchema_Validate() {
	schema, err := body.CompileText(nil, "order", `{
		"type": "object", "additionalProperties": false, "required": ["item"],
		"properties": {"item": {"type": "string", "maxLength": 20}, "pieces": {"type": "integer", "minimum": 1}}
	}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	sent := []byte(`{"pieces": 0, "colour": "green"}`)
	if refused := body.Scan(sent); refused != nil {
		fmt.Println(refused)
		return
	}
	for _, fault := range schema.Validate(sent) {
		fmt.Println(fault.Pointer, fault.Rule, fault.Message)
	}
	// Output:
	// /colour additionalProperties is not allowed here
	// /item required is required
	// /pieces minimum must be at least 1
}
