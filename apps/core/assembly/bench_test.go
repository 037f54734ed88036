package assembly_test

import (
	"io"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"fxcell.dev/cells/access/slices/sessionvalidate"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/modules/logging"
)

// unread lets the product log as it does for machines, to nobody: a line is made, and costs what it costs.
func unread() fx.Option {
	return fx.Decorate(func(*zap.Logger) (*zap.Logger, error) {
		return logging.New(logging.Config{Format: logging.JSON}, zapcore.AddSync(io.Discard))
	})
}

// serve is start for a benchmark, of any assembly that has the cell access.
func serve(b *testing.B, options ...fx.Option) *product {
	b.Helper()
	var report *inspect.Report
	app := fxcelltest.New(b, append(options, withoutSockets(), unread(), fx.Populate(&report))...)
	p := &product{App: app, t: b}
	p.setUp(report)
	p.token = p.login()
	return p
}

// takeAccess takes the store of the access cell, whose type only the cell can name: whoever is made of one tells it.
func takeAccess[S any](_ func(S, clock.Clock) *sessionvalidate.Service, into *any) fx.Option {
	return fx.Invoke(func(store S) { *into = store })
}

// giveAccess puts a store that was taken in place of the assembly's own.
func giveAccess[S any](b *testing.B, _ func(S, clock.Clock) *sessionvalidate.Service, taken any) fx.Option {
	b.Helper()
	store, ok := taken.(S)
	if !ok {
		b.Fatalf("%T is no store of the access cell", taken)
	}
	return fxcelltest.Override(store)
}

// sink is a response that nobody reads. It can be used again after clear.
type sink struct {
	header http.Header
	status int
}

func (s *sink) clear() {
	clear(s.header)
	s.status = 0
}

// Header implements http.ResponseWriter.
func (s *sink) Header() http.Header { return s.header }

// WriteHeader implements http.ResponseWriter.
func (s *sink) WriteHeader(status int) { s.status = status }

// Write implements http.ResponseWriter.
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// samples are durations of one kind of work.
type samples []time.Duration

func (s samples) percentile(p int) time.Duration {
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func (s samples) median() time.Duration { return s.percentile(50) }

// moments returns the mean and the variance of that mean.
func (s samples) moments() (mean, variance float64) {
	for _, d := range s {
		mean += float64(d) / float64(len(s))
	}
	for _, d := range s {
		variance += (float64(d) - mean) * (float64(d) - mean)
	}
	n := float64(len(s))
	return mean, variance / (n - 1) / n
}

// welch returns |t| of Welch's test: how many standard errors the means of two samples are apart.
func welch(a, b samples) float64 {
	meanA, varianceA := a.moments()
	meanB, varianceB := b.moments()
	return math.Abs(meanA-meanB) / math.Sqrt(varianceA+varianceB)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
