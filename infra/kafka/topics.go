package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/IBM/sarama"
	"go.uber.org/zap"
)

// Settings of a topic.
const (
	retentionMs = "retention.ms"
	maxBytes    = "max.message.bytes"
)

// ensureTopics makes the topics of contracts that are missing, and holds the others against what is declared of them.
func (c *cluster) ensureTopics(ctx context.Context, topics []string) error {
	names := make([]string, len(topics))
	var faults []error
	for i, topic := range topics {
		name, err := c.cfg.topicName(topic)
		names[i] = name
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil || len(names) == 0 {
		return err
	}
	return c.ask(ctx, func(client sarama.Client) error {
		_ = client.RefreshMetadata(names...)                   // by which it learns of the brokers; that of topics is looked at below
		admin, err := sarama.NewClusterAdminFromClient(client) // never closed: that would close the client
		if err != nil {
			return fmt.Errorf("kafka: find the controller of %v: %w", c, err)
		}
		found, err := admin.DescribeTopics(names)
		if err != nil {
			return fmt.Errorf("kafka: look at the topics on %v: %w", c, err)
		}
		for _, t := range found {
			faults = append(faults, c.ensureTopic(admin, t))
		}
		return errors.Join(faults...)
	})
}

func (c *cluster) ensureTopic(admin sarama.ClusterAdmin, found *sarama.TopicMetadata) error {
	switch {
	case errors.Is(found.Err, sarama.ErrUnknownTopicOrPartition) && c.cfg.Topics.Create == createAuto:
		return c.createTopic(admin, found.Name)
	case errors.Is(found.Err, sarama.ErrUnknownTopicOrPartition):
		return fmt.Errorf("kafka: topic %s is missing on %v: make it with %d partitions, or set kafka.topics.create to auto", found.Name, c, c.cfg.Topics.Partitions)
	case len(found.Partitions) == 0:
		return fmt.Errorf("kafka: look at topic %s on %v: %w", found.Name, c, found.Err)
	}
	c.lookAt(admin, found.Name)
	return c.cfg.Topics.judge(found)
}

// judge refuses a topic that is less than what is declared. More is as good.
func (c TopicsConfig) judge(found *sarama.TopicMetadata) error {
	var faults []error
	if n := len(found.Partitions); n < c.Partitions {
		faults = append(faults, fmt.Errorf("kafka: topic %s has %d partitions, kafka.topics.partitions says %d: set that to %d, or add partitions while "+
			"nothing is left unread of the topic, since that moves keys", found.Name, n, c.Partitions, n))
	}
	for _, p := range found.Partitions {
		if n := len(p.Replicas); c.Replication > 0 && n > 0 && n < c.Replication {
			faults = append(faults, fmt.Errorf("kafka: topic %s has %d replicas, kafka.topics.replication says %d: reassign its partitions to more brokers, "+
				"or set that to %d", found.Name, n, c.Replication, n))
			break
		}
	}
	return errors.Join(faults...)
}

func (c *cluster) createTopic(admin sarama.ClusterAdmin, name string) error {
	retention := c.cfg.Topics.retention()
	detail := &sarama.TopicDetail{
		NumPartitions: int32(c.cfg.Topics.Partitions), ReplicationFactor: -1, // the brokers' own
		ConfigEntries: map[string]*string{"cleanup.policy": new("delete"), retentionMs: &retention},
	}
	if n := c.cfg.Topics.Replication; n > 0 {
		detail.ReplicationFactor = int16(n)
		if n > 2 { // an acknowledged event survives the loss of a broker, and one may be away
			detail.ConfigEntries["min.insync.replicas"] = new("2")
		}
	}
	err := admin.CreateTopic(name, detail, false)
	switch {
	case errors.Is(err, sarama.ErrTopicAlreadyExists): // another process was faster
		return nil
	case errors.Is(err, sarama.ErrInvalidReplicationFactor):
		return fmt.Errorf("kafka: create topic %s on %v: %w: kafka.topics.replication must not be more than there are brokers", name, c, err)
	case errors.Is(err, sarama.ErrTopicAuthorizationFailed), errors.Is(err, sarama.ErrClusterAuthorizationFailed):
		return fmt.Errorf("kafka: create topic %s on %v: %w: allow it to the user of kafka.sasl, or make the topic and set kafka.topics.create to check", name, c, err)
	case err != nil:
		return fmt.Errorf("kafka: create topic %s on %v: %w", name, c, err)
	}
	c.logger.Info("topic created", zap.String("topic", name), zap.Int("partitions", c.cfg.Topics.Partitions))
	c.lookAt(admin, name)
	return nil
}

// retention returns how long events are kept, as brokers read it.
func (c TopicsConfig) retention() string {
	return strconv.FormatInt(max(c.Retention.Milliseconds(), -1), 10)
}

// lookAt remembers how much a topic takes at once, and tells when it keeps its events for another time than is declared: an operator may have had
// reasons.
func (c *cluster) lookAt(admin sarama.ClusterAdmin, name string) {
	resource := &sarama.ConfigResource{Type: sarama.TopicResource, Name: name, ConfigNames: []string{retentionMs, maxBytes}}
	found, err := admin.DescribeConfigs([]*sarama.ConfigResource{resource}, sarama.DescribeConfigsOptions{})
	if err != nil {
		c.logger.Warn("settings of a topic could not be looked at", zap.String("topic", name), zap.Error(err))
		return
	}
	for _, f := range found {
		for _, e := range f.Configs {
			c.note(name, e)
		}
	}
}

func (c *cluster) note(name string, e sarama.ConfigEntry) {
	switch e.Name {
	case retentionMs:
		if e.Value != c.cfg.Topics.retention() {
			c.logger.Warn("a topic keeps its events for another time than kafka.topics.retention says", zap.String("topic", name),
				zap.String("retention_ms", e.Value), zap.String("declared_ms", c.cfg.Topics.retention()))
		}
	case maxBytes:
		if n, err := strconv.Atoi(e.Value); err == nil {
			c.mu.Lock()
			c.limits[name] = n
			c.mu.Unlock()
		}
	}
}

// limitOf returns how many bytes a topic takes at once, as far as that is known.
func (c *cluster) limitOf(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n, known := c.limits[name]; known {
		return n
	}
	return math.MaxInt
}
