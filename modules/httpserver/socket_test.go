package httpserver

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap"
	"pgregory.net/rapid"
)

func newSocket(addr string, fail func(error)) *socket {
	return &socket{name: "public", addr: addr, config: Config{}.WithDefaults(), log: zap.NewNop(), fail: fail, handler: http.NotFoundHandler()}
}

func TestServerThatEndsByItselfIsTold(t *testing.T) {
	t.Parallel()
	told := make(chan error, 1)
	s := newSocket("127.0.0.1:0", func(err error) { told <- err })
	if err := s.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = s.listener.Close() // as the system might
	if err := <-told; !strings.Contains(err.Error(), "modules/httpserver: the public listener has ended") {
		t.Errorf("got error %v, want one that names the listener", err)
	}
	if err := s.drain(t.Context()); err != nil {
		t.Errorf("drain: %v", err)
	}
}

func TestListenerOnEveryAddressIsShownOnTheLoopbackOne(t *testing.T) {
	t.Parallel()
	s := newSocket(":0", func(err error) { t.Error(err) })
	if got := s.url(); got != "" {
		t.Errorf("before it is open: got %q, want nothing", got)
	}
	if err := s.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.url(); !strings.HasPrefix(got, "http://127.0.0.1:") || strings.HasSuffix(got, ":0") {
		t.Errorf("got %q, want the loopback address and the port that was taken", got)
	}
	if err := s.drain(t.Context()); err != nil {
		t.Errorf("drain: %v", err)
	}
}

func TestProbeFollowsTheListener(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{Off, "127.0.0.1:0"} {
		s := newSocket(addr, func(err error) { t.Error(err) })
		before := s.probe(t.Context())
		if err := s.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		while := s.probe(t.Context())
		if err := s.drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		if after := s.probe(t.Context()); before == nil || while != nil || after == nil {
			t.Errorf("%s: got %v before, %v while and %v after it serves, want errors before and after", addr, before, while, after)
		}
	}
}

// TestCleanPathHasOneSpelling: whatever is let through comes out the same when it is cleaned again, and decodes to segments without tricks.
func TestCleanPathHasOneSpelling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		pieces := rapid.SliceOf(rapid.SampledFrom([]string{"/", "a", "b", ".", "..", "%2F", "%2f", "%2e", "%00", "%25", "%C3%A9", "%ff", " ", "+", "é", "{id}", "?", ":", "%", "\\"}))
		u, err := url.Parse("/" + strings.ReplaceAll(strings.Join(pieces.Draw(r, "pieces"), ""), "?", ""))
		if err != nil || u.Host != "" {
			return
		}
		clean, refused := cleanPath(u)
		if refused != nil {
			return
		}
		again, err := url.Parse(clean)
		if err != nil {
			r.Fatalf("%q became %q, which is no path: %v", u.EscapedPath(), clean, err)
		}
		if twice, refused := cleanPath(again); refused != nil || twice != clean {
			r.Fatalf("%q became %q and then %q (%v)", u.EscapedPath(), clean, twice, refused)
		}
		for segment := range strings.SplitSeq(clean[1:], "/") {
			decoded, err := url.PathUnescape(segment)
			if err != nil || (decoded == "" && clean != "/") || decoded == "." || decoded == ".." || strings.ContainsFunc(decoded, isControl) {
				r.Fatalf("%q became %q with the segment %q", u.EscapedPath(), clean, decoded)
			}
		}
	})
}

func TestSecondHeaderOfAnAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	a := &answer{ResponseWriter: w}
	a.WriteHeader(http.StatusCreated)
	a.WriteHeader(http.StatusTeapot)
	if w.Code != http.StatusCreated || a.status != http.StatusCreated {
		t.Errorf("got %d and %d, want 201", w.Code, a.status)
	}
	if a.Unwrap() != http.ResponseWriter(w) {
		t.Error("the server's own writer cannot be found")
	}
}
