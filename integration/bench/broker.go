package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"fxcell.dev/integration/testenv/kafka"
)

// answerDelay is how much later a broker answers that is far away.
const answerDelay = 2 * time.Millisecond

// broker is an Apache Kafka of this run. There are two ways to it: a direct one, and one on which its answers are late.
type broker struct {
	server *kafka.Server
	way    *delay
	pid    int
}

func startBroker(ctx context.Context) (*broker, error) {
	way, err := newDelay(ctx, answerDelay)
	if err != nil {
		return nil, err
	}
	server, port, err := kafka.StartBehind(ctx, way.address())
	if err != nil {
		return nil, errors.Join(err, way.close())
	}
	way.to(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	return &broker{server, way, javaOf(os.Getpid())}, nil
}

func (b *broker) stop() error { return errors.Join(b.way.close(), b.server.Stop()) }

// javaOf returns the Java that a process has started, be it by others.
func javaOf(ancestor int) int {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if name, err := os.ReadFile(filepath.Join(dir, "comm")); err != nil || strings.TrimSpace(string(name)) != "java" { //nolint:gosec // of /proc
			continue
		}
		for p, ok := statOf(pid); ok && p.parent > 1; p, ok = statOf(p.parent) {
			if p.parent == ancestor {
				return pid
			}
		}
	}
	return 0
}

// link is how a job reaches Kafka.
type link int

const (
	noKafka link = iota
	direct
	late
)

// route is the way of a lane through Kafka.
type route struct {
	brokers string
	prefix  string // of its topics and groups
	handled bool   // it ends at a handler; else where the brokers acknowledge
}

func (r route) topic() string { return r.prefix + topic }

// route returns a way that nobody else uses, and starts the broker if there is none yet.
func (s *server) route(ctx context.Context, l link, handled bool) (route, error) {
	if s.broker == nil {
		b, err := startBroker(ctx)
		if err != nil {
			return route{}, err
		}
		s.broker = b
		s.text += "; " + b.server.Text
	}
	s.routes++
	r := route{s.broker.server.Brokers, fmt.Sprintf("r%d.", s.routes), handled}
	if l == late {
		r.brokers = s.broker.way.address()
	}
	return r, nil
}
