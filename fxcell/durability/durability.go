// Package durability lets an assembly state what may be lost when its process dies, and refuses providers that fall short.
package durability

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"sync"

	"fxcell.dev/fxcell/internal/seal"
)

// Grade ranks what a provider keeps across a crash. The zero value is the worst: who says nothing is not trusted.
type Grade int

// The grades, worst first.
const (
	Unstated   Grade = iota // did not say
	Discards                // accepts work and drops it
	Volatile                // keeps work in this process only
	Persistent              // keeps work outside this process
)

func (g Grade) String() string {
	return [...]string{"unstated", "discards", "volatile", "persistent"}[min(max(g, Unstated), Persistent)]
}

// Stated is part of every port whose loss matters. A wrapper that embeds the port forwards the method and so keeps the grade.
type Stated interface{ Durability() Grade }

// Mode is an assembly's promise. It is a constant captured by the assembly, never a value in the container, so nothing that is
// provided, replaced or decorated can change it. The zero mode is refused.
type Mode int

// The modes of an assembly.
const (
	_       Mode = iota
	Demo         // nothing has to survive the process; no-ops are refused all the same
	Durable      // everything that was acknowledged survives
)

func (m Mode) String() string {
	return [...]string{"unset", "demo", "durable"}[min(max(m, 0), Durable)]
}

func (m Mode) floor() Grade {
	switch m {
	case Demo:
		return Volatile
	case Durable:
		return Persistent
	default:
		return Persistent + 1 // nothing reaches the floor of an unset mode
	}
}

// ShortfallError says that one provider is below the assembly's floor.
type ShortfallError struct {
	Mode     Mode
	Port     string
	Provider string // Go type of the value
	Where    string // module that provides or takes it
	Grade    Grade
	Instead  string // what to list instead, when the port knows
}

func (e *ShortfallError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "durability: mode %v needs a %v %s, got %s (%v) in %s", e.Mode, e.Mode.floor(), e.Port, e.Provider, e.Grade, e.Where)
	if e.Instead != "" {
		fmt.Fprintf(&b, "; list %s instead", e.Instead)
	}
	return b.String()
}

// ErrNoAssembly is returned by a judge that no assembly made.
var ErrNoAssembly = errors.New("durability: no assembly: list this module in an fxcell.Assembly or beside one")

// Judge applies an assembly's mode. Only an assembly makes one: the zero value and a copy refuse everything. It is safe for concurrent use.
type Judge struct {
	self    *Judge // itself, which a copy's is not: nobody can write one judge over another
	mode    Mode
	relaxed bool
	instead map[string]string
	notes   *notes
}

// notes are the shortfalls that were found before the assembly has judged its claims.
type notes struct {
	mu     sync.Mutex
	ruled  bool // JudgeClaims has passed: from here on a shortfall is an error where it is found
	before []*ShortfallError
}

// NewJudge is for fxcell.Assembly, which alone has a seal. instead maps a port's name to the modules that provide it durably.
func NewJudge(s seal.Seal, m Mode, relaxed bool, instead map[string]string) *Judge {
	if !s.Valid() {
		return &Judge{}
	}
	j := &Judge{mode: m, relaxed: relaxed, instead: instead, notes: &notes{}}
	j.self = j
	return j
}

// Mode is the mode that the judge applies.
func (j *Judge) Mode() Mode { return j.mode }

// Judge returns a *ShortfallError when subject is below the floor. Before the assembly has judged its claims a shortfall is only noted, so that the
// assembly, which then fails, names all of them at once and not the first that something took.
func (j *Judge) Judge(port, where string, subject any) error {
	if j == nil || j.self != j {
		return ErrNoAssembly
	}
	short := j.shortfall(port, where, "", subject)
	if short == nil {
		return nil
	}
	j.notes.mu.Lock()
	defer j.notes.mu.Unlock()
	if j.notes.ruled {
		return short
	}
	j.notes.before = append(j.notes.before, short)
	return nil
}

// shortfall returns how subject falls short, nil when it does not.
func (j *Judge) shortfall(port, where, instead string, subject any) *ShortfallError {
	g := Unstated
	if s, ok := subject.(Stated); ok && s != nil {
		g = s.Durability()
	}
	if g >= j.mode.floor() || j.relaxed && g > Unstated {
		return nil
	}
	return &ShortfallError{
		Mode: j.mode, Port: port, Provider: fmt.Sprintf("%T", subject), Where: where, Grade: g, Instead: cmp.Or(instead, j.instead[port]),
	}
}
