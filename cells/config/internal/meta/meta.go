// Package meta holds what cell.yaml and the slice.yaml files of the config cell say, as Go values.
package meta

import (
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/level"
)

// Cell is the config cell.
var Cell = fxcell.CellMeta{ID: "config", Type: "core", Level: level.L2}

// ConfigWrite is the slice configwrite.
var ConfigWrite = fxcell.SliceMeta{
	ID: "configwrite", Cell: "config",
	Serves:    []string{"http.config.write.v1", "http.config.update.v1", "http.config.delete.v1"},
	Publishes: []string{"event.config.changed.v1"},
}

// ConfigRead is the slice configread.
var ConfigRead = fxcell.SliceMeta{
	ID: "configread", Cell: "config",
	Serves: []string{"http.config.get.v1", "http.config.list.v1"},
}

// ConfigPublish is the slice configpublish.
var ConfigPublish = fxcell.SliceMeta{
	ID: "configpublish", Cell: "config",
	Serves:    []string{"http.config.publish.v1", "http.config.rollback.v1"},
	Publishes: []string{"event.config.changed.v1", "event.config.rollback.v1"},
}
