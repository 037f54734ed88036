package inspect

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
)

// Listener is an address where the app answers. Runtime modules feed it into the group fxcell.listeners.
type Listener struct {
	Name string        // public, ops, …
	URL  func() string // known once the app has started
}

// Notice is what a person should read once the app has started. Its group is fxcell.notices.
type Notice struct {
	Order int // lower ones come first
	Name  string
	Lines func(publicURL string) []string
}

type noticeOut struct {
	fx.Out

	Notice Notice `group:"fxcell.notices"`
}

// Announce lets a slice or cell say something to the person who started the app in mode demo, e.g. the next command to try. lines is called after
// the start with the URL of the public listener.
func Announce[S any](order int, lines func(service S, publicURL string) []string) part.Part {
	newNotice := func(s S, scope part.Scope) noticeOut {
		return noticeOut{Notice: Notice{Order: order, Name: scope.Name(), Lines: func(url string) []string { return lines(s, url) }}}
	}
	return part.New(fx.Provide(newNotice), part.Facts{Needs: level.L0})
}

// Cell is one cell of an app. Each feeds itself into the group fxcell.cells, wherever it is listed.
type Cell struct {
	ID     string
	Type   string // core, edge or support
	Level  level.Level
	Slices []string
	Uses   []Use
}

// Use is one contract in the role in which a slice lists it: serve, call, publish or subscribe.
type Use struct {
	Slice, Role, Contract string
	Owner                 string // the cell that owns the contract
	Batch                 bool   // a subscription that is given many events at once
}

// Setting is one setting as an app has it.
type Setting struct {
	Key   string // httpserver.public.addr
	Value string // as a person reads it; a secret is not shown
	From  string // the file with its line, the variable, --set, or default
}

// Volatile is a value that ends with the process.
type Volatile struct{ Port, Module string }

// String names the port and the module that provides it.
func (v Volatile) String() string { return v.Port + " (" + v.Module + ")" }

// Report is what an assembly knows of itself once it is built.
type Report struct {
	App       string
	Mode      string
	Cells     []Cell
	Volatile  []Volatile // what ends with the process
	Listeners []Listener
	Notices   []Notice
	Recorder  *Recorder // what was built so far, and how long it took
}

// Sort brings what came out of groups, which are shuffled, into a stable order. It refuses two cells of one id, two listeners of one name and two
// notices of one place: nobody could tell them apart.
func (r *Report) Sort() error {
	slices.SortFunc(r.Volatile, func(a, b Volatile) int { return strings.Compare(a.Module+" "+a.Port, b.Module+" "+b.Port) })
	slices.SortFunc(r.Cells, func(a, b Cell) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.Listeners, func(a, b Listener) int { return strings.Compare(order(a.Name), order(b.Name)) })
	slices.SortFunc(r.Notices, func(a, b Notice) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), strings.Compare(a.Name, b.Name))
	})
	var errs []error
	for i, c := range tail(r.Cells) {
		if r.Cells[i].ID == c.ID {
			errs = append(errs, fmt.Errorf("cell %s is listed twice: each cell has an id of its own", c.ID))
		}
	}
	for i, l := range tail(r.Listeners) {
		if r.Listeners[i].Name == l.Name {
			errs = append(errs, fmt.Errorf("two listeners are named %s", l.Name))
		}
	}
	for i, n := range tail(r.Notices) {
		if r.Notices[i].Order == n.Order && r.Notices[i].Name == n.Name {
			errs = append(errs, fmt.Errorf("%s announces twice at %d: give one of them another order", n.Name, n.Order))
		}
	}
	return errors.Join(errs...)
}

// tail is all but the first.
func tail[T any](all []T) []T { return all[min(1, len(all)):] }

// order puts the public listener first.
func order(name string) string {
	if name == "public" {
		return ""
	}
	return name
}

// Lines is the report for a person: the summary, then the notices.
func (r *Report) Lines() []string {
	cells := make([]string, 0, len(r.Cells))
	for _, c := range r.Cells {
		cells = append(cells, c.ID)
	}
	out := []string{fmt.Sprintf("%s is running in mode %s with the cells %s", r.App, r.Mode, strings.Join(cells, ", "))}
	if len(r.Volatile) > 0 {
		modules := make([]string, 0, len(r.Volatile))
		for _, v := range r.Volatile { // sorted by module
			modules = append(modules, v.Module)
		}
		out = append(out, "ends with this process: what is kept by "+strings.Join(slices.Compact(modules), ", "))
	}
	public := ""
	for _, l := range r.Listeners {
		url := l.URL()
		out = append(out, fmt.Sprintf("%-8s %s", l.Name, url))
		if l.Name == "public" {
			public = url
		}
	}
	for _, n := range r.Notices {
		if lines := n.Lines(public); len(lines) > 0 {
			out = append(out, "")
			out = append(out, lines...)
		}
	}
	return out
}
