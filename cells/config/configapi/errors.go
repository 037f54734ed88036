package configapi

import (
	"net/http"

	"fxcell.dev/fxcell/problem"
)

// Codes of the cell's errors.
var (
	ErrNotFound        = problem.Code{Status: http.StatusNotFound, Name: "ERR_CONFIG_NOT_FOUND", Title: "No setting has the key"}
	ErrVersionNotFound = problem.Code{Status: http.StatusNotFound, Name: "ERR_CONFIG_VERSION_NOT_FOUND", Title: "The setting has no such version"}
	ErrExists          = problem.Code{Status: http.StatusConflict, Name: "ERR_CONFIG_EXISTS", Title: "A setting has the key already"}
	ErrStale           = problem.Code{Status: http.StatusPreconditionFailed, Name: "ERR_CONFIG_STALE", Title: "The setting has changed since"}
	ErrNoMatch         = problem.Code{Status: http.StatusPreconditionRequired, Name: "ERR_CONFIG_NO_MATCH", Title: "If-Match is required"}
	ErrValueInvalid    = problem.Code{
		Status: http.StatusUnprocessableEntity, Name: "ERR_CONFIG_VALUE_INVALID", Title: "The value does not fit the setting",
	}
	ErrSchemaInvalid = problem.Code{
		Status: http.StatusUnprocessableEntity, Name: "ERR_CONFIG_SCHEMA_INVALID", Title: "The schema cannot be used",
	}
	ErrSensitive = problem.Code{
		Status: http.StatusUnprocessableEntity, Name: "ERR_CONFIG_SENSITIVE", Title: "A sensitive setting stays sensitive",
	}
)
