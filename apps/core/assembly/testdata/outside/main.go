// Command outside is a product of somebody else's: the Demo assembly with a cell of its own, a partial configuration, a decorated port and a replaced
// one. It prints what it saw.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/modules/httpserver"
	"outside/greeting"
)

// counting is a decorated port: it counts what is written.
type counting struct {
	outbox.Writer

	n *atomic.Int64
}

func (c counting) Write(ctx context.Context, events ...event.Event) error {
	c.n.Add(int64(len(events)))
	return c.Writer.Write(ctx, events...)
}

// tomorrow is a replaced port.
type tomorrow struct{}

func (tomorrow) Now() time.Time { return time.Now().UTC().Add(24 * time.Hour) }

func main() {
	var written atomic.Int64
	var report *inspect.Report
	app := fx.New(
		assembly.Demo,
		greeting.Module,
		fx.Replace(httpserver.Config{Public: httpserver.Listener{Addr: "127.0.0.1:0"}, Ops: httpserver.Listener{Addr: "off"}}),
		fx.Decorate(func(w outbox.Writer) outbox.Writer { return counting{w, &written} }),
		fx.Replace(fx.Annotate(tomorrow{}, fx.As(new(clock.Clock)))),
		fx.Populate(&report),
		fx.NopLogger,
	)
	if err := app.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	defer app.Stop(context.Background())
	c := client{url: report.Listeners[0].URL()}
	token := regexp.MustCompile(`"token":"([^"]+)"`).FindStringSubmatch(strings.Join(report.Lines(), "\n"))[1]
	c.post("/api/v1/access/setup", `{"token":"`+token+`","username":"ada","email":"ada@example.com","password":"correct horse battery staple"}`)
	c.token = c.post("/api/v1/access/sessions/login", `{"username":"ada","password":"correct horse battery staple"}`)["accessToken"].(string)
	setting := c.post("/api/v1/config/", `{"key":"colour","value":"green"}`)
	created, err := time.Parse(time.RFC3339, setting["createdAt"].(string))
	fmt.Println("created tomorrow:", err == nil && time.Until(created) > 23*time.Hour)
	for deadline := time.Now().Add(30 * time.Second); ; {
		answer := c.do(http.MethodGet, "/api/v1/greeting", "", nil)
		if answer["changes"] == float64(1) || time.Now().After(deadline) {
			fmt.Println("greeting:", answer["greeting"], answer["changes"])
			break
		}
	}
	fmt.Println("events written:", written.Load() >= 3)
	fmt.Println("status of a 100 KiB header:", c.status(http.Header{"X-Large": {strings.Repeat("x", 100<<10)}}))
}

type client struct{ url, token string }

func (c client) post(path, body string) map[string]any {
	return c.do(http.MethodPost, path, body, http.Header{"Content-Type": {"application/json"}})
}

func (c client) request(method, path, body string, header http.Header) *http.Response {
	req, err := http.NewRequestWithContext(context.Background(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	return res
}

func (c client) status(header http.Header) int {
	res := c.request(http.MethodGet, "/api/v1/greeting", "", header)
	defer res.Body.Close()
	return res.StatusCode
}

func (c client) do(method, path, body string, header http.Header) map[string]any {
	res := c.request(method, path, body, header)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		log.Fatal(err)
	}
	if res.StatusCode >= 300 {
		fmt.Fprintf(os.Stderr, "%s %s: %d %s\n", method, path, res.StatusCode, text)
		os.Exit(1)
	}
	var envelope struct{ Data map[string]any }
	if err := json.Unmarshal(text, &envelope); err != nil {
		log.Fatal(err)
	}
	return envelope.Data
}
