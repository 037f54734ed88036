package health

import (
	"errors"
	"time"
)

// Config is the section health.
type Config struct {
	Timeout time.Duration // how long the checks may take, all of them at once; 2s when zero
}

const (
	defaultTimeout = 2 * time.Second
	maxTimeout     = time.Minute
)

var errTimeout = errors.New("modules/health: health.timeout must be more than 0s and at most 1m: set it in the file or FXCELL_HEALTH__TIMEOUT")

// WithDefaults returns c with the documented default in each field that is zero.
func (c Config) WithDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	return c
}

// Validate reports every fault of a Config that has its defaults.
func (c Config) Validate() error {
	if c.Timeout <= 0 || c.Timeout > maxTimeout {
		return errTimeout
	}
	return nil
}
