package durability

import (
	"reflect"
	"strings"

	"go.uber.org/fx"
)

// Port describes a port whose loss matters: each package of such a port makes one, and an assembly guards them all.
type Port struct {
	Name    string // as messages show it, e.g. outbox.Writer
	Instead string // the modules that provide it durably
	guard   fx.Option
}

// NewPort describes port T and names the modules that provide it durably, for messages.
func NewPort[T Stated](durably ...string) Port {
	return Port{Name: reflect.TypeFor[T]().String(), Instead: strings.Join(durably, " or "), guard: guard[T]()}
}

// Guard returns the decorator that judges the port in the scope where it stands. A decorator inside a module of its own guards nothing.
func (p Port) Guard() fx.Option { return p.guard }

func guard[T Stated]() fx.Option {
	port := reflect.TypeFor[T]().String()
	return fx.Decorate(func(v T, j *Judge) (T, error) { return v, j.Judge(port, "the assembly", v) })
}
