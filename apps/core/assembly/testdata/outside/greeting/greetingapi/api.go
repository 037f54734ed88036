// Package greetingapi is all that others may know of the greeting cell.
package greetingapi

import (
	"embed"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/level"
)

//go:embed http
var files embed.FS

// GetRequest is empty.
type GetRequest struct{}

// GetResponse greets the caller by name.
type GetResponse struct {
	Greeting string `json:"greeting"`
	Changes  int    `json:"changes"`
}

// GetV1 greets the caller.
var GetV1 = contract.HTTP[GetRequest, GetResponse]{
	ID: "http.greeting.get.v1", Owner: "greeting", Level: level.L1, Method: "GET", Path: "/api/v1/greeting", Policy: "authenticated",
	Response: "response.schema.json", Files: files,
}
