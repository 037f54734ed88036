package relay

import (
	"cmp"
	"errors"
	"fmt"
)

// Config is the section relay.
type Config struct {
	Batch       int // events that are read, and whose position is stored, at once; 500 when zero
	InFlight    int // batches that are on their way at a time; 4 when zero
	WindowBytes int // bytes of events that are on their way at a time, beyond which nothing more is read; 16777216 when zero
}

// WithDefaults returns c with the documented default in each field that is zero.
func (c Config) WithDefaults() Config {
	c.Batch = cmp.Or(c.Batch, 500)
	c.InFlight = cmp.Or(c.InFlight, 4)
	c.WindowBytes = cmp.Or(c.WindowBytes, 16<<20)
	return c
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	fault := func(wrong bool, key, variable string) error {
		if !wrong {
			return nil
		}
		return fmt.Errorf("modules/relay: relay.%s must be at least 1: set it in the file or FXCELL_RELAY__%s", key, variable)
	}
	return errors.Join(
		fault(c.Batch < 0, "batch", "BATCH"),
		fault(c.InFlight < 0, "in_flight", "IN_FLIGHT"),
		fault(c.WindowBytes < 0, "window_bytes", "WINDOW_BYTES"),
	)
}
