package contract_test

import (
	"context"
	"testing"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
)

// What validating an answer costs: a call in process, with a body that fits and with one that does not.
func BenchmarkServeByValidation(b *testing.B) {
	for _, validation := range []contract.Validation{contract.Enforce, contract.Report, contract.Off} {
		b.Run(string(validation), func(b *testing.B) { benchmarkLabels(b, validation, "/show") })
	}
}

// What validating a payload costs: a transaction with one event.
func BenchmarkPublishByValidation(b *testing.B) {
	for _, validation := range []contract.Validation{contract.Enforce, contract.Report, contract.Off} {
		b.Run(string(validation), func(b *testing.B) { benchmarkLabels(b, validation, "/make") })
	}
}

func benchmarkLabels(b *testing.B, validation contract.Validation, path string) {
	b.Helper()
	app := newLabelApp(b, durability.Demo, fx.Replace(contract.Config{Validation: validation}))
	app.events.dropping = true
	route, ctx := app.routes[path], context.Background()
	for _, c := range []struct{ name, text string }{{"fits", "short"}, {"misfit", tooLong}} {
		if c.name == "misfit" && validation == contract.Enforce {
			continue // an error, and a line of the log for each
		}
		body := []byte(`{"text":"` + c.text + `"}`)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := route.Serve(ctx, contract.Request{Body: body}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
