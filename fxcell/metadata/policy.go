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
	var wrong *auth.PolicyError
	if errors.As(err, &wrong) {
		v.Failf("%s", wrong.Problem)
	}
	return p
}
