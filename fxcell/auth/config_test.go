package auth_test

import (
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/auth"
)

func TestAConfigFillsItsZeroFieldsOnly(t *testing.T) {
	t.Parallel()
	defaults := auth.Config{Issuer: "fxcell", Audience: "fxcell", Skew: 30 * time.Second, MaxLifetime: time.Hour}
	own := auth.Config{Issuer: "i", Audience: "a", Skew: time.Second, MaxLifetime: time.Minute}
	for _, c := range []struct{ config, want auth.Config }{
		{auth.Config{}, defaults},
		{own, own},
		{auth.Config{Skew: -1}, auth.Config{Issuer: "fxcell", Audience: "fxcell", Skew: -1, MaxLifetime: time.Hour}},
	} {
		if got := c.config.WithDefaults(); got != c.want {
			t.Errorf("%+v: got %+v, want %+v", c.config, got, c.want)
		}
	}
	if err := defaults.Validate(); err != nil {
		t.Error(err)
	}
}

func TestAConfigReportsEveryFault(t *testing.T) {
	t.Parallel()
	good := auth.Config{}.WithDefaults()
	for name, c := range map[string]struct {
		change func(*auth.Config)
		want   []string
	}{
		"good":            {func(*auth.Config) {}, nil},
		"least":           {func(c *auth.Config) { c.Skew, c.MaxLifetime = 0, 1 }, nil},
		"most":            {func(c *auth.Config) { c.Skew, c.MaxLifetime = time.Minute, 24*time.Hour }, nil},
		"skew below":      {func(c *auth.Config) { c.Skew = -1 }, []string{skewFault}},
		"skew above":      {func(c *auth.Config) { c.Skew = time.Minute + 1 }, []string{skewFault}},
		"lifetime below":  {func(c *auth.Config) { c.MaxLifetime = 0 }, []string{lifetimeFault}},
		"lifetime above":  {func(c *auth.Config) { c.MaxLifetime = 24*time.Hour + 1 }, []string{lifetimeFault}},
		"nothing is set":  {func(c *auth.Config) { *c = auth.Config{} }, []string{issuerFault, audienceFault, lifetimeFault}},
		"all of it wrong": {func(c *auth.Config) { *c = auth.Config{Skew: -1, MaxLifetime: -1} }, []string{issuerFault, audienceFault, skewFault, lifetimeFault}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := good
			c.change(&config)
			got := ""
			if err := config.Validate(); err != nil {
				got = err.Error()
			}
			if want := strings.Join(c.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

const (
	issuerFault   = "modules/auth: auth.issuer is required: set it in the file or FXCELL_AUTH__ISSUER"
	audienceFault = "modules/auth: auth.audience is required: set it in the file or FXCELL_AUTH__AUDIENCE"
	skewFault     = "modules/auth: auth.skew is out of range: want 1s to 1m, or leave it out for 30s: set it in the file or FXCELL_AUTH__SKEW"
	lifetimeFault = "modules/auth: auth.max_lifetime is out of range: want more than 0s, and 24h at most: set it in the file or FXCELL_AUTH__MAX_LIFETIME"
)
