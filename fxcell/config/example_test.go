package config_test

import (
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/config"
)

// Config is the section mailer. Each field says what it means when it is zero.
type Config struct {
	Server  string        // host and port; localhost:25 when empty
	Timeout time.Duration // 5s when zero
}

func (c Config) withDefaults() Config {
	if c.Server == "" {
		c.Server = "localhost:25"
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	return c
}

type mailer struct{ cfg Config }

func newMailer(cfg Config) *mailer { return &mailer{cfg.withDefaults()} }

// said is a source of one text for all sections, as modules/config is of files, environment and flags.
type said string

func (s said) Decode(_ string, into any) error { return json.Unmarshal([]byte(s), into) }

// A module lists its section; its constructor takes the struct.
func ExampleSection() {
	module := fx.Module("infra/mailer", config.Section[Config]("mailer"), fx.Provide(newMailer))
	app := fx.New(fx.NopLogger, module,
		fx.Provide(func() config.Source { return said(`{"Server": "mail.example.org:587"}`) }),
		fx.Invoke(func(m *mailer) { fmt.Println(m.cfg.Server, m.cfg.Timeout) }),
	)
	fmt.Println(app.Err())
	// Output:
	// mail.example.org:587 5s
	// <nil>
}
