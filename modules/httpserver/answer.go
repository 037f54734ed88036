package httpserver

import (
	"net/http"
	"strconv"

	"fxcell.dev/fxcell/log"
)

// answer is a response under way: it counts what is sent, and sends no body to a HEAD request.
type answer struct {
	http.ResponseWriter

	head      bool
	challenge bool // a 401 says how to authenticate
	status    int  // 0 until the header is written
	bytes     int64
}

// newAnswer starts an answer. Whatever comes of it, it carries the request's ids.
func newAnswer(w http.ResponseWriter, r *http.Request, ids log.IDs) *answer {
	w.Header().Set(requestIDHeader, ids.Request)
	w.Header().Set(correlationIDHeader, ids.Correlation)
	return &answer{ResponseWriter: w, head: r.Method == http.MethodHead}
}

// WriteHeader implements http.ResponseWriter. A second call changes nothing.
func (a *answer) WriteHeader(status int) {
	if status < http.StatusOK {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	if a.status != 0 {
		return
	}
	a.status = status
	if status == http.StatusUnauthorized && a.challenge && a.Header().Get("WWW-Authenticate") == "" {
		a.Header().Set("WWW-Authenticate", `Bearer realm="api"`)
	}
	if !a.head {
		a.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.head {
		a.bytes += int64(len(b))
		return len(b), nil
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err //nolint:wrapcheck // the writer's caller knows the error as that of net/http
}

// Unwrap lets http.ResponseController find what the server's own writer can do.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// sent reports whether something of the answer is on its way, so that it can no longer become another one.
func (a *answer) sent() bool { return a.status != 0 && !a.head }

// restart forgets an answer of which nothing is sent, with the header fields that describe its content: they would be lies about another one.
func (a *answer) restart() {
	a.status, a.bytes = 0, 0
	for _, name := range []string{"Content-Length", "Content-Encoding", "ETag", "Last-Modified"} {
		a.Header().Del(name)
	}
}

// finish sends the header of an answer to HEAD, with the length that the body would have had.
func (a *answer) finish() {
	if !a.head || a.status == 0 {
		return
	}
	if a.bytes > 0 && a.Header().Get("Content-Length") == "" {
		a.Header().Set("Content-Length", strconv.FormatInt(a.bytes, 10))
	}
	a.bytes = 0
	a.ResponseWriter.WriteHeader(a.status)
}
