package httpserver

import (
	"go.uber.org/zap"

	"fxcell.dev/fxcell/inspect"
)

// sockets are the listeners of an app.
type sockets struct{ public, ops *socket }

func newSockets(c Config, logger *zap.Logger, fail func(error)) (*sockets, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &sockets{
		public: &socket{name: "public", addr: c.Public.Addr, config: c, log: logger, fail: fail},
		ops:    &socket{name: "ops", addr: c.Ops.Addr, config: c, log: logger, fail: fail},
	}, nil
}

// listeners are those that answer on a socket.
func (s *sockets) listeners() []inspect.Listener {
	var out []inspect.Listener
	for _, one := range []*socket{s.public, s.ops} {
		if one.addr != Off {
			out = append(out, inspect.Listener{Name: one.name, URL: one.url})
		}
	}
	return out
}
