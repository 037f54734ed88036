package postgres

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
)

// listener wakes the owners of this process when another one has written events. It also is the first to notice that the server has gone.
type listener struct {
	log *eventLog

	mu   sync.Mutex
	halt context.CancelFunc
	done chan struct{}
}

func newListener(l *eventLog) *listener { return &listener{log: l} }

// start listens from now on.
func (l *listener) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.halt != nil {
		return
	}
	ctx, halt := context.WithCancel(context.Background())
	l.halt, l.done = halt, make(chan struct{})
	go l.run(ctx, l.done)
}

func (l *listener) stop() {
	l.mu.Lock()
	halt, done := l.halt, l.done
	l.halt = nil
	l.mu.Unlock()
	if halt != nil {
		halt()
		<-done
	}
}

// run keeps a connection that listens.
func (l *listener) run(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	for pause := firstListenPause; ctx.Err() == nil; {
		if err := l.hear(ctx); err == nil {
			pause = firstListenPause
		}
		for _, s := range l.log.owned() {
			s.ask()
			s.notify() // what was notified meanwhile nobody heard
		}
		rest(ctx, pause)
		pause = min(2*pause, lastListenPause)
	}
}

// The pauses between two connections double from the first to the last.
const firstListenPause, lastListenPause = 100 * time.Millisecond, 5 * time.Second

// pingPause is how often a connection that says nothing is asked whether it still can.
const pingPause = 30 * time.Second

var errDeaf = errors.New("postgres: the connection listens to nothing")

// hear listens until the connection ends. It returns an error when it never listened.
func (l *listener) hear(ctx context.Context) error {
	heard := make(chan *pq.Notification, 64)
	conn, err := pq.NewListenerConn(connString(l.log.pool.cfg, l.log.pool.target), heard)
	if err != nil {
		return translate(ctx, err)
	}
	ends := make(chan struct{})
	go func() { // reads until the connection ends, which closes the channel
		defer close(ends)
		for n := range heard {
			if n != nil && int64(n.BePid) == l.log.notify.pid.Load() {
				continue // its own process was woken when it committed
			}
			l.log.wake()
		}
	}()
	end := func() { _ = conn.Close() } // it may have ended already
	defer func() {
		end()
		<-ends
	}()
	defer context.AfterFunc(ctx, end)() // also while it waits for an answer
	if ok, err := conn.Listen(channel); !ok || err != nil {
		return errors.Join(errDeaf, err)
	}
	l.log.wake() // what was notified before
	tick := time.NewTicker(pingPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ends:
			return nil
		case <-tick.C:
			if err := conn.Ping(); err != nil {
				return nil // it has ended, like others do
			}
		}
	}
}

// connString is what the driver is told where it takes no pq.Config.
func connString(cfg Config, t target) string {
	var s strings.Builder
	for _, p := range [][2]string{
		{"host", t.host},
		{"port", strconv.Itoa(int(t.port))},
		{"user", t.user},
		{"password", t.password},
		{"dbname", t.database},
		{"sslmode", t.sslMode},
		{"sslrootcert", t.sslRootCert},
		{"sslcert", t.sslCert},
		{"sslkey", t.sslKey},
		{"connect_timeout", strconv.Itoa(max(int(cfg.ConnectTimeout.Seconds()), 1))},
		{"application_name", cmp.Or(t.applicationTag, "fxcell") + " listen"},
		{"datestyle", "ISO, MDY"},
		{"client_encoding", "UTF8"},
	} {
		if p[1] != "" {
			s.WriteString(p[0] + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(p[1]) + "' ")
		}
	}
	return s.String()
}
