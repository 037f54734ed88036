package inspect_test

import (
	"fmt"

	"fxcell.dev/fxcell/inspect"
)

// The report is what a person reads once an app has started.
func ExampleReport_Lines() {
	report := &inspect.Report{
		App: "shop", Mode: "demo", Cells: []inspect.Cell{{ID: "order"}},
		Volatile:  []inspect.Volatile{{Port: "outbox.Log", Module: "infra/memory"}},
		Listeners: []inspect.Listener{{Name: "public", URL: func() string { return "http://127.0.0.1:8080" }}},
	}
	for _, line := range report.Lines() {
		fmt.Println(line)
	}
	// Output:
	// shop is running in mode demo with the cells order
	// ends with this process: what is kept by infra/memory
	// public   http://127.0.0.1:8080
}
