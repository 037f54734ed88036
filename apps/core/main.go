// Command core runs the product: identity and sessions, versioned settings, and the audit trail of both.
package main

import (
	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/fxcell"
)

func main() {
	fxcell.Main(
		fxcell.Choice{Name: "demo", App: assembly.Demo},
		fxcell.Choice{Name: "durable", App: assembly.Durable},
		fxcell.Choice{Name: "durable-kafka", App: assembly.DurableKafka},
	)
}
