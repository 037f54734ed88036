package httpserver

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/google/uuid"

	"fxcell.dev/fxcell/log"
)

// Header fields by which callers give and learn ids.
const (
	requestIDHeader     = "X-Request-Id"
	correlationIDHeader = "X-Correlation-Id"
)

const maxID = 64

// idsOf returns the ids that a request brings, where they are fit to stand in a log, else new ones. What starts here is its own correlation.
func idsOf(h http.Header) log.IDs {
	ids := log.IDs{Request: h.Get(requestIDHeader), Correlation: h.Get(correlationIDHeader)}
	if !isID(ids.Request) {
		ids.Request = uuid.NewString()
	}
	if !isID(ids.Correlation) {
		ids.Correlation = ids.Request
	}
	return ids
}

func isID(s string) bool {
	allowed := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r)
	}
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool { return !allowed(r) })
}

// addressOf returns the network address that a request came from. Nobody vouches for X-Forwarded-For, so it says nothing.
func addressOf(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return from.Addr().Unmap().WithZone("").String()
}

// methodOf returns the request's method where it is a known one: others are text of the caller's.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
		http.MethodConnect, http.MethodTrace:
		return r.Method
	default:
		return "OTHER"
	}
}
