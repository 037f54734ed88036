// Package configapi is what others may know of the config cell: its contracts with their types, codes and handles.
package configapi

import (
	"embed"
	"net/http"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/problem"
)

//go:embed http event
var files embed.FS

const (
	keySchema   = `{"type": "string", "maxLength": 128, "pattern": "^[a-z0-9][a-z0-9._-]{0,127}$"}`
	matchSchema = `{"type": "string", "maxLength": 256}`
)

// WriteV1 creates a setting.
var WriteV1 = contract.HTTP[WriteRequest, WriteResponse]{
	ID: "http.config.write.v1", Owner: "config", Level: level.L2,
	Method: http.MethodPost, Path: "/api/v1/config/", Policy: "role:config-editor", Status: http.StatusCreated,
	Parameters:      []contract.Parameter{{Name: "If-None-Match", In: "header", Schema: `{"const": "*"}`}},
	ResponseHeaders: []string{"ETag", "Location"},
	Errors:          []problem.Code{ErrExists, ErrStale, ErrValueInvalid, ErrSchemaInvalid},
	Request:         "request.schema.json", Response: "response.schema.json", Files: files,
}

// UpdateV1 changes the value of a setting.
var UpdateV1 = contract.HTTP[UpdateRequest, UpdateResponse]{
	ID: "http.config.update.v1", Owner: "config", Level: level.L2,
	Method: http.MethodPut, Path: "/api/v1/config/{key}", Policy: "role:config-editor", Status: http.StatusOK,
	Parameters: []contract.Parameter{
		{Name: "key", In: "path", Required: true, Schema: keySchema},
		{Name: "If-Match", In: "header", Schema: matchSchema},
	},
	ResponseHeaders: []string{"ETag"},
	Errors:          []problem.Code{ErrNotFound, ErrStale, ErrValueInvalid, ErrSchemaInvalid, ErrSensitive, ErrNoMatch},
	Request:         "request.schema.json", Response: "response.schema.json", Files: files,
}

// DeleteV1 deletes a setting.
var DeleteV1 = contract.HTTP[DeleteRequest, DeleteResponse]{
	ID: "http.config.delete.v1", Owner: "config", Level: level.L2,
	Method: http.MethodDelete, Path: "/api/v1/config/{key}", Policy: "role:config-editor", Status: http.StatusNoContent, NoContent: true,
	Parameters: []contract.Parameter{
		{Name: "key", In: "path", Required: true, Schema: keySchema},
		{Name: "If-Match", In: "header", Schema: matchSchema},
	},
	Errors: []problem.Code{ErrNotFound, ErrStale, ErrNoMatch},
	Files:  files,
}

// GetV1 shows a setting.
var GetV1 = contract.HTTP[GetRequest, GetResponse]{
	ID: "http.config.get.v1", Owner: "config", Level: level.L1,
	Method: http.MethodGet, Path: "/api/v1/config/{key}", Policy: "authenticated", Status: http.StatusOK,
	Parameters:      []contract.Parameter{{Name: "key", In: "path", Required: true, Schema: keySchema}},
	ResponseHeaders: []string{"ETag"},
	Errors:          []problem.Code{ErrNotFound},
	Response:        "response.schema.json", Files: files,
}

// ListV1 lists settings by key.
var ListV1 = contract.HTTP[ListRequest, ListResponse]{
	ID: "http.config.list.v1", Owner: "config", Level: level.L1,
	Method: http.MethodGet, Path: "/api/v1/config/", Policy: "authenticated", Status: http.StatusOK, List: true,
	Parameters: []contract.Parameter{{
		Name: "prefix", In: "query", Schema: `{"type": "string", "maxLength": 128, "pattern": "^([a-z0-9][a-z0-9._-]{0,127})?$"}`,
	}},
	Response: "response.schema.json", Files: files,
}

// PublishV1 publishes a setting's current version.
var PublishV1 = contract.HTTP[PublishRequest, PublishResponse]{
	ID: "http.config.publish.v1", Owner: "config", Level: level.L2,
	Method: http.MethodPost, Path: "/api/v1/config/{key}/publish", Policy: "role:config-editor", Status: http.StatusOK,
	Parameters: []contract.Parameter{
		{Name: "key", In: "path", Required: true, Schema: keySchema},
		{Name: "If-Match", In: "header", Schema: matchSchema},
	},
	Errors:   []problem.Code{ErrNotFound, ErrStale, ErrValueInvalid, ErrSchemaInvalid},
	Response: "response.schema.json", Files: files,
}

// RollbackV1 gives a setting the value of an earlier version.
var RollbackV1 = contract.HTTP[RollbackRequest, RollbackResponse]{
	ID: "http.config.rollback.v1", Owner: "config", Level: level.L2,
	Method: http.MethodPost, Path: "/api/v1/config/{key}/rollback", Policy: "role:config-editor", Status: http.StatusOK,
	Parameters: []contract.Parameter{
		{Name: "key", In: "path", Required: true, Schema: keySchema},
		{Name: "If-Match", In: "header", Schema: matchSchema},
	},
	ResponseHeaders: []string{"ETag"},
	Errors:          []problem.Code{ErrNotFound, ErrVersionNotFound, ErrStale, ErrValueInvalid, ErrSchemaInvalid},
	Request:         "request.schema.json", Response: "response.schema.json", Files: files,
}

// ChangedV1 says that a setting was created, updated, deleted or published.
var ChangedV1 = contract.Event[Changed]{
	ID: "event.config.changed.v1", Owner: "config", Level: level.L2,
	Key: func(p Changed) string { return p.Key }, KeyAt: "/key", Sensitive: []string{"/value"},
	Payload: "payload.schema.json", Files: files,
}

// RolledBackV1 says that a setting was given the value of an earlier version.
var RolledBackV1 = contract.Event[RolledBack]{
	ID: "event.config.rollback.v1", Owner: "config", Level: level.L2,
	Key: func(p RolledBack) string { return p.Key }, KeyAt: "/key",
	Payload: "payload.schema.json", Files: files,
}
