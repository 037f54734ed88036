package assembly_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/cells/access"
	"fxcell.dev/cells/config"
	"fxcell.dev/cells/config/slices/configread"
	"fxcell.dev/cells/config/slices/configwrite"
	"fxcell.dev/configs"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/infra/memory"
	authmodule "fxcell.dev/modules/auth"
	configmodule "fxcell.dev/modules/config"
	"fxcell.dev/modules/consumer"
	"fxcell.dev/modules/health"
	"fxcell.dev/modules/httpserver"
	"fxcell.dev/modules/logging"
	"fxcell.dev/modules/logsource"
	"fxcell.dev/modules/worker"
)

// unheard is the product without the cell that subscribes to everything: nothing works beside the requests that are measured.
var unheard = fxcell.Assembly("core", durability.Demo,
	memory.Module, access.Memory, config.Memory,
	configs.Core, configmodule.Module, logging.Module, authmodule.Module, health.Module, access.Module, config.Module,
	logsource.Module, consumer.Module, worker.Module, httpserver.Module,
)

// BenchmarkRequest measures validated and authenticated requests of the config cell through the whole pipeline (product) and through bare libraries
// around the same handlers and the same store (bare); then both in turns, whose ratio holds whatever else the machine does.
func BenchmarkRequest(b *testing.B) {
	b.Run("GET", func(b *testing.B) { newRivals(b).benchmark(b, reads(b)) })
	b.Run("POST", func(b *testing.B) { newRivals(b).benchmark(b, writes(b)) })
}

// rivals are two servers of one store.
type rivals struct {
	product   *product
	bare      http.Handler
	signature func() error // checks that of the token, and does nothing else
}

func newRivals(b *testing.B) *rivals {
	b.Helper()
	r := &rivals{}
	var keys auth.KeySource
	r.product = serve(b, unheard, takeBare(configread.New, configwrite.New, &r.bare), fx.Populate(&keys))
	r.signature = signatureOf(b, r.product.token, keys)
	r.product.must(http.StatusCreated, nil, fxPost("/api/v1/config/", `{"key":"greeting","value":"hello, world"}`))
	return r
}

// work is one kind of request, over and over.
type work struct {
	status int
	next   func(n int) *http.Request // the n-th, valid until the next one
	undo   func(p *product, n int)   // what the n requests before did, or nil
}

// round is how many requests are sent before they are undone, so that the store does not grow.
const round = 4096

func reads(b *testing.B) work {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/api/v1/config/greeting", http.NoBody)
	return work{status: http.StatusOK, next: func(int) *http.Request { return r }}
}

func writes(b *testing.B) work {
	b.Helper()
	body, text := bytes.NewReader(nil), []byte(nil)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/api/v1/config/", io.NopCloser(body))
	r.Header.Set("Content-Type", "application/json")
	return work{
		status: http.StatusCreated,
		next: func(n int) *http.Request {
			text = fmt.Appendf(text[:0], `{"key":"setting-%04d","value":"hello, world","type":"string","sensitive":false}`, n)
			body.Reset(text)
			r.ContentLength = int64(len(text))
			return r
		},
		undo: func(p *product, n int) {
			for i := range n {
				p.must(http.StatusNoContent, nil, fxcelltest.Request{
					Method: http.MethodDelete, Path: fmt.Sprintf("/api/v1/config/setting-%04d", i), Header: map[string]string{"If-Match": "*"},
				})
			}
		},
	}
}

func (r *rivals) benchmark(b *testing.B, w work) {
	b.Helper()
	b.Run("product", func(b *testing.B) { r.alone(b, w, r.product.Handler()) })
	b.Run("bare", func(b *testing.B) { r.alone(b, w, r.bare) })
	b.Run("in-turns", func(b *testing.B) { r.inTurns(b, w) })
}

// alone measures one server.
func (r *rivals) alone(b *testing.B, w work, server http.Handler) {
	b.Helper()
	out := &sink{header: http.Header{}}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		r.send(b, w, server, out, n)
		if n++; n == round {
			b.StopTimer()
			r.undo(w, n)
			n = 0
			b.StartTimer()
		}
	}
	r.undo(w, n)
}

// inTurns measures both servers request by request, and the signature that both check.
func (r *rivals) inTurns(b *testing.B, w work) {
	b.Helper()
	out := &sink{header: http.Header{}}
	product := r.product.Handler()
	var took [3]samples
	n := 0
	for b.Loop() {
		for i := range took {
			began := time.Now()
			switch i {
			case 0:
				r.send(b, w, product, out, n)
				n++
			case 1:
				r.send(b, w, r.bare, out, n)
				n++
			default:
				if err := r.signature(); err != nil {
					b.Fatal(err)
				}
			}
			took[i] = append(took[i], time.Since(began))
		}
		if n >= round {
			r.undo(w, n)
			n = 0
		}
	}
	r.undo(w, n)
	ours, bare, signature := float64(took[0].median()), float64(took[1].median()), float64(took[2].median())
	b.ReportMetric(0, "ns/op") // three things in one: it would mean nothing
	b.ReportMetric(ours/1e3, "product-p50-µs")
	b.ReportMetric(bare/1e3, "bare-p50-µs")
	b.ReportMetric(signature/1e3, "signature-p50-µs")
	b.ReportMetric(ours/bare, "ratio")
	b.ReportMetric((ours-signature)/(bare-signature), "ratio-beside-signature")
}

func (r *rivals) undo(w work, n int) {
	if w.undo != nil {
		w.undo(r.product, n)
	}
}

func (r *rivals) send(b *testing.B, w work, server http.Handler, out *sink, n int) {
	b.Helper()
	out.clear()
	req := w.next(n)
	if req.Header.Get("Authorization") == "" {
		req.Header.Set("Authorization", "Bearer "+r.product.token)
	}
	server.ServeHTTP(out, req)
	if out.status != w.status {
		b.Fatalf("%s %s: status %d, want %d", req.Method, req.URL.Path, out.status, w.status)
	}
}
