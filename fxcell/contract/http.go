package contract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"

	"fxcell.dev/fxcell/log"
	"fxcell.dev/fxcell/problem"
)

// ServeHTTP serves a request that came over the network: policy, then content type and body, then what Serve does.
func (r Route) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeoutCause(req.Context(), r.Deadline, errDeadline)
	defer cancel()
	res, err := r.serveHTTP(ctx, w, req)
	if err != nil {
		problem.Write(w, problem.From(err), log.IDsOf(ctx).Request)
		return
	}
	maps.Copy(w.Header(), res.Header)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", caching(res))
	}
	if notModified(req, res) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if res.Body == nil {
		w.WriteHeader(res.Status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(res.Status)
	if res.Bare {
		_, _ = w.Write(res.Body) // the client is gone: nobody is left to tell
		return
	}
	_, _ = w.Write(slices.Concat([]byte(`{"data":`), res.Body, []byte("}")))
}

func (r Route) serveHTTP(ctx context.Context, w http.ResponseWriter, req *http.Request) (Response, error) {
	if err := r.decide(ctx, req.PathValue); err != nil {
		return Response{}, err
	}
	values, err := r.values(req)
	if err != nil {
		return Response{}, err
	}
	sent, err := r.readBody(w, req)
	if err != nil {
		return Response{}, err
	}
	return r.run(ctx, Request{Values: values, Body: sent})
}

// maxShown bounds what an answer repeats of a name that was sent.
const maxShown = 64

// values collects what was sent as parameters. A query parameter that the contract does not list is refused, as a member of a body is.
func (r Route) values(req *http.Request) (Values, error) {
	query, err := parseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	var faults []problem.Fault
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if _, ok := r.known[name]; !ok {
			faults = append(faults, problem.Fault{In: "query", Name: shorten(name), Rule: "unknown", Message: "is not a parameter of this contract"})
		}
	}
	if len(faults) > 0 {
		return nil, problem.BadInput(faults[:min(len(faults), 100)]...)
	}
	path := map[string][]string{}
	for _, name := range pathNames(r.Path) {
		path[name] = []string{req.PathValue(name)}
	}
	return Values{"path": path, "query": query, "header": req.Header}, nil
}

func shorten(name string) string {
	name = strings.ToValidUTF8(name, "�")
	if len([]rune(name)) > maxShown {
		return string([]rune(name)[:maxShown]) + "…"
	}
	return name
}

// BodyLate is the code of a request whose body does not come before the contract's deadline, or the server's own, is over. Every contract that is
// served over the network has it.
var BodyLate = problem.Code{Status: http.StatusRequestTimeout, Name: "ERR_BODY_LATE", Title: "The body did not come in time"}

// readBody returns the body, nil when there is none. How long it may take is the server's to say: the read of a body that is late returns
// os.ErrDeadlineExceeded.
func (r Route) readBody(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	if req.ContentLength > r.bodyLimit {
		w.Header().Set("Connection", "close") // the rest is not read
		return nil, r.tooLarge()
	}
	sent, err := io.ReadAll(http.MaxBytesReader(w, req.Body, r.bodyLimit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, r.tooLarge().Wrap(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close") // the rest may still come, and would be taken for a request
		return nil, problem.New(BodyLate, "The body did not come in time.").Wrap(err)
	case err != nil:
		return nil, problem.BadInput(problem.Fault{Rule: "read", Message: "the body ended early"}).Wrap(err)
	case len(sent) == 0:
		return nil, nil
	case !isJSON(req.Header.Get("Content-Type")):
		return nil, problem.New(problem.UnsupportedMedia, "Send the body as application/json.")
	default:
		return sent, nil
	}
}

func (r Route) tooLarge() *problem.Error {
	return problem.New(problem.TooLarge, fmt.Sprintf("The body is larger than the contract allows: %d bytes at most.", r.bodyLimit))
}

func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	charset, given := params["charset"]
	return err == nil && media == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

// pathNames returns the names of the parameters in a path template.
func pathNames(path string) []string {
	var names []string
	for segment := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
			names = append(names, segment[1:len(segment)-1])
		}
	}
	return names
}
