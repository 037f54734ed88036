package kafka

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"

	"fxcell.dev/fxcell/health"
)

// check fails while the brokers do not answer. Requests go on then: what they publish waits in the log, so the app is only degraded.
func (c *cluster) check() health.Check {
	return health.Check{Name: module, Probe: func(ctx context.Context) error {
		names := make([]string, len(c.wanted))
		for i, topic := range c.wanted {
			names[i] = c.cfg.Topics.Prefix + topic // a name that no broker can have was refused by the start
		}
		err := c.ask(ctx, func(client sarama.Client) error { return client.RefreshMetadata(names...) })
		if err != nil {
			return fmt.Errorf("kafka: brokers %v: %w", c, err)
		}
		return nil
	}}
}

// ask runs a question to the brokers, which knows no context: it is left to end with the timeouts of its connection when ctx ends before.
func (c *cluster) ask(ctx context.Context, question func(sarama.Client) error) error {
	client, done, err := c.opened()
	if err != nil {
		return err
	}
	answer := make(chan error, 1)
	go func() {
		defer done()
		answer <- question(client)
	}()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// check fails while what is published is not acknowledged: it waits in the log, and the app is only degraded.
func (p *producer) check() health.Check {
	return health.Check{Name: module + "/producer", Probe: func(context.Context) error { return p.trouble() }}
}
