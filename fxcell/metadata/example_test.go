package metadata_test

import (
	"fmt"
	"testing/fstest"

	"fxcell.dev/fxcell/metadata"
)

// A file's faults come all at once, each with its place; a default counts as said.
func ExampleDecodeContract() {
	const file = "cells/order/orderapi/http/order/get/v1/contract.yaml"
	_, err := metadata.DecodeContract(file, []byte(`id: http.order.get.v1
kind: http
consistencyLevel: L1
lifecyle: active
endpoints:
  server: order
  http: {method: GET, path: "/api/v1/orders/{id}", successStatus: 200}
`))
	for _, f := range metadata.Faults(err) {
		fmt.Printf("%d:%d %s\n\t%s\n", f.Line, f.Col, f.Field, f.Message)
	}
	// Output:
	// 1:1 lifecycle
	// 	is required: one of draft, active, deprecated
	// 4:1 lifecyle
	// 	is an unknown field, did you mean lifecycle?
	// 7:3 endpoints.http.policy
	// 	is required: public, authenticated, role:a[,b], self-or-role:{param}:role[,role] or service
	// 7:29 endpoints.http.path
	// 	{id} is not among the parameters: list it with in: path and a schema
}

// Load takes any file system: os.DirFS for a checkout, an embedded one, or one of a test.
func ExampleLoad() {
	files := fstest.MapFS{"cells/order/cell.yaml": {Data: []byte(`id: order
type: core
consistencyLevel: L2
owner: {team: shop, role: cell-owner}
`)}}
	project, err := metadata.Load(files, ".")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, cell := range project.Cells {
		fmt.Println(cell.ID, cell.ConsistencyLevel, "at", cell.At("consistencyLevel"))
	}
	// Output: order L2 at cells/order/cell.yaml:3:19
}
