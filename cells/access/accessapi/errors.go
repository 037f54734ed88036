package accessapi

import (
	"net/http"

	"fxcell.dev/fxcell/problem"
)

// Codes of the cell's contracts.
var (
	ErrInvalidCredentials = problem.Code{Status: http.StatusUnauthorized, Name: "ERR_ACCESS_INVALID_CREDENTIALS", Title: "Username and password do not open a session"}
	ErrSessionNotFound    = problem.Code{Status: http.StatusNotFound, Name: "ERR_ACCESS_SESSION_NOT_FOUND", Title: "There is no such session"}
	ErrSetupDone          = problem.Code{Status: http.StatusGone, Name: "ERR_ACCESS_SETUP_DONE", Title: "The first administrator was created already"}
	ErrSetupRefused       = problem.Code{Status: http.StatusForbidden, Name: "ERR_ACCESS_SETUP_REFUSED", Title: "The setup token is not accepted"}
	ErrUserExists         = problem.Code{Status: http.StatusConflict, Name: "ERR_ACCESS_USER_EXISTS", Title: "The username or e-mail address is taken"}
	ErrUserNotFound       = problem.Code{Status: http.StatusNotFound, Name: "ERR_ACCESS_USER_NOT_FOUND", Title: "There is no such user"}
)
