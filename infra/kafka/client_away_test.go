package kafka

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"
)

// hushed takes connections and answers nothing, as a broker behind a firewall, or one that hangs.
func hushed(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	return l.Addr().String()
}

func TestOneBrokerThatAnswersIsEnoughBehindOneThatIsSilent(t *testing.T) {
	t.Parallel()
	f := fakeBrokers(t, 1)
	if _, err := opens(t, Config{Brokers: append([]string{hushed(t)}, f.ListenAddrs()...), StartTimeout: 3 * time.Second}); err != nil {
		t.Errorf("open = %v, want it open by the second", err)
	}
}

// away returns an open cluster over fake brokers, that go silent when they are told.
func away(t *testing.T, adjust func(*Config)) (c *cluster, goAway func()) {
	t.Helper()
	f := fakeBrokers(t, 1)
	var gone atomic.Bool
	f.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		return nil, nil, gone.Load()
	})
	cfg := Config{Brokers: f.ListenAddrs(), Topics: TopicsConfig{Partitions: 1}}
	adjust(&cfg)
	c, err := newCluster(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	c.wanted = []string{"order"}
	if err := c.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c, func() { gone.Store(true) }
}

func TestTheCheckKnowsTopicsByTheirPrefix(t *testing.T) {
	t.Parallel()
	c, _ := away(t, func(c *Config) { c.Topics.Prefix = "shop." })
	if err := c.check().Probe(t.Context()); err != nil {
		t.Errorf("check = %v, want brokers that answer", err)
	}
	if err := c.close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheEndDoesNotWaitForAQuestionThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	c, goAway := away(t, func(c *Config) { c.RequestTimeout = 20 * time.Second })
	goAway()
	asking, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := c.check().Probe(asking); err == nil {
		t.Error("check = nil, want brokers that do not answer")
	}
	ending, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	began := time.Now()
	_ = c.close(ending)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("close took %v, want what its context leaves", took)
	}
}
