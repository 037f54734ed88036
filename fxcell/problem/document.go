package problem

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ContentType is the media type of a problem document (RFC 9457).
const ContentType = "application/problem+json"

// Document is a problem as it goes over the wire (RFC 9457, with the members code, requestId and errors).
type Document struct {
	Type      string  `json:"type"` // about:blank: the code is the type that clients tell apart
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail,omitempty"`
	Code      string  `json:"code"`
	RequestID string  `json:"requestId,omitempty"`
	Errors    []Fault `json:"errors,omitempty"`
}

// DocumentOf returns e as a document.
func DocumentOf(e *Error, requestID string) Document {
	return Document{
		Type: "about:blank", Title: e.Code.Title, Status: e.Code.Status, Detail: e.Detail,
		Code: e.Code.Name, RequestID: requestID, Errors: e.Faults,
	}
}

// Write answers a request with e. Header fields that the caller set before stay.
func Write(w http.ResponseWriter, e *Error, requestID string) {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(float64(e.RetryAfter)/float64(time.Second))))))
	}
	w.WriteHeader(e.Code.Status)
	// An error means that the client is gone: strings always encode, those that are not UTF-8 with U+FFFD.
	_ = json.MarshalWrite(w, DocumentOf(e, requestID), jsontext.AllowInvalidUTF8(true))
}
