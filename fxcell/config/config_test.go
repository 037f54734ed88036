package config_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
)

type shop struct{ Name string }

// source answers each section with its name.
type source struct{ err error }

func (s source) Decode(section string, into any) error {
	c, ok := into.(*shop)
	if !ok {
		return fmt.Errorf("got %T to decode into", into)
	}
	c.Name = section
	return s.err
}

func sourceOf(err error) fx.Option {
	return fx.Provide(func() config.Source { return source{err} })
}

type members struct {
	fx.In

	Sections []config.Registered `group:"fxcell.config"`
}

func TestASectionIsProvidedAndRegistered(t *testing.T) {
	t.Parallel()
	var got shop
	var registered []config.Registered
	app := fx.New(fx.NopLogger, sourceOf(nil), config.Section[shop]("shop_2"), fx.Populate(&got), fx.Invoke(func(m members) { registered = m.Sections }))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	if got.Name != "shop_2" {
		t.Errorf("got %+v", got)
	}
	if want := []config.Registered{{Name: "shop_2", Type: reflect.TypeFor[shop]()}}; !slices.Equal(registered, want) {
		t.Errorf("got %+v, want %+v", registered, want)
	}
}

func TestASectionIsRegisteredWithoutBeingRead(t *testing.T) {
	t.Parallel()
	var registered []config.Registered
	app := fx.New(fx.NopLogger, config.Section[shop]("shop"), fx.Invoke(func(m members) { registered = m.Sections }))
	if err := app.Err(); err != nil || len(registered) != 1 {
		t.Errorf("got %+v, %v; want the section, though nothing provides a source", registered, err)
	}
}

func TestTheFaultOfASourceReachesWhoeverStartsTheApp(t *testing.T) {
	t.Parallel()
	fault := errors.New("shop.name from --set: want a string")
	app := fx.New(fx.NopLogger, sourceOf(fault), config.Section[shop]("shop"), fx.Invoke(func(shop) {}))
	if err := app.Err(); !errors.Is(err, fault) {
		t.Errorf("got %v, want %v", err, fault)
	}
}

func TestASectionHasANameThatEverySourceCanSpellAndAStruct(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		section part.Part
		faulty  bool
	}{
		"a word":              {config.Section[shop]("shop"), false},
		"words":               {config.Section[shop]("shop_at_2"), false},
		"nothing":             {config.Section[shop](""), true},
		"upper case":          {config.Section[shop]("Shop"), true},
		"a hyphen":            {config.Section[shop]("my-shop"), true},
		"a path":              {config.Section[shop]("my.shop"), true},
		"two underscores":     {config.Section[shop]("my__shop"), true},
		"an outer underscore": {config.Section[shop]("_shop"), true},
		"a line break":        {config.Section[shop]("shop\n"), true},
		"a string":            {config.Section[string]("shop"), true},
		"a pointer":           {config.Section[*shop]("shop"), true},
		"a map":               {config.Section[map[string]string]("shop"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := part.FactsOf(c.section, "test")
			if errors.Is(facts.Err, config.ErrSection) != c.faulty || facts.Needs != level.L0 {
				t.Errorf("got %+v", facts)
			}
			if err := fx.New(fx.NopLogger, c.section).Err(); errors.Is(err, config.ErrSection) != c.faulty {
				t.Errorf("got %v", err)
			}
		})
	}
}
