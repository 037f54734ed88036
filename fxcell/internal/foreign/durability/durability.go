// Package durability stands for somebody else's package of that name, in tests: its Wrap judges nothing.
package durability

import "go.uber.org/fx"

// Wrap decorates T with f.
func Wrap[T any](f func(T) T) fx.Option { return fx.Decorate(f) }
