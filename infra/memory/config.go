package memory

import (
	"errors"
	"fmt"
)

// Config is the section memory: how much may be kept.
type Config struct {
	LogCapacity     int // events in the log that a reader has yet to pass; 65536 when zero
	InboxCapacity   int // keys whose last handled event is remembered, of all readers; 1048576 when zero
	ParkingCapacity int // events that readers gave up on, with those that wait behind them; 16384 when zero
	ClaimCapacity   int // keys that are claimed, or done and not forgotten; 1048576 when zero
	LockCapacity    int // locks that are held; 65536 when zero
	AttemptCapacity int // keys whose attempts are counted; 1048576 when zero
}

// WithDefaults returns c with the documented default in each field that is zero.
func (c Config) WithDefaults() Config {
	if c.LogCapacity == 0 {
		c.LogCapacity = 1 << 16
	}
	if c.InboxCapacity == 0 {
		c.InboxCapacity = 1 << 20
	}
	if c.ParkingCapacity == 0 {
		c.ParkingCapacity = 1 << 14
	}
	if c.ClaimCapacity == 0 {
		c.ClaimCapacity = 1 << 20
	}
	if c.LockCapacity == 0 {
		c.LockCapacity = 1 << 16
	}
	if c.AttemptCapacity == 0 {
		c.AttemptCapacity = 1 << 20
	}
	return c
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	fault := func(n int, key, variable string) error {
		if n > 0 {
			return nil
		}
		return fmt.Errorf("infra/memory: memory.%s must be at least 1: set it in the file or FXCELL_MEMORY__%s", key, variable)
	}
	c = c.WithDefaults()
	return errors.Join(
		fault(c.LogCapacity, "log_capacity", "LOG_CAPACITY"),
		fault(c.InboxCapacity, "inbox_capacity", "INBOX_CAPACITY"),
		fault(c.ParkingCapacity, "parking_capacity", "PARKING_CAPACITY"),
		fault(c.ClaimCapacity, "claim_capacity", "CLAIM_CAPACITY"),
		fault(c.LockCapacity, "lock_capacity", "LOCK_CAPACITY"),
		fault(c.AttemptCapacity, "attempt_capacity", "ATTEMPT_CAPACITY"),
	)
}
