package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/IBM/sarama"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
)

// source makes every reader a consumer group of its name over the topics of the contracts that it wants. Each partition that the group gives to this
// process is a stream.
type source struct {
	cluster *cluster
	topics  func() map[string]string // by contract
	logger  *zap.Logger
}

var _ event.Source = (*source)(nil)

func newSource(c *cluster, topics func() map[string]string, logger *zap.Logger) *source {
	return &source{c, topics, logger}
}

// Open implements event.Source. A new reader starts with the oldest events that the topics keep, or with From. A stream comes again after it was
// released, as long as its partition is this process's.
func (s *source) Open(ctx context.Context, r event.Reader) (<-chan event.Stream, error) {
	names, err := s.namesFor(r)
	if err != nil {
		return nil, fmt.Errorf("kafka: open reader %s: %w", r.Name, err)
	}
	m, err := s.join(r, names)
	if err != nil {
		return nil, fmt.Errorf("kafka: open reader %s: %w", r.Name, err)
	}
	go m.run(ctx)
	return m.streams, nil
}

// namesFor returns what brokers call the topics of a reader: of all contracts where it does not say which it wants.
func (s *source) namesFor(r event.Reader) ([]string, error) {
	topics := s.topics()
	wanted := r.Contracts
	if len(wanted) == 0 {
		wanted = slices.Collect(maps.Keys(topics))
	}
	var names []string
	for _, c := range wanted {
		topic, known := topics[c]
		if !known {
			return nil, fmt.Errorf("nothing subscribes %s in this app, so its topic is not known", c)
		}
		name, err := s.cluster.cfg.topicName(topic)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (s *source) join(r event.Reader, names []string) (*member, error) {
	cfg := s.cluster.cfg
	var d *dialer
	client, err := s.cluster.newClient(func(to *sarama.Config) {
		cfg.Groups.apply(to)
		d = newDialer(to, cfg.Groups.Session)
	})
	if err != nil {
		return nil, err
	}
	m := &member{
		cfg: cfg, name: cfg.Groups.Prefix + r.Name, topics: names, client: client, dialer: d, streams: make(chan event.Stream),
		logger: s.logger.With(zap.String("reader", r.Name)),
	}
	if r.From == event.Latest {
		m.ends, err = m.startLate()
	}
	if err == nil {
		m.group, err = sarama.NewConsumerGroupFromClient(m.name, client)
	}
	if err != nil {
		_ = client.Close() // what failed says more
		return nil, err
	}
	return m, nil
}
