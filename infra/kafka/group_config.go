package kafka

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

// GroupsConfig is what kafka.groups says about reading: every reader is one consumer group, of its name.
type GroupsConfig struct {
	Prefix    string        // stands before the name of a reader, e.g. "shop/" where several apps share brokers
	Session   time.Duration // how long a member may be silent before its partitions go to others; 10s when zero
	Heartbeat time.Duration // how often a member speaks, and learns that partitions move; 500ms when zero
	Rebalance time.Duration // how long a member may take to give partitions up, before it is left out; 30s when zero
	Commit    time.Duration // how often positions are stored; 250ms when zero
	Buffer    int           // events of a partition that are fetched ahead; 4096 when zero
}

func (c GroupsConfig) withDefaults() GroupsConfig {
	c.Session = cmp.Or(c.Session, 10*time.Second)
	c.Heartbeat = cmp.Or(c.Heartbeat, 500*time.Millisecond)
	c.Rebalance = cmp.Or(c.Rebalance, 30*time.Second)
	c.Commit = cmp.Or(c.Commit, 250*time.Millisecond)
	c.Buffer = cmp.Or(c.Buffer, 4096)
	return c
}

func (c GroupsConfig) fault() error {
	var faults []error
	for _, n := range []struct {
		key   string
		wrong bool
		what  string
	}{
		{"prefix", strings.ContainsFunc(c.Prefix, unprintable) || len(c.Prefix) > 100, "must be at most 100 printable ASCII letters without spaces"},
		{"session", c.Session < time.Second, "must be at least 1s; brokers take 6s or more unless told otherwise"},
		{"heartbeat", c.Heartbeat < 10*time.Millisecond || c.Heartbeat > c.Session/3, "must be at least 10ms, and at most a third of kafka.groups.session"},
		{"rebalance", c.Rebalance < time.Second, "must be at least 1s"},
		{"commit", c.Commit < 10*time.Millisecond, "must be at least 10ms"},
		{"buffer", c.Buffer < 1, "must be at least 1"},
	} {
		if n.wrong {
			faults = append(faults, fault("groups."+n.key, n.what))
		}
	}
	return errors.Join(faults...)
}

// grace is how long a stream that is lost is waited for: longer, and the member were left out.
func (c GroupsConfig) grace() time.Duration { return c.Rebalance / 2 }

// fetchWait is how long a broker holds a fetch that finds nothing. Nothing is subscribed, resumed or given up meanwhile.
const fetchWait = 250 * time.Millisecond

// apply tells a client how members of groups behave.
func (c GroupsConfig) apply(to *sarama.Config) {
	group := &to.Consumer.Group
	group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyCooperativeSticky()}
	group.Rebalance.Timeout, group.Session.Timeout, group.Heartbeat.Interval = c.Rebalance, c.Session, c.Heartbeat
	group.Rebalance.Retry.Backoff = min(c.Heartbeat, time.Second)
	to.Consumer.Offsets.Initial = sarama.OffsetOldest // what was published before the reader came is its to read
	to.Consumer.Offsets.AutoCommit.Enable, to.Consumer.Offsets.AutoCommit.Interval = true, c.Commit
	to.Consumer.IsolationLevel = sarama.ReadCommitted
	to.Consumer.Return.Errors = true
	to.Consumer.Fetch.Default = fetchBytes
	to.Consumer.MaxWaitTime = fetchWait
	to.Consumer.MaxProcessingTime = 2 * time.Second // what is fetched is taken at once: only a process that stands still needs that long
	to.Consumer.Retry.Backoff = 250 * time.Millisecond
	to.Net.ReadTimeout = max(to.Net.ReadTimeout, c.Rebalance+5*time.Second) // to join is answered when everybody else has given up what moves
}
