package metadata

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// place says where files of a name lie, from the root of the tree.
type place struct {
	name, want string
	pattern    *regexp.Regexp
}

var places = []place{
	{"cell.yaml", "cells/<cell>/cell.yaml", regexp.MustCompile(`^cells/[^/]+/cell\.yaml$`)},
	{
		"slice.yaml", "cells/<cell>/slices/<slice>/slice.yaml",
		regexp.MustCompile(`^cells/[^/]+/slices/[^/]+/slice\.yaml$`),
	},
	{
		"contract.yaml", "cells/<cell>/<cell>api/<kind>/<words>/<version>/contract.yaml",
		regexp.MustCompile(`^cells/[^/]+/[^/]*api/(http|event|command|projection)/(.+/)?contract\.yaml$`),
	},
	{
		"assembly.yaml", "apps/<id>/assembly/assembly.yaml",
		regexp.MustCompile(`^apps/[^/]+/assembly/assembly\.yaml$`),
	},
	{"actors.yaml", "cells/actors.yaml", regexp.MustCompile(`^cells/actors\.yaml$`)},
}

// Load reads every metadata file under root, "." for the whole of fsys. It looks into the folders cells and apps, except
// for testdata and what starts with a dot or an underscore; a file of a metadata name that lies in the wrong place is a
// fault, so that none is left out in silence.
//
// The error joins all faults of all files in the order of files and lines: see Faults. The project then has what could
// be decoded. Names of files in errors and sources are paths in fsys.
func Load(fsys fs.FS, root string) (Project, error) {
	root = path.Clean(root)
	l := loader{fsys: fsys, root: root}
	if _, err := fs.Stat(fsys, path.Join(root, "cells")); err != nil {
		return Project{}, fmt.Errorf("metadata: %s has no folder cells: %w", root, err)
	}
	for _, top := range []string{"apps", "cells"} {
		l.walk(top)
	}
	l.checkIDs()
	return l.project, errors.Join(append([]error{join(l.faults)}, l.failures...)...)
}

type loader struct {
	fsys     fs.FS
	root     string
	project  Project
	faults   []*Error
	failures []error
}

func (l *loader) walk(top string) {
	start := path.Join(l.root, top)
	if _, err := fs.Stat(l.fsys, start); errors.Is(err, fs.ErrNotExist) {
		return
	}
	err := fs.WalkDir(l.fsys, start, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			l.failures = append(l.failures, fmt.Errorf("metadata: look into %s: %w", file, err))
			return nil
		case entry.IsDir() && file != start && skipped(entry.Name()):
			return fs.SkipDir
		case !entry.IsDir():
			l.visit(file, path.Join(top, strings.TrimPrefix(file, start)))
		}
		return nil
	})
	if err != nil {
		l.failures = append(l.failures, fmt.Errorf("metadata: look into %s: %w", start, err))
	}
}

func skipped(folder string) bool {
	return folder == "testdata" || strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_")
}

// visit reads a file if its name is one of metadata; local is its path from the root.
func (l *loader) visit(file, local string) {
	name := path.Base(file)
	for _, p := range places {
		switch {
		case name == strings.TrimSuffix(p.name, "yaml")+"yml":
			l.misplaced(file, "must be named "+p.name)
		case name != p.name:
		case !p.pattern.MatchString(local):
			l.misplaced(file, "is read only at "+p.want)
		default:
			l.load(file, name)
		}
	}
}

func (l *loader) misplaced(file, message string) {
	l.faults = append(l.faults, &Error{File: file, Line: 1, Col: 1, Message: message})
}

func (l *loader) load(file, name string) {
	data, err := l.read(file)
	if err != nil {
		l.failures = append(l.failures, fmt.Errorf("metadata: read %s: %w", file, err))
		return
	}
	p := &l.project
	switch name {
	case "cell.yaml":
		p.Cells, err = add(p.Cells, file, data, DecodeCell)
	case "slice.yaml":
		p.Slices, err = add(p.Slices, file, data, DecodeSlice)
	case "contract.yaml":
		p.Contracts, err = add(p.Contracts, file, data, DecodeContract)
	case "assembly.yaml":
		p.Assemblies, err = add(p.Assemblies, file, data, DecodeAssembly)
	case "actors.yaml":
		p.Actors, err = DecodeActors(file, data)
	}
	l.faults = append(l.faults, Faults(err)...)
}

func add[T any](all []T, file string, data []byte, decode func(string, []byte) (T, error)) ([]T, error) {
	one, err := decode(file, data)
	if err != nil {
		return all, err
	}
	return append(all, one), nil
}

// read reads one byte more than a file may have, which is enough to refuse it.
func (l *loader) read(file string) ([]byte, error) {
	f, err := l.fsys.Open(file)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	return data, errors.Join(err, f.Close())
}

// checkIDs faults contracts of one id: the other ids are names of folders, which cannot be twice.
func (l *loader) checkIDs() {
	seen := map[string]Position{}
	for _, c := range l.project.Contracts {
		at := c.At("id")
		if other, ok := seen[c.ID]; ok {
			l.faults = append(l.faults, &Error{
				File: at.File, Line: at.Line, Col: at.Col, Field: "id",
				Message: fmt.Sprintf("%s is the id of the contract in %s too", c.ID, other.File),
			})
			continue
		}
		seen[c.ID] = at
	}
}
