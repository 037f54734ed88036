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
	DefaultTokenTTL       = 10 * time.Minute
	DefaultSessionTTL     = 12 * time.Hour
	DefaultHashQueue      = 64
	DefaultHashWait       = 2 * time.Second
	DefaultKeyRotateEvery = 90 * 24 * time.Hour
	DefaultKeyAhead       = time.Hour
	DefaultSetupTokenFile = "fxcell-setup-token"
	DefaultLoginFree      = 5
	DefaultLoginPause     = time.Second
	DefaultLoginMaxPause  = 15 * time.Minute
	DefaultLoginWindow    = 24 * time.Hour
	DefaultLoginStop      = 100
	DefaultSourceFailures = 20
	DefaultSourceWindow   = 5 * time.Minute
)

// MaxTokenTTL is the longest life that a token can be given, whatever is configured.
const MaxTokenTTL = 15 * time.Minute

// Bounds of the section.
const (
	minTokenTTL   = 5 * time.Minute
	maxSessionTTL = 30 * 24 * time.Hour
	maxHashWait   = time.Minute
	maxHashes     = 1 << 10
	maxHashQueue  = 1 << 16
	minKeyAhead   = 5 * time.Minute // how long others may keep the key set
	maxKeyAhead   = 7 * 24 * time.Hour
	maxKeyAge     = 2 * 365 * 24 * time.Hour
	maxLoginStop  = 100 // NIST SP 800-63B, 3.2.2
	maxFailures   = 1_000_000
	minPause      = 100 * time.Millisecond
	minWindow     = time.Second
	maxWindow     = 30 * 24 * time.Hour
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
	// KeyRotateEvery is how long a key signs tokens before the next one takes over: KeyAhead to 17520 hours, default 90 days.
	KeyRotateEvery time.Duration
	// KeyAhead is how long the next key is published before it signs, so that whoever keeps a copy of the key set knows it: 5 minutes to 7 days,
	// default 1 hour, which is how long common libraries keep one.
	KeyAhead time.Duration
	// SetupTokenFile is where the token for the first administrator is written when the store outlives the process, default fxcell-setup-token in
	// the working directory. Only its owner can read the file.
	SetupTokenFile string
	// SetupRenew makes the start offer a new setup token in place of one that is still good, unless SetupTokenFile holds that one: for one start of
	// one process, when the file is lost.
	SetupRenew bool
	// LoginFree is how many logins to an account may fail, from one source, before the next one has to wait: 1 to LoginStop, default 5.
	LoginFree int
	// LoginPause is the first of those waits, and each further one is twice as long: 100ms to LoginMaxPause, default 1 second.
	LoginPause time.Duration
	// LoginMaxPause is the longest of them: LoginPause to LoginWindow, default 15 minutes.
	LoginMaxPause time.Duration
	// LoginWindow is how long failed logins to an account are remembered: 1 second to 30 days, default 24 hours.
	LoginWindow time.Duration
	// LoginStop is how many logins to an account may fail in a window, from all sources together, with no success between: 1 to 100, default 100.
	LoginStop int
	// SourceFailures is how many logins and set-ups may fail in a SourceWindow that come from one IPv4 address or one /64 of IPv6: 1 to 1000000, default
	// 20. A negative number means no limit, as behind a proxy that hides where requests come from.
	SourceFailures int
	// SourceWindow is 1 second to 30 days, default 5 minutes.
	SourceWindow time.Duration
}

// WithDefaults returns c with its zero fields filled.
func (c Config) WithDefaults() Config {
	c.TokenTTL = cmp.Or(c.TokenTTL, DefaultTokenTTL)
	c.SessionTTL = cmp.Or(c.SessionTTL, DefaultSessionTTL)
	c.HashConcurrency = cmp.Or(c.HashConcurrency, runtime.GOMAXPROCS(0))
	c.HashQueue = cmp.Or(c.HashQueue, DefaultHashQueue)
	c.HashWait = cmp.Or(c.HashWait, DefaultHashWait)
	c.KeyRotateEvery = cmp.Or(c.KeyRotateEvery, DefaultKeyRotateEvery)
	c.KeyAhead = cmp.Or(c.KeyAhead, DefaultKeyAhead)
	c.SetupTokenFile = cmp.Or(c.SetupTokenFile, DefaultSetupTokenFile)
	c.LoginFree = cmp.Or(c.LoginFree, DefaultLoginFree)
	c.LoginPause = cmp.Or(c.LoginPause, DefaultLoginPause)
	c.LoginMaxPause = cmp.Or(c.LoginMaxPause, DefaultLoginMaxPause)
	c.LoginWindow = cmp.Or(c.LoginWindow, DefaultLoginWindow)
	c.LoginStop = cmp.Or(c.LoginStop, DefaultLoginStop)
	c.SourceFailures = cmp.Or(c.SourceFailures, DefaultSourceFailures)
	c.SourceWindow = cmp.Or(c.SourceWindow, DefaultSourceWindow)
	return c
}

// Validate reports every fault of a config whose zero fields are filled.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			errs = append(errs, fmt.Errorf("cells/access: access.%s is %v: set it to %s in the file or FXCELL_ACCESS__%s", key, value, want, strings.ToUpper(key)))
		}
	}
	check(c.TokenTTL >= minTokenTTL && c.TokenTTL <= MaxTokenTTL, "token_ttl", c.TokenTTL, "5m to 15m")
	check(c.SessionTTL >= c.TokenTTL && c.SessionTTL <= maxSessionTTL, "session_ttl", c.SessionTTL, "token_ttl to 720h")
	check(c.HashConcurrency > 0 && c.HashConcurrency <= maxHashes, "hash_concurrency", c.HashConcurrency, "1 to 1024")
	check(c.HashQueue <= maxHashQueue, "hash_queue", c.HashQueue, "at most 65536, or negative for none")
	check(c.HashWait > 0 && c.HashWait <= maxHashWait, "hash_wait", c.HashWait, "at most 1m")
	check(c.KeyAhead >= minKeyAhead && c.KeyAhead <= maxKeyAhead, "key_ahead", c.KeyAhead, "5m to 168h")
	check(c.KeyRotateEvery >= c.KeyAhead && c.KeyRotateEvery <= maxKeyAge, "key_rotate_every", c.KeyRotateEvery, "key_ahead to 17520h")
	check(c.LoginFree > 0 && c.LoginFree <= c.LoginStop, "login_free", c.LoginFree, "1 to login_stop")
	check(c.LoginPause >= minPause && c.LoginPause <= c.LoginMaxPause, "login_pause", c.LoginPause, "100ms to login_max_pause")
	check(c.LoginMaxPause <= c.LoginWindow, "login_max_pause", c.LoginMaxPause, "login_pause to login_window")
	check(c.LoginWindow >= minWindow && c.LoginWindow <= maxWindow, "login_window", c.LoginWindow, "1s to 720h")
	check(c.LoginStop > 0 && c.LoginStop <= maxLoginStop, "login_stop", c.LoginStop, "1 to 100")
	check(c.SourceFailures <= maxFailures, "source_failures", c.SourceFailures, "1 to 1000000, or negative for no limit")
	check(c.SourceWindow >= minWindow && c.SourceWindow <= maxWindow, "source_window", c.SourceWindow, "1s to 720h")
	return errors.Join(errs...)
}
