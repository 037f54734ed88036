package assembly_test

import (
	"net/http"
	"testing"

	"fxcell.dev/fxcell/fxcelltest"
)

// A recorder hears what was committed, once, and nothing of what failed.
func TestRecordedEventsAreThoseThatWereCommitted(t *testing.T) {
	t.Parallel()
	var events fxcelltest.Events
	p := start(t, quiet(), events.Record())
	const setting = `{"key":"colour","value":"green"}`
	create := fxPost("/api/v1/config/", setting)
	p.must(http.StatusCreated, nil, create)
	p.must(http.StatusConflict, nil, create)
	got := events.Of("event.config.changed.v1")
	if len(got) != 1 || got[0].Key != "colour" || got[0].Actor.ID != p.admin || got[0].Source != "cells/config/configwrite" {
		t.Errorf("recorded %+v, want the one change of colour by the administrator", got)
	}
	if all := events.All(); len(all) < 3 || all[0].Contract != "event.user.created.v1" {
		t.Errorf("recorded %d events, the first of %+v", len(all), all)
	}
}
