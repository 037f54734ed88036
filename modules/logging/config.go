package logging

import (
	"errors"
	"slices"
)

// Config is the section logging.
type Config struct {
	Level  string // the least level that is written: debug, info, warn or error; info when empty
	Format string // console (for people) or json (for machines); console when empty
}

// The forms of a line.
const (
	Console = "console"
	JSON    = "json"
)

// WithDefaults returns c with its zero fields filled.
func (c Config) WithDefaults() Config {
	if c.Level == "" {
		c.Level = "info"
	}
	if c.Format == "" {
		c.Format = Console
	}
	return c
}

// Faults of a Config.
var (
	errLevel  = errors.New("modules/logging: logging.level must be debug, info, warn or error: set it in the file or FXCELL_LOGGING__LEVEL")
	errFormat = errors.New("modules/logging: logging.format must be console or json: set it in the file or FXCELL_LOGGING__FORMAT")
)

// Validate reports every fault of a Config that has its defaults.
func (c Config) Validate() error {
	var faults []error
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Level) {
		faults = append(faults, errLevel)
	}
	if c.Format != Console && c.Format != JSON {
		faults = append(faults, errFormat)
	}
	return errors.Join(faults...)
}
