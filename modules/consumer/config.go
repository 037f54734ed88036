package consumer

import (
	"errors"
	"fmt"
	"time"
)

// Config is the section consumer.
type Config struct {
	Lanes          int           // events that one reader handles at a time, each of another key, over all its streams; in mode batch: batches; 8 when zero
	Window         int           // events that one stream reads ahead of its position at most; 1024 when zero
	Batch          int           // events that are read, and in mode batch handled, at once; 100 when zero, never more than Window
	HandlerTimeout time.Duration // of one attempt of a handler; 30s when zero
}

// WithDefaults returns c with the documented default in each field that is zero.
func (c Config) WithDefaults() Config {
	if c.Lanes == 0 {
		c.Lanes = 8
	}
	if c.Window == 0 {
		c.Window = 1024
	}
	if c.Batch == 0 {
		c.Batch = 100
	}
	c.Batch = min(c.Batch, c.Window)
	if c.HandlerTimeout == 0 {
		c.HandlerTimeout = 30 * time.Second
	}
	return c
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	fault := func(wrong bool, key, want, variable string) error {
		if !wrong {
			return nil
		}
		return fmt.Errorf("modules/consumer: consumer.%s must be %s: set it in the file or FXCELL_CONSUMER__%s", key, want, variable)
	}
	return errors.Join(
		fault(c.Lanes < 0, "lanes", "at least 1", "LANES"),
		fault(c.Window < 0, "window", "at least 1", "WINDOW"),
		fault(c.Batch < 0, "batch", "at least 1", "BATCH"),
		fault(c.HandlerTimeout < 0, "handler_timeout", "positive, e.g. 30s", "HANDLER_TIMEOUT"),
	)
}
