package durability

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.uber.org/fx"
)

// Claim is one adapter's statement, put into the claims group beside the value itself, so that every listed adapter is judged,
// consumed or not, also for types that the framework has never heard of.
type Claim struct {
	Port    string // e.g. "outbox.Log"
	Module  string // the fx.Module that provides it
	Subject Stated // the live value: asked, not trusted
	Instead string // what to list instead, where the port does not know
}

// Wrap decorates port T with f and judges what f returns: the only way for a module to decorate a guarded port in a Durable assembly.
func Wrap[T Stated](f func(T) T) fx.Option {
	port := reflect.TypeFor[T]().String()
	return fx.Decorate(func(v T, j *Judge) (T, error) {
		w := f(v)
		return w, j.Judge(port, "a wrapper", w)
	})
}

// JudgeClaims judges every claim, adds what was noted before, and returns the modules that made a claim. All shortfalls come in one error.
func JudgeClaims(j *Judge, claims []Claim) (claimed map[string]bool, err error) {
	if j == nil || j.self != j {
		return nil, ErrNoAssembly
	}
	claimed = map[string]bool{}
	slices.SortFunc(claims, func(a, b Claim) int { return strings.Compare(a.Module+" "+a.Port, b.Module+" "+b.Port) }) // groups are shuffled
	var errs []error
	named := map[string]bool{} // port and provider of a shortfall whose module is known
	for _, c := range claims {
		claimed[c.Module] = true
		if c.Port == "" || c.Subject == nil {
			errs = append(errs, fmt.Errorf("durability: module %q makes an empty claim", c.Module))
			continue
		}
		if short := j.shortfall(c.Port, fmt.Sprintf("module %q", c.Module), c.Instead, c.Subject); short != nil {
			errs = append(errs, short)
			named[short.Port+" "+short.Provider] = true
		}
	}
	for _, short := range j.notes.rule() {
		if !named[short.Port+" "+short.Provider] {
			errs = append(errs, short)
		}
	}
	return claimed, errors.Join(errs...)
}

// rule returns what was noted so far; from here on a shortfall is an error where it is found.
func (n *notes) rule() []*ShortfallError {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ruled = true
	slices.SortFunc(n.before, func(a, b *ShortfallError) int { return strings.Compare(a.Error(), b.Error()) })
	return n.before
}
