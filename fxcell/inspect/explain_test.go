package inspect_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"fxcell.dev/fxcell/inspect"
)

type (
	orders  struct{}
	base    struct{}
	setting struct{}
	item    struct{}
)

type itemsIn struct {
	fx.In

	Items []item `group:"items"`
}

type itemOut struct {
	fx.Out

	Item item `group:"items"`
}

var (
	errPlain = errors.New("no more room")
	errNamed = errors.New("inspect_test: the setting is wrong")
)

func newOrders(*base) *orders            { return &orders{} }
func newBase(setting) *base              { return &base{} }
func newSetting(*orders) setting         { return setting{} }
func newItem(*base) itemOut              { return itemOut{} }
func otherOrders() *orders               { return &orders{} }
func failPlainly() (setting, error)      { return setting{}, errPlain }
func failByName() (setting, error)       { return setting{}, errNamed }
func panics() setting                    { panic("out of hand") } //nolint:forbidigo // what is tested
func decorate(o *orders) *orders         { return o }
func decorateAgain(o *orders) *orders    { return o }
func refuse(o *orders) (*orders, error)  { return o, errNamed }
func register(*orders)                   {}
func readItems(itemsIn)                  {}
func registerAll(*orders, itemsIn, *int) {}

var places = regexp.MustCompile(`(?:[^ (]*/)?(\w+\.go):\d+`)

func TestErrorsOfFxAreExplained(t *testing.T) {
	t.Parallel()
	hints := inspect.Hints{Types: map[string]string{"inspect_test.setting": "modules/setting.Module"}}
	const own = "fxcell.dev/fxcell/inspect_test."
	for _, tt := range []struct {
		name string
		opts []fx.Option
		want []string
	}{
		{"what is missing far away", []fx.Option{fx.Provide(newOrders, newBase), fx.Invoke(register)}, []string{
			own + "register", "  at explain_test.go:N", "  needs *inspect_test.orders",
			"  " + own + "newOrders", "    at explain_test.go:N", "    needs *inspect_test.base",
			"    " + own + "newBase", "      at explain_test.go:N", "      nothing provides inspect_test.setting", "      list modules/setting.Module",
		}},
		{"what a member of a group lacks", []fx.Option{fx.Provide(newItem), fx.Invoke(readItems)}, []string{
			own + "readItems", "  at explain_test.go:N", "  reads the group items of inspect_test.item",
			"  " + own + "newItem", "    at explain_test.go:N", "    nothing provides *inspect_test.base",
		}},
		{"several types, one that is alike", []fx.Option{fx.Provide(func() orders { return orders{} }), fx.Invoke(registerAll)}, []string{
			own + "registerAll", "  at explain_test.go:N", "  nothing provides *inspect_test.orders", "  nothing provides *int",
		}},
		{"a public cycle", []fx.Option{fx.Module("m", fx.Provide(newOrders, newBase, newSetting)), fx.Invoke(register)}, []string{
			"inspect: dependency cycle: " + own + "newOrders → " + own + "newBase → " + own + "newSetting → " + own + "newOrders",
		}},
		{"two providers of one type", []fx.Option{fx.Provide(otherOrders), fx.Provide(newOrders)}, []string{
			"inspect: *inspect_test.orders is provided by " + own + "otherOrders (explain_test.go:N) and by " + own + "newOrders (explain_test.go:N): list one of their modules",
		}},
		{"a module listed twice", []fx.Option{fx.Module("m", fx.Provide(otherOrders)), fx.Module("m", fx.Provide(otherOrders))}, []string{
			"inspect: *inspect_test.orders is provided twice by " + own + "otherOrders (explain_test.go:N): list its module once",
		}},
		{"two decorators of one type", []fx.Option{fx.Provide(otherOrders), fx.Decorate(decorate), fx.Decorate(decorateAgain)}, []string{
			"inspect: *inspect_test.orders is decorated or replaced twice in one module at explain_test.go:N: put one of both into a module of its own, or drop it",
		}},
		{"no constructor", []fx.Option{fx.Provide(7)}, []string{"inspect: must provide constructor function, got 7 (type int) at explain_test.go:N"}},
		{"an error without a name", []fx.Option{fx.Provide(newOrders, newBase, failPlainly), fx.Invoke(register)}, []string{"no more room (from " + own + "failPlainly)"}},
		{"an error that names itself", []fx.Option{fx.Provide(newOrders, newBase, failByName), fx.Invoke(register)}, []string{"inspect_test: the setting is wrong"}},
		{"a decorator's error", []fx.Option{fx.Provide(otherOrders), fx.Decorate(refuse), fx.Invoke(register)}, []string{"inspect_test: the setting is wrong"}},
		{"an Invoke's errors", []fx.Option{fx.Invoke(func() error { return errors.Join(errNamed, errPlain) })}, []string{"inspect_test: the setting is wrong", "no more room"}},
		{"a panic", []fx.Option{fx.Provide(newOrders, newBase, panics), fx.Invoke(register)}, []string{`panic: "out of hand" in func: "fxcell.dev/fxcell/inspect_test".panics (explain_test.go:N)`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := fx.New(append(tt.opts, fx.Logger(silence{}), fx.RecoverFromPanics())...).Err() //nolint:forbidigo // the test is quiet
			got := inspect.Explain(err, hints)
			for i := range got {
				got[i] = places.ReplaceAllString(got[i], "$1:N")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\nof %v", diff, err)
			}
		})
	}
	if got := inspect.Explain(nil, hints); got != nil {
		t.Errorf("nothing is explained by %q", strings.Join(got, "\n"))
	}
}

type silence struct{}

func (silence) Printf(string, ...any) {}
