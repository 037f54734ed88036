package config_test

import (
	"path/filepath"
	"testing"

	"go.uber.org/dig"
	"go.uber.org/fx"

	port "fxcell.dev/fxcell/config"
	"fxcell.dev/modules/config"
)

type shop struct {
	Name  string
	Limit int
}

type bank struct{ Name string }

// need stands for a module whose Invoke wants its section.
func need(shop) {}

func app(options ...fx.Option) *fx.App {
	return fx.New(fx.NopLogger, config.Module, port.Section[shop]("shop"), fx.Options(options...))
}

func file(yaml string) fx.Option {
	return fx.Provide(func() port.File { return port.File{Name: "configs/shop.yaml", YAML: []byte(yaml)} })
}

func args(a port.Args) fx.Option { return fx.Provide(func() port.Args { return a }) }

func TestAnAppNeedsNeitherAFileNorArguments(t *testing.T) {
	t.Parallel()
	got := shop{Name: "set"}
	if err := app(fx.Populate(&got)).Err(); err != nil {
		t.Fatal(err)
	}
	if got != (shop{}) {
		t.Errorf("got %+v, want the zero section", got)
	}
}

func TestASectionIsReadFromFileAndArguments(t *testing.T) {
	t.Parallel()
	var got shop
	err := app(file("shop: {name: file, limit: 1}"), args(port.Args{Set: []string{"shop.limit=2"}}), fx.Populate(&got)).Err()
	if want := (shop{"file", 2}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestARootDecoratorKeepsWhatTheFileSays(t *testing.T) {
	t.Parallel()
	var got shop
	err := app(file("shop: {name: file, limit: 1}"), fx.Populate(&got), fx.Decorate(func(s shop) shop {
		s.Limit++
		return s
	})).Err()
	if want := (shop{"file", 2}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestAnAppThatIsConfiguredWronglyDoesNotStart(t *testing.T) {
	t.Parallel()
	absent := filepath.Join(t.TempDir(), "absent.yaml")
	for name, c := range map[string]struct {
		options fx.Option
		want    string
	}{
		"every unknown key of listed sections, needed or not": {
			fx.Options(port.Section[bank]("bank"), file("shop: {neme: x}\nbank: {nane: x}\n"), args(port.Args{Set: []string{"stock.x=1"}})),
			"modules/config: bank.nane is unknown (configs/shop.yaml:2): did you mean bank.name?\n" +
				"modules/config: shop.neme is unknown (configs/shop.yaml:1): did you mean shop.name?\n" +
				"modules/config: stock is unknown (--set): there are the sections bank, shop",
		},
		"a value that does not fit": {
			file("shop: {limit: many}"),
			"modules/config: shop.limit from configs/shop.yaml:1: want a whole number from -9223372036854775808 to 9223372036854775807",
		},
		"a file that does not exist": {
			args(port.Args{File: absent}),
			"modules/config: --config " + absent + ": there is no such file: name one that exists, or leave --config out",
		},
		"two sections of one name": {
			port.Section[bank]("shop"),
			"modules/config: two sections are named shop, of fxcell.dev/modules/config_test.bank and fxcell.dev/modules/config_test.shop: rename one",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := dig.RootCause(app(c.options, fx.Invoke(need)).Err()); err == nil || err.Error() != c.want {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

// A section may be needed before the Invoke of the module runs: it says the same.
func TestASectionThatIsNeededEarlySaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	err := dig.RootCause(fx.New(fx.NopLogger, fx.Invoke(need), config.Module, port.Section[shop]("shop"), file("shop: {neme: x}")).Err())
	if want := "modules/config: shop.neme is unknown (configs/shop.yaml:1): did you mean shop.name?"; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestTheEnvironmentIsRead(t *testing.T) {
	t.Setenv("FXCELL_SHOP__NAME", "env")
	var got shop
	if err := app(file("shop: {name: file, limit: 1}"), fx.Populate(&got)).Err(); err != nil || got != (shop{"env", 1}) {
		t.Errorf("got %+v, %v", got, err)
	}
	t.Setenv("FXCELL_CONFIG", "absent.yaml")
	want := "modules/config: FXCELL_CONFIG absent.yaml: there is no such file: name one that exists, or leave FXCELL_CONFIG out"
	if err := dig.RootCause(app().Err()); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
