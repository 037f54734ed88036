package auditappend

import (
	"errors"
	"fmt"
	"time"
)

// Config is the section audit.
type Config struct {
	// RotateAfter is how long a MAC key signs before the next entry makes a new one. 0 means 90 days; the least is a minute.
	RotateAfter time.Duration
}

const (
	defaultRotateAfter = 90 * 24 * time.Hour
	minRotateAfter     = time.Minute
)

// ErrConfig is the fault of a section that cannot be used.
var ErrConfig = errors.New("cells/audit: the section audit is not valid")

// WithDefaults returns c with the documented default in each field that is zero.
func (c Config) WithDefaults() Config {
	if c.RotateAfter == 0 {
		c.RotateAfter = defaultRotateAfter
	}
	return c
}

// Validate says what is wrong with the section.
func (c Config) Validate() error {
	if c = c.WithDefaults(); c.RotateAfter < minRotateAfter {
		return fmt.Errorf("%w: audit.rotate_after is %v: set it to %v or more in the file or FXCELL_AUDIT__ROTATE_AFTER", ErrConfig, c.RotateAfter, minRotateAfter)
	}
	return nil
}
