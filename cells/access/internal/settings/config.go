// Package settings is the access cell's configuration: the section access.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// Defaults of the section.
const (
	DefaultTokenTTL   = 10 * time.Minute
	DefaultSessionTTL = 12 * time.Hour
	DefaultHashQueue  = 64
	DefaultHashWait   = 2 * time.Second
)

// Bounds of the section.
const (
	minTokenTTL   = 5 * time.Minute
	maxTokenTTL   = 15 * time.Minute
	maxSessionTTL = 30 * 24 * time.Hour
	maxHashWait   = time.Minute
	maxHashes     = 1 << 10
	maxHashQueue  = 1 << 16
)

// Config is the section access. A zero field means its default.
type Config struct {
	// TokenTTL is how long an access token is valid: 5 to 15 minutes, default 10.
	TokenTTL time.Duration
	// SessionTTL is when a session ends, whatever happens in it: TokenTTL to 30 days, default 12 hours.
	SessionTTL time.Duration
	// HashConcurrency is how many passwords are hashed at once, default one per processor. Each takes 19 MiB.
	HashConcurrency int
	// HashQueue is how many logins may wait for their hash, default 64. A negative number means none.
	HashQueue int
	// HashWait is how long one waits at most before it is told to come back, default 2 seconds.
	HashWait time.Duration
}

// WithDefaults returns c with its zero fields filled.
func (c Config) WithDefaults() Config {
	return Config{
		TokenTTL:        cmp.Or(c.TokenTTL, DefaultTokenTTL),
		SessionTTL:      cmp.Or(c.SessionTTL, DefaultSessionTTL),
		HashConcurrency: cmp.Or(c.HashConcurrency, runtime.GOMAXPROCS(0)),
		HashQueue:       cmp.Or(c.HashQueue, DefaultHashQueue),
		HashWait:        cmp.Or(c.HashWait, DefaultHashWait),
	}
}

// Validate reports every fault of a config whose zero fields are filled.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			errs = append(errs, fmt.Errorf("cells/access: access.%s is %v: set it to %s in the file or FXCELL_ACCESS__%s", key, value, want, strings.ToUpper(key)))
		}
	}
	check(c.TokenTTL >= minTokenTTL && c.TokenTTL <= maxTokenTTL, "token_ttl", c.TokenTTL, "5m to 15m")
	check(c.SessionTTL >= c.TokenTTL && c.SessionTTL <= maxSessionTTL, "session_ttl", c.SessionTTL, "token_ttl to 720h")
	check(c.HashConcurrency > 0 && c.HashConcurrency <= maxHashes, "hash_concurrency", c.HashConcurrency, "1 to 1024")
	check(c.HashQueue <= maxHashQueue, "hash_queue", c.HashQueue, "at most 65536, or negative for none")
	check(c.HashWait > 0 && c.HashWait <= maxHashWait, "hash_wait", c.HashWait, "at most 1m")
	return errors.Join(errs...)
}
