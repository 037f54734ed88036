package health

import (
	"net/http"

	"github.com/go-json-experiment/json"

	port "fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/problem"
)

// Endpoints returns /healthz, /startupz and /readyz. Each answers 200 or 503 with a Report as JSON.
//
// /healthz asks nothing: a process that cannot do its work is not cured by a restart. /startupz is 503 until the app has started, /readyz also while
// it stops and when a critical check fails.
func (c *Checker) Endpoints() []port.Endpoint {
	return []port.Endpoint{
		{Path: "/healthz", Handler: answer(func(*http.Request) (Report, bool) { return Report{Status: "alive"}, true })},
		{Path: "/startupz", Handler: answer(func(*http.Request) (Report, bool) {
			life := c.Life()
			return Report{Status: life}, life != Starting
		})},
		{Path: "/readyz", Handler: answer(func(r *http.Request) (Report, bool) {
			report := c.Report(r.Context())
			return report, report.Status == Ready || report.Status == Degraded
		})},
	}
}

// answer serves what report says.
func answer(report func(r *http.Request) (Report, bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			problem.Write(w, problem.New(problem.MethodNotAllowed, ""), "")
			return
		}
		said, well := report(r)
		status := http.StatusOK
		if !well {
			status = http.StatusServiceUnavailable
		}
		body, err := json.Marshal(said)
		if err != nil {
			problem.Write(w, problem.From(err), "")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(body) // the client is gone: nobody is left to tell
	})
}
