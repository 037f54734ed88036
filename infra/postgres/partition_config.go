package postgres

import (
	"cmp"
	"time"
)

// OutboxConfig is what postgres.outbox says about the log of events.
type OutboxConfig struct {
	// Retention is how long an event is kept at least, read or not, so that it can be read again; 24h when zero. What a reader has yet to read is
	// kept however old it is.
	Retention time.Duration
	// Lease is after how long the owner of a reader loses it that is frozen or out of reach; 10s when zero. One that ends loses it at once.
	Lease time.Duration
}

// InboxConfig is what postgres.inbox says about what readers have handled.
type InboxConfig struct {
	// Retention is how long a reader knows at least that it has handled an event without a key; 168h when zero, or that of the log where that is longer.
	// Keys are known for ever.
	Retention time.Duration
}

func (c OutboxConfig) withDefaults() OutboxConfig {
	c.Retention = cmp.Or(c.Retention, 24*time.Hour)
	c.Lease = cmp.Or(c.Lease, 10*time.Second)
	return c
}

func (c InboxConfig) withDefaults(log OutboxConfig) InboxConfig {
	c.Retention = cmp.Or(c.Retention, max(7*24*time.Hour, log.Retention))
	return c
}
