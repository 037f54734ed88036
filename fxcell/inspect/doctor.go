package inspect

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
)

// Doctor lists everything that looks wrong with a wiring, a line each, sorted: what would fail the start, and what would go unnoticed. The wiring of a
// healthy assembly has none.
func (w *Wiring) Doctor() []string {
	var out []string
	for _, err := range []error{w.Cycle(), w.Missing()} {
		if err != nil {
			out = append(out, strings.Split(err.Error(), "\n")...)
		}
	}
	out = append(out, w.deadGroups()...)
	out = append(out, w.unfedOptions()...)
	out = append(out, w.strangers()...)
	slices.Sort(out)
	return slices.Compact(out)
}

// deadGroups finds groups that are fed and not read, and read and not fed. A name or type with a slip makes one of each. The assembly itself reads some
// that need not be fed.
func (w *Wiring) deadGroups() []string {
	hints := w.app.Hints
	readers, feeders := map[key][]*function{}, map[key][]*function{}
	for _, f := range w.functions() {
		for _, n := range f.takes {
			if n.group != "" {
				readers[n.key] = append(readers[n.key], f)
			}
		}
	}
	for _, c := range w.constructors {
		for _, k := range c.gives {
			if k.group != "" {
				feeders[k] = append(feeders[k], c)
			}
		}
	}
	others := func(fs []*function) []*function { return slices.DeleteFunc(slices.Clone(fs), w.own) }
	var out []string
	for k, by := range feeders {
		read := func(r key, fs []*function) bool {
			return r.is(k) && slices.ContainsFunc(fs, func(f *function) bool { return !w.own(f) || !hints.needsReader(k.group) })
		}
		if by = others(by); len(by) > 0 && !contains(readers, read) {
			out = append(out, fmt.Sprintf("inspect: the group %s of %s is fed by %s, and nobody reads it%s", k.group, k.typ, several(by), cure(hints.Readers[k.group])))
		}
	}
	for k, by := range readers {
		if hints.mayBeEmpty(k.group) {
			continue
		}
		if by = others(by); len(by) > 0 && !contains(feeders, func(fed key, _ []*function) bool { return fed.is(k) }) {
			out = append(out, fmt.Sprintf("inspect: the group %s of %s is read by %s, and nothing feeds it%s", k.group, k.typ, several(by), cure(hints.Feeders[k.group])))
		}
	}
	return out
}

// needsReader reports whether a module must read the group: that the assembly looks into it is not enough.
func (h Hints) needsReader(group string) bool { return h.Readers[group] != "" }

// mayBeEmpty reports whether a runtime module has its group to itself: an app may list it before there is anything to run.
func (h Hints) mayBeEmpty(group string) bool { return h.Readers[group] != "" && h.Feeders[group] == "" }

func contains(m map[key][]*function, ok func(key, []*function) bool) bool {
	for k, fs := range m {
		if ok(k, fs) {
			return true
		}
	}
	return false
}

// several names functions by their modules.
func several(fs []*function) string {
	var names []string
	for _, f := range fs {
		if f.module != "" {
			names = append(names, f.module)
		} else {
			names = append(names, f.label())
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 1 {
		return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
	}
	return names[0]
}

func cure(module string) string {
	if module == "" {
		return ""
	}
	return ": list " + module
}

// unfedOptions finds values that are taken if they are there, and are not. What the core takes so is meant so.
func (w *Wiring) unfedOptions() []string {
	var out []string
	for _, f := range w.functions() {
		for _, n := range f.takes {
			if n.optional && !mayBeAbsent(n.typ) && !strings.HasPrefix(f.name, "fxcell.dev/fxcell.") && !strings.HasPrefix(f.name, "fxcell.dev/fxcell/") && len(w.visible(n, f)) == 0 {
				out = append(out, fmt.Sprintf("inspect: %s takes %v if it is there, and nothing provides it", f.label(), n.key))
			}
		}
	}
	return out
}

// mayBeAbsent reports whether an app does without the type as a rule: one that is built without a file of settings, or not started by fxcell.Main.
func mayBeAbsent(typ string) bool { return typ == "config.File" || typ == "config.Args" }

// strangers finds types of other people's packages that a module shows to everybody: whoever provides the like collides with it, and what a driver can
// do, everybody can. The logger is the one that all share.
func (w *Wiring) strangers() []string {
	modules := modulesOf(debug.ReadBuildInfo)
	var out []string
	for _, c := range w.constructors {
		if c.private || !c.known || isFx(c) || isStorage(c) {
			continue
		}
		owner := moduleOf(packageOf(c.name), modules)
		for _, k := range c.gives {
			pkg := packageOf(k.identity)
			if k.group != "" || k.typ == "*zap.Logger" || !strings.Contains(strings.Split(pkg, "/")[0], ".") {
				continue
			}
			if m := moduleOf(pkg, modules); m != "fxcell.dev" && m != owner {
				out = append(out, fmt.Sprintf("inspect: %s shows %v of %s to every module: provide a port of your own, or make it private", c.label(), k, pkg))
			}
		}
	}
	return out
}

// isStorage reports whether c is the constructor of an fxcell.Storage: a store that is public so that the slices of its cell take it.
func isStorage(c *function) bool { return strings.HasPrefix(c.name, "fxcell.dev/fxcell.Storage[") }

// packageOf is the import path of a type's package, "" for a type of no package.
func packageOf(identity string) string {
	identity = strings.TrimLeft(identity, "*[]")
	generic, _, _ := strings.Cut(identity, "[")
	dir, name := "", generic
	if i := strings.LastIndex(generic, "/"); i >= 0 {
		dir, name = generic[:i+1], generic[i+1:]
	}
	pkg, _, ok := strings.Cut(name, ".")
	if !ok {
		return ""
	}
	return dir + pkg
}

// modulesOf lists the modules that this program is made of.
func modulesOf(read func() (*debug.BuildInfo, bool)) []string {
	info, ok := read()
	if !ok {
		return nil
	}
	out := []string{info.Main.Path}
	for _, d := range info.Deps {
		out = append(out, d.Path)
	}
	return out
}

// moduleOf is the module that a package belongs to; where that is not known, its host, owner and name.
func moduleOf(pkg string, modules []string) string {
	best := ""
	for i, m := range modules {
		if pkg == "main" && i == 0 {
			return m
		}
		if (pkg == m || strings.HasPrefix(pkg, m+"/")) && len(m) > len(best) {
			best = m
		}
	}
	if best == "" {
		parts := strings.Split(pkg, "/")
		best = strings.Join(parts[:min(3, len(parts))], "/")
	}
	return best
}
