package settings_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"fxcell.dev/cells/access/internal/settings"
)

func TestZeroConfigHasItsDefaults(t *testing.T) {
	t.Parallel()
	got := settings.Config{}.WithDefaults()
	want := settings.Config{
		TokenTTL: 10 * time.Minute, SessionTTL: 12 * time.Hour, HashConcurrency: runtime.GOMAXPROCS(0), HashQueue: 64, HashWait: 2 * time.Second,
		KeyRotateEvery: 90 * 24 * time.Hour, KeyAhead: time.Hour, SetupTokenFile: "fxcell-setup-token",
		LoginFree: 5, LoginPause: time.Second, LoginMaxPause: 15 * time.Minute, LoginWindow: 24 * time.Hour, LoginStop: 100,
		SourceFailures: 20, SourceWindow: 5 * time.Minute,
	}
	if got != want || got.Validate() != nil {
		t.Errorf("got %+v, %v", got, got.Validate())
	}
	kept := settings.Config{
		TokenTTL: 5 * time.Minute, SessionTTL: time.Hour, HashConcurrency: 1, HashQueue: -1, HashWait: time.Second,
		KeyRotateEvery: 24 * time.Hour, KeyAhead: 10 * time.Minute, SetupTokenFile: "x", SetupRenew: true,
		LoginFree: 3, LoginPause: 2 * time.Second, LoginMaxPause: time.Minute, LoginWindow: time.Hour, LoginStop: 50,
		SourceFailures: -1, SourceWindow: time.Minute,
	}
	if kept.WithDefaults() != kept || kept.Validate() != nil {
		t.Errorf("a full config changed: %+v, %v", kept.WithDefaults(), kept.Validate())
	}
}

func TestConfigNamesEveryFaultAndItsCure(t *testing.T) {
	t.Parallel()
	for key, c := range map[string]settings.Config{
		"token_ttl":        {TokenTTL: time.Minute},
		"session_ttl":      {SessionTTL: 721 * time.Hour},
		"hash_concurrency": {HashConcurrency: -1},
		"hash_queue":       {HashQueue: 1 << 20},
		"hash_wait":        {HashWait: -time.Second},
		"key_ahead":        {KeyAhead: time.Minute},
		"key_rotate_every": {KeyRotateEvery: time.Hour, KeyAhead: 2 * time.Hour},
		"login_free":       {LoginFree: 51, LoginStop: 50},
		"login_pause":      {LoginPause: 2 * time.Minute, LoginMaxPause: time.Minute},
		"login_max_pause":  {LoginMaxPause: 25 * time.Hour},
		"login_window":     {LoginWindow: 721 * time.Hour},
		"login_stop":       {LoginStop: 101},
		"source_failures":  {SourceFailures: 1_000_001},
		"source_window":    {SourceWindow: time.Millisecond},
	} {
		err := c.WithDefaults().Validate()
		if err == nil || !strings.HasPrefix(err.Error(), "cells/access: access."+key+" is ") || !strings.Contains(err.Error(), "FXCELL_ACCESS__"+strings.ToUpper(key)) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", key, err)
		}
	}
	all := settings.Config{
		TokenTTL: time.Hour, SessionTTL: time.Second, HashConcurrency: -1, HashQueue: 1 << 20, HashWait: time.Hour, KeyAhead: time.Second,
		LoginMaxPause: time.Second, SourceFailures: 1 << 20,
	}.Validate()
	if all == nil || strings.Count(all.Error(), "\n")+1 != 14 {
		t.Errorf("got %v, want all 14 faults", all)
	}
}
