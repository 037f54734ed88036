// Package accessapi is all that others may know of the access cell: its contracts, their types and their error codes.
package accessapi

import (
	"embed"
	"net/http"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/problem"
)

//go:embed http event
var files embed.FS

// SetupV1 creates the first administrator by the one-time token that the start-up shows.
var SetupV1 = contract.HTTP[SetupRequest, SetupResponse]{
	ID: "http.auth.setup.v1", Owner: "access", Level: level.L2,
	Method: http.MethodPost, Path: "/api/v1/access/setup", Policy: "public", Status: http.StatusCreated,
	Errors:  []problem.Code{ErrSetupRefused, ErrUserExists, ErrSetupDone},
	Request: "request.schema.json", Response: "response.schema.json", Files: files,
}

// UserCreateV1 creates a user.
var UserCreateV1 = contract.HTTP[UserCreateRequest, UserCreateResponse]{
	ID: "http.auth.user.create.v1", Owner: "access", Level: level.L2,
	Method: http.MethodPost, Path: "/api/v1/access/users", Policy: "role:admin", Status: http.StatusCreated,
	Errors:  []problem.Code{ErrUserExists},
	Request: "request.schema.json", Response: "response.schema.json", Files: files,
}

// UserGetV1 shows a user.
var UserGetV1 = contract.HTTP[UserGetRequest, UserGetResponse]{
	ID: "http.auth.user.get.v1", Owner: "access", Level: level.L1,
	Method: http.MethodGet, Path: "/api/v1/access/users/{id}", Policy: "self-or-role:{id}:admin", Status: http.StatusOK,
	Parameters: []contract.Parameter{{Name: "id", In: "path", Required: true, Schema: `{"type":"string","minLength":1,"maxLength":64}`}},
	Errors:     []problem.Code{ErrUserNotFound},
	Response:   "response.schema.json", Files: files,
}

// LoginV1 opens a session by username and password.
var LoginV1 = contract.HTTP[LoginRequest, LoginResponse]{
	ID: "http.auth.login.v1", Owner: "access", Level: level.L2,
	Method: http.MethodPost, Path: "/api/v1/access/sessions/login", Policy: "public", Status: http.StatusCreated,
	Errors:  []problem.Code{ErrInvalidCredentials},
	Request: "request.schema.json", Response: "response.schema.json", Files: files,
}

// SessionDeleteV1 ends a session of the caller, or any session for an administrator.
var SessionDeleteV1 = contract.HTTP[SessionDeleteRequest, SessionDeleteResponse]{
	ID: "http.auth.session.delete.v1", Owner: "access", Level: level.L2,
	Method: http.MethodDelete, Path: "/api/v1/access/sessions/{id}", Policy: "authenticated", Status: http.StatusNoContent, NoContent: true,
	Parameters: []contract.Parameter{{Name: "id", In: "path", Required: true, Schema: `{"type":"string","minLength":1,"maxLength":64}`}},
	Errors:     []problem.Code{ErrSessionNotFound},
	Files:      files,
}

// JWKSV1 publishes the keys that verify access tokens (RFC 7517).
var JWKSV1 = contract.HTTP[JWKSRequest, JWKSResponse]{
	ID: "http.auth.jwks.v1", Owner: "access", Level: level.L1,
	Method: http.MethodGet, Path: "/.well-known/jwks.json", Policy: "public", Status: http.StatusOK, Raw: true,
	ResponseHeaders: []string{"Cache-Control", "ETag"},
	Response:        "response.schema.json", Files: files,
}

// UserCreatedV1 says that a user was created.
var UserCreatedV1 = contract.Event[UserCreated]{
	ID: "event.user.created.v1", Owner: "access", Level: level.L2,
	Key: func(p UserCreated) string { return p.UserID }, KeyAt: "/userId",
	Payload: "payload.schema.json", Files: files,
}

// SessionCreatedV1 says that a user logged in.
var SessionCreatedV1 = contract.Event[SessionCreated]{
	ID: "event.session.created.v1", Owner: "access", Level: level.L2,
	Key: func(p SessionCreated) string { return p.UserID }, KeyAt: "/userId",
	Payload: "payload.schema.json", Files: files,
}

// SessionRevokedV1 says that a session was ended before its time.
var SessionRevokedV1 = contract.Event[SessionRevoked]{
	ID: "event.session.revoked.v1", Owner: "access", Level: level.L2,
	Key: func(p SessionRevoked) string { return p.UserID }, KeyAt: "/userId",
	Payload: "payload.schema.json", Files: files,
}
