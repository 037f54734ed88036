package fxcell

import (
	"maps"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/inspect"
)

// instead tells which modules provide a port durably.
func instead() map[string]string {
	out := map[string]string{"*durability.Judge": "the module in an fxcell.Assembly"}
	for _, p := range ports() {
		out[p.Name] = p.Instead
	}
	return out
}

// hints tell which module to list: for a type that is missing, and for a group that lacks its reader or its feeders.
func hints(mode durability.Mode) inspect.Hints {
	types := instead()
	if mode == durability.Demo {
		for _, p := range ports() {
			types[p.Name] = "infra/memory.Module"
		}
	}
	maps.Copy(types, map[string]string{
		"*zap.Logger": "modules/logging.Module", "config.Source": "modules/config.Module", "event.Source": "modules/logsource.Module",
		"auth.Authenticator": "modules/auth.Module", "auth.KeySource": "cells/access.Module", "auth.Sessions": "cells/access.Module",
		"auth.Config": "modules/auth.Module",
	})
	return inspect.Hints{
		Types: types,
		Readers: map[string]string{
			"fxcell.routes": "modules/httpserver.Module", "fxcell.ops": "modules/httpserver.Module", "fxcell.subscriptions": "modules/consumer.Module",
			"fxcell.checks": "modules/health.Module", "fxcell.workers": "modules/worker.Module", "fxcell.config": "modules/config.Module",
		},
		Feeders: map[string]string{"fxcell.ops": "modules/health.Module"},
	}
}
