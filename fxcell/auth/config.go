package auth

import (
	"errors"
	"fmt"
	"time"
)

// Config is the section auth: what tokens are issued with and judged by. Who issues them and who accepts them read the same one.
type Config struct {
	Issuer      string        // iss of every token; fxcell when empty
	Audience    string        // aud of every token; fxcell when empty
	Skew        time.Duration // how far the clocks of two machines may differ; 30s when zero
	MaxLifetime time.Duration // a token that lives longer is refused; 1h when zero
}

// Limits of the section auth.
const (
	MaxSkew     = time.Minute
	MaxLifetime = 24 * time.Hour
)

// WithDefaults returns c with its zero fields filled.
func (c Config) WithDefaults() Config {
	if c.Issuer == "" {
		c.Issuer = "fxcell"
	}
	if c.Audience == "" {
		c.Audience = "fxcell"
	}
	if c.Skew == 0 {
		c.Skew = 30 * time.Second
	}
	if c.MaxLifetime == 0 {
		c.MaxLifetime = time.Hour
	}
	return c
}

// Validate reports every fault of a Config that has its defaults.
func (c Config) Validate() error {
	var faults []error
	if c.Issuer == "" {
		faults = append(faults, sectionFault("issuer", "is required", "ISSUER"))
	}
	if c.Audience == "" {
		faults = append(faults, sectionFault("audience", "is required", "AUDIENCE"))
	}
	if c.Skew < 0 || c.Skew > MaxSkew {
		faults = append(faults, sectionFault("skew", "is out of range: want 1s to 1m, or leave it out for 30s", "SKEW"))
	}
	if c.MaxLifetime <= 0 || c.MaxLifetime > MaxLifetime {
		faults = append(faults, sectionFault("max_lifetime", "is out of range: want more than 0s, and 24h at most", "MAX_LIFETIME"))
	}
	return errors.Join(faults...)
}

func sectionFault(key, what, variable string) error {
	return fmt.Errorf("modules/auth: auth.%s %s: set it in the file or FXCELL_AUTH__%s", key, what, variable)
}
