package assembly_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/cells/access/slices/sessionvalidate"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/modules/httpserver"
)

// BenchmarkStart measures from nothing to the first 200 of /readyz, with both listeners on sockets: once with a signing key in the store, as at every
// start but the first, and once with the key to be made.
func BenchmarkStart(b *testing.B) {
	b.Run("key=given", func(b *testing.B) { benchmarkStart(b, givenKey(b)) })
	b.Run("key=made", func(b *testing.B) { benchmarkStart(b, fx.Options()) })
}

// BenchmarkSigningKey makes a key as the first start does: how long it takes is a matter of luck.
func BenchmarkSigningKey(b *testing.B) {
	var took samples
	for b.Loop() {
		began := time.Now()
		if _, err := rsa.GenerateKey(rand.Reader, 2048); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	reportSpread(b, took, "")
}

func benchmarkStart(b *testing.B, options fx.Option) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	var took, keys, rest samples
	for b.Loop() {
		began := time.Now()
		var report *inspect.Report
		hooks := &hookTimes{}
		app := fx.New(assembly.Demo, onFreePorts(), unread(), options, fx.Populate(&report), fx.RecoverFromPanics(),
			fx.WithLogger(func() fxevent.Logger { return hooks }))
		if err := app.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		awaitReady(b, client, report)
		total := time.Since(began)
		b.StopTimer()
		if err := app.Stop(context.WithoutCancel(b.Context())); err != nil {
			b.Fatal(err)
		}
		key := hooks.of("keys.(*Ring).Ensure")
		took, keys, rest = append(took, total), append(keys, key), append(rest, total-key)
		b.StartTimer()
	}
	reportSpread(b, took, "ready-")
	b.ReportMetric(milliseconds(keys.median()), "key-p50-ms")
	b.ReportMetric(milliseconds(rest.median()), "ready-without-key-p50-ms")
}

func reportSpread(b *testing.B, s samples, what string) {
	b.Helper()
	b.ReportMetric(milliseconds(s.median()), what+"p50-ms")
	b.ReportMetric(milliseconds(s.percentile(100)), what+"max-ms")
}

func onFreePorts() fx.Option {
	free := httpserver.Listener{Addr: "127.0.0.1:0"}
	return fx.Replace(httpserver.Config{Public: free, Ops: free})
}

// givenKey starts the product once, which makes a key, and gives the next starts its store and what opens the key there.
func givenKey(b *testing.B) fx.Option {
	b.Helper()
	var store any
	var provider secret.KeyProvider
	app := fxcelltest.New(b, assembly.Demo, withoutSockets(), quiet(), takeAccess(sessionvalidate.New, &store), fx.Populate(&provider))
	made := app.Do(fxRequest(http.MethodGet, "/.well-known/jwks.json", ""))
	given := fx.Options(giveAccess(b, sessionvalidate.New, store), fxcelltest.Override(provider))
	next := fxcelltest.New(b, assembly.Demo, withoutSockets(), quiet(), given)
	if got := next.Do(fxRequest(http.MethodGet, "/.well-known/jwks.json", "")); got.Status != http.StatusOK || got.Body != made.Body {
		b.Fatalf("the key that was given is not the one that is used: %d %s, want %s", got.Status, got.Body, made.Body)
	}
	return given
}

// awaitReady asks /readyz until it answers 200.
func awaitReady(b *testing.B, client *http.Client, report *inspect.Report) {
	b.Helper()
	for {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, opsURL(b, report)+"/readyz", http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		answer, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_ = answer.Body.Close() // nothing was read that could be lost
		if answer.StatusCode == http.StatusOK {
			return
		}
	}
}

func opsURL(b *testing.B, report *inspect.Report) string {
	b.Helper()
	for _, l := range report.Listeners {
		if l.Name == "ops" {
			return l.URL()
		}
	}
	b.Fatal("no ops listener")
	return ""
}

// hookTimes hears how long each start hook took.
type hookTimes struct {
	mu   sync.Mutex
	took map[string]time.Duration
}

// LogEvent implements fxevent.Logger.
func (h *hookTimes) LogEvent(e fxevent.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if done, ok := e.(*fxevent.OnStartExecuted); ok {
		if h.took == nil {
			h.took = map[string]time.Duration{}
		}
		h.took[done.FunctionName] += done.Runtime
	}
}

// of returns how long the hooks took whose function's name has part in it.
func (h *hookTimes) of(part string) (total time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, took := range h.took {
		if strings.Contains(name, part) {
			total += took
		}
	}
	return total
}
