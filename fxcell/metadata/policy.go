package metadata

import (
	"errors"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/metadata/internal/strict"
)

func readPolicy(v strict.Value) auth.Policy {
	text := v.Text()
	if text == "" {
		return auth.Policy{}
	}
	p, err := auth.ParsePolicy(text)
	if wrong, ok := errors.AsType[*auth.PolicyError](err); ok {
		v.Failf("%s", wrong.Problem)
	}
	return p
}
