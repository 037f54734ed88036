package kafka

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// TopicsConfig is what kafka.topics says about the topics: one for each topic of the contracts.
type TopicsConfig struct {
	Prefix      string        // stands before the topic of a contract, e.g. "shop." where several apps share brokers
	Partitions  int           // of each topic: as many processes at most share a reader's work; 12 when zero
	Replication int           // copies of each event, over so many brokers; what the brokers say when zero
	Retention   time.Duration // how long events are kept, read or not; 168h when zero, for ever when negative
	Create      string        // auto: make those that are missing; check: only refuse to go without them; auto when empty
}

// What Create can be.
const (
	createAuto  = "auto"
	createCheck = "check"
)

const (
	defaultPartitions = 12
	defaultRetention  = 7 * 24 * time.Hour

	// longestTopic is what brokers accept.
	longestTopic = 249
)

func (c TopicsConfig) withDefaults() TopicsConfig {
	c.Partitions = cmp.Or(c.Partitions, defaultPartitions)
	c.Retention = cmp.Or(c.Retention, defaultRetention)
	c.Create = cmp.Or(c.Create, createAuto)
	return c
}

func (c TopicsConfig) fault() error {
	var faults []error
	for _, n := range []struct {
		key   string
		wrong bool
		what  string
	}{
		{"prefix", strings.ContainsFunc(c.Prefix, foreignToTopics) || len(c.Prefix) > 100, "must be at most 100 letters, digits, dots, underscores and hyphens"},
		{"partitions", c.Partitions < 1 || c.Partitions > 10000, "must be 1 to 10000"},
		{"replication", c.Replication < 0 || c.Replication > 100, "must be 1 to 100"},
		{"retention", c.Retention >= 0 && c.Retention < time.Second, "must be at least 1s, or negative for ever"},
		{"create", c.Create != createAuto && c.Create != createCheck, "must be auto or check"},
	} {
		if n.wrong {
			faults = append(faults, fault("topics."+n.key, n.what))
		}
	}
	return errors.Join(faults...)
}

// errTopicName is the fault of a topic that no broker can have.
var errTopicName = errors.New("a topic is at most 249 letters, digits, dots, underscores and hyphens")

// topicName returns what the brokers call the topic of a contract.
func (c Config) topicName(topic string) (string, error) {
	name := c.Topics.Prefix + topic
	if topic == "" || len(name) > longestTopic || strings.ContainsFunc(topic, foreignToTopics) || name == "." || name == ".." {
		return "", fmt.Errorf("kafka: topic %q: %w", topic, errTopicName)
	}
	return name, nil
}

// topicOf returns the topic of a contract that the brokers call name.
func (c Config) topicOf(name string) string { return strings.TrimPrefix(name, c.Topics.Prefix) }

func foreignToTopics(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
}
