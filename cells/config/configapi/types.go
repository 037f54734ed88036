package configapi

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/secret"
)

// Entry is a setting as answers show it. Value is a fixed text when the setting is sensitive.
type Entry struct {
	ID        string    `json:"id"`
	Key       string    `json:"key"`
	Value     string    `json:"value"`
	Sensitive bool      `json:"sensitive"`
	Type      string    `json:"type"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// WriteRequest is the request of http.config.write.v1.
type WriteRequest struct {
	IfNoneMatch string `json:"-" header:"If-None-Match"`

	Key       string         `json:"key"`
	Value     secret.Text    `json:"value"`
	Sensitive bool           `json:"sensitive,omitzero"`
	Type      string         `json:"type,omitzero"`
	Schema    jsontext.Value `json:"schema,omitzero"`
}

// WriteResponse is the response of http.config.write.v1.
type WriteResponse struct {
	ETag     string `json:"-" header:"ETag"`
	Location string `json:"-" header:"Location"`

	Entry
}

// UpdateRequest is the request of http.config.update.v1.
type UpdateRequest struct {
	Key     string `json:"-" path:"key"`
	IfMatch string `json:"-" header:"If-Match"`

	Value     secret.Text    `json:"value"`
	Sensitive *bool          `json:"sensitive,omitzero"`
	Type      string         `json:"type,omitzero"`
	Schema    jsontext.Value `json:"schema,omitzero"`
}

// UpdateResponse is the response of http.config.update.v1.
type UpdateResponse struct {
	ETag string `json:"-" header:"ETag"`

	Entry
}

// DeleteRequest is the request of http.config.delete.v1.
type DeleteRequest struct {
	Key     string `json:"-" path:"key"`
	IfMatch string `json:"-" header:"If-Match"`
}

// DeleteResponse is the response of http.config.delete.v1.
type DeleteResponse struct{}

// GetRequest is the request of http.config.get.v1.
type GetRequest struct {
	Key string `json:"-" path:"key"`
}

// GetResponse is the response of http.config.get.v1.
type GetResponse struct {
	ETag string `json:"-" header:"ETag"`

	Entry
}

// ListRequest is the request of http.config.list.v1.
type ListRequest struct {
	page.Request

	Prefix string `json:"-" query:"prefix"`
}

// ListResponse is the response of http.config.list.v1.
type ListResponse struct {
	page.Page[Entry]
}

// PublishRequest is the request of http.config.publish.v1.
type PublishRequest struct {
	Key     string `json:"-" path:"key"`
	IfMatch string `json:"-" header:"If-Match"`
}

// PublishResponse is the response of http.config.publish.v1. Value is a fixed text when the setting is sensitive.
type PublishResponse struct {
	ID          string    `json:"id"`
	ConfigID    string    `json:"configId"`
	Version     int64     `json:"version"`
	Value       string    `json:"value"`
	Sensitive   bool      `json:"sensitive"`
	Revision    int64     `json:"revision"`
	PublishedAt time.Time `json:"publishedAt"`
}

// RollbackRequest is the request of http.config.rollback.v1.
type RollbackRequest struct {
	Key     string `json:"-" path:"key"`
	IfMatch string `json:"-" header:"If-Match"`

	Version int64 `json:"version"`
}

// RollbackResponse is the response of http.config.rollback.v1.
type RollbackResponse struct {
	ETag string `json:"-" header:"ETag"`

	Entry
}

// Changed is the payload of event.config.changed.v1. Value is nil when the setting is sensitive.
type Changed struct {
	Action   string  `json:"action"`
	Key      string  `json:"key"`
	Version  int64   `json:"version,omitzero"`
	Value    *string `json:"value,omitzero"`
	ConfigID string  `json:"configId,omitzero"`
	Revision int64   `json:"revision,omitzero"`
}

// RolledBack is the payload of event.config.rollback.v1.
type RolledBack struct {
	Action        string `json:"action"`
	Key           string `json:"key"`
	TargetVersion int64  `json:"targetVersion"`
	NewVersion    int64  `json:"newVersion"`
}
