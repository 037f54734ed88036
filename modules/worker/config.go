package worker

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Config is the section worker.
type Config struct {
	BackoffFrom  time.Duration // about how long the first pause after a failure is, each further one twice as long; 100ms when zero
	BackoffTo    time.Duration // no pause is longer; 30s when zero
	HealthyAfter time.Duration // a run this long makes earlier failures forgotten; 1m when zero
	Attempts     int           // so many failures in a row of an essential worker end the process; 5 when zero
	StopTimeout  time.Duration // how long the workers may take to end, all at once; 10s when zero
}

// WithDefaults returns c with the documented default in each field that is zero.
func (c Config) WithDefaults() Config {
	c.BackoffFrom = cmp.Or(c.BackoffFrom, 100*time.Millisecond)
	c.BackoffTo = cmp.Or(c.BackoffTo, 30*time.Second)
	c.HealthyAfter = cmp.Or(c.HealthyAfter, time.Minute)
	c.Attempts = cmp.Or(c.Attempts, 5)
	c.StopTimeout = cmp.Or(c.StopTimeout, 10*time.Second)
	return c
}

// Validate reports every fault of a Config that has its defaults.
func (c Config) Validate() error {
	var faults []error
	for _, t := range []struct {
		key string
		d   time.Duration
	}{{"backoff_from", c.BackoffFrom}, {"backoff_to", c.BackoffTo}, {"healthy_after", c.HealthyAfter}, {"stop_timeout", c.StopTimeout}} {
		if t.d <= 0 {
			faults = append(faults, fault(t.key, "must be more than 0s"))
		}
	}
	if c.BackoffFrom > 0 && c.BackoffTo > 0 && c.BackoffTo < c.BackoffFrom {
		faults = append(faults, fault("backoff_to", "must not be less than worker.backoff_from"))
	}
	if c.Attempts < 1 {
		faults = append(faults, fault("attempts", "must be 1 or more"))
	}
	return errors.Join(faults...)
}

// fault says what is wrong with a setting, and how it is set.
func fault(key, what string) error {
	return fmt.Errorf("modules/worker: worker.%s %s: set it in the file or FXCELL_WORKER__%s", key, what, strings.ToUpper(key))
}
