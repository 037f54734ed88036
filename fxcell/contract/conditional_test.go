package contract

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAnAnswerThatTheClientHasIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method string
		etag         string
		ifNoneMatch  []string
		want         bool
	}{
		{"the same tag", http.MethodGet, `"3"`, []string{`"3"`}, true},
		{"for a HEAD too", http.MethodHead, `"3"`, []string{`"3"`}, true},
		{"in a list", http.MethodGet, `"3"`, []string{`"1", "3"`}, true},
		{"in a second field", http.MethodGet, `"3"`, []string{`"1"`, `"3"`}, true},
		{"a weak tag", http.MethodGet, `"3"`, []string{`W/"3"`}, true},
		{"any", http.MethodGet, `"3"`, []string{`*`}, true},
		{"another tag", http.MethodGet, `"3"`, []string{`"4"`}, false},
		{"no condition", http.MethodGet, `"3"`, nil, false},
		{"an answer without a tag", http.MethodGet, "", []string{`*`}, false},
		{"a method that changes something", http.MethodPut, `"3"`, []string{`"3"`}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequestWithContext(t.Context(), tt.method, "/", http.NoBody)
			for _, v := range tt.ifNoneMatch {
				req.Header.Add("If-None-Match", v)
			}
			res := Response{Header: http.Header{}}
			if tt.etag != "" {
				res.Header.Set("ETag", tt.etag)
			}
			if got := notModified(req, res); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
