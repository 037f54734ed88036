package fxcelltest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-json-experiment/json"
)

// Answer is what a request was answered with.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Request is one request in process: no socket, the whole pipeline of the public listener.
type Request struct {
	Method, Path string
	Token        string // sent as bearer token
	Body         string // sent as application/json
	Header       map[string]string
}

// Handler returns the public listener's handler. The assembly must list the HTTP server.
func (a *App) Handler() http.Handler {
	a.tb.Helper()
	if a.public == nil {
		a.tb.Fatal("fxcelltest: the assembly has no public http.Handler: list modules/httpserver.Module")
	}
	return a.public
}

// Do sends a request to the public listener's handler.
func (a *App) Do(r Request) Answer {
	a.tb.Helper()
	var body io.Reader = http.NoBody
	if r.Body != "" {
		body = strings.NewReader(r.Body)
	}
	req := httptest.NewRequestWithContext(a.tb.Context(), r.Method, r.Path, body)
	if r.Body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	a.Handler().ServeHTTP(rec, req)
	return Answer{Status: rec.Code, Header: rec.Header(), Body: rec.Body.String()}
}

// Decode decodes what is under "data" in the answer's body into v.
func (a *App) Decode(answer Answer, v any) {
	a.tb.Helper()
	envelope := struct {
		Data any `json:"data"`
	}{v}
	if err := json.Unmarshal([]byte(answer.Body), &envelope); err != nil {
		a.tb.Fatalf("fxcelltest: status %d: %v", answer.Status, err)
	}
}
