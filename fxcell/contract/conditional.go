package contract

import (
	"net/http"
	"strings"
)

// notModified reports whether the client has the answer already: a GET or HEAD whose If-None-Match names the answer's ETag (RFC 9110 section
// 13.1.2, by weak comparison).
func notModified(req *http.Request, res Response) bool {
	etag := res.Header.Get("ETag")
	if etag == "" || req.Method != http.MethodGet && req.Method != http.MethodHead {
		return false
	}
	for _, field := range req.Header.Values("If-None-Match") {
		for candidate := range strings.SplitSeq(field, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(etag, "W/") {
				return true
			}
		}
	}
	return false
}

// caching is the Cache-Control of an answer that says nothing of its own: what has an ETag may be kept by the client, and asked for each time.
func caching(res Response) string {
	if res.Header.Get("ETag") != "" {
		return "private, no-cache"
	}
	return "no-store"
}
