package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"go.uber.org/zap"
)

// cluster is the brokers that a Config means. It has no connection before open.
type cluster struct {
	cfg    Config
	logger *zap.Logger

	// Before the start it is told what the app's contracts are.
	wanted     []string          // topics of what it publishes or subscribes: made, or checked, before anything else uses the brokers
	subscribed map[string]string // the topics of what it subscribes, by contract

	mu     sync.Mutex
	client sarama.Client  // for what is asked about the brokers themselves
	limits map[string]int // bytes of a batch that a topic takes, by the brokers' name of it
	asking sync.WaitGroup
	dialer *dialer // of the client
}

var errNotOpen = errors.New("kafka: not open: before the start, or after the stop")

func newCluster(cfg Config, logger *zap.Logger) (*cluster, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &cluster{cfg: cfg.WithDefaults(), logger: logger, limits: map[string]int{}}, nil
}

// String names the brokers that are configured.
func (c *cluster) String() string { return strings.Join(c.cfg.Brokers, ", ") }

// open connects, refuses brokers that cannot keep what this package promises, and sees to the topics.
func (c *cluster) open(ctx context.Context) error {
	err := c.await(ctx)
	if err != nil {
		return fmt.Errorf("kafka: open brokers %v: %w", c, err)
	}
	client, err := c.newClient(func(cfg *sarama.Config) {
		cfg.Metadata.Retry.Max = 0 // who asks again is who asked
		c.dialer = newDialer(cfg, c.cfg.RequestTimeout)
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.client = client
	c.mu.Unlock()
	if err := c.ensureTopics(ctx, c.wanted); err != nil {
		return errors.Join(err, c.close(ctx))
	}
	return nil
}

// close ends what open began. Clients that newClient made are their makers' to close before. Questions that nobody has answered when ctx ends fail.
func (c *cluster) close(ctx context.Context) error {
	c.mu.Lock()
	client := c.client
	c.client = nil
	c.mu.Unlock()
	if client == nil {
		return nil
	}
	defer context.AfterFunc(ctx, c.dialer.cut)()
	c.asking.Wait()
	if err := client.Close(); err != nil {
		return fmt.Errorf("kafka: close the connections to %v: %w", c, err)
	}
	return nil
}

// newClient returns a client with connections of its own, which its caller closes. It touches no network; adjust, where there is one, changes what
// the client is told.
func (c *cluster) newClient(adjust func(*sarama.Config)) (sarama.Client, error) {
	cfg, err := newClientConfig(c.cfg)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	if adjust != nil {
		adjust(cfg)
	}
	client, err := sarama.NewClient(c.cfg.Brokers, cfg)
	if err != nil {
		return nil, fmt.Errorf("kafka: client of %v: %w", c, err)
	}
	return client, nil
}

// opened returns the client for questions about the brokers; done says that the question was answered.
func (c *cluster) opened() (client sarama.Client, done func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client == nil {
		return nil, nil, errNotOpen
	}
	c.asking.Add(1)
	return c.client, c.asking.Done, nil
}

// await waits until one of the brokers answers, and holds it against what is needed.
func (c *cluster) await(ctx context.Context) error {
	cfg, err := newClientConfig(c.cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.StartTimeout)
	defer cancel()
	said := map[string]error{} // what became of each broker, but for those that did not get to say
	for {
		for _, addr := range c.cfg.Brokers {
			err := c.accept(ctx, addr, cfg)
			switch {
			case err == nil || errors.Is(err, errOld):
				return err
			case errors.Is(err, sarama.ErrSASLAuthenticationFailed):
				return fmt.Errorf("%w: check kafka.sasl", err)
			}
			if said[addr] == nil || ctx.Err() == nil {
				said[addr] = err
			}
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%w: start them, or look at kafka.brokers, kafka.tls and kafka.sasl", errors.Join(slices.Collect(maps.Values(said))...))
		}
	}
}

// errOld is the fault of a broker that lacks what we rely on.
var errOld = errors.New("the broker is older than Kafka 2.8: upgrade it")

// describeCluster is a request that brokers know since 2.8.
const describeCluster = 60

// accept asks one broker who it is, and leaves time for the others.
func (c *cluster) accept(ctx context.Context, addr string, cfg *sarama.Config) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.StartTimeout/time.Duration(len(c.cfg.Brokers)+1))
	defer cancel()
	answer := make(chan error, 1)
	go func() {
		b := sarama.NewBroker(addr)
		err := judge(b, cfg)
		_ = b.Close() // nothing was left open by it
		answer <- err
	}()
	select {
	case err := <-answer:
		if err != nil {
			return fmt.Errorf("%s: %w", addr, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s does not answer: %w", addr, context.Cause(ctx))
	}
}

func judge(b *sarama.Broker, cfg *sarama.Config) error {
	if err := b.Open(cfg); err != nil {
		return err
	}
	if _, err := b.Connected(); err != nil {
		return err
	}
	res, err := b.ApiVersions(&sarama.ApiVersionsRequest{})
	if err != nil {
		return err
	}
	for _, known := range res.ApiKeys {
		if known.ApiKey == describeCluster {
			return nil
		}
	}
	return errOld
}
