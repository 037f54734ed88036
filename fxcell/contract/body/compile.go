package body

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Schema is a compiled JSON Schema. It is safe for concurrent use.
type Schema struct {
	root  *jsonschema.Schema
	guard *guard // nil unless the schema is recursive
}

// Compile compiles the schema in a file of fsys: draft 2020-12, formats asserted, regular expressions RE2. References reach files of fsys
// only, relative to the file they stand in; a remote one, one that leaves fsys or a missing file is an error that names the file.
func Compile(fsys fs.FS, file string) (*Schema, error) {
	doc, err := readFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("body: compile: %w", err)
	}
	return compile(fsys, file, doc)
}

// CompileText compiles a schema that stands inside the file base of fsys, as those of parameters do. Its references are relative to base,
// which need not exist.
func CompileText(fsys fs.FS, base, schema string) (*Schema, error) {
	if !fs.ValidPath(base) {
		return nil, fmt.Errorf("body: compile: %q is no path of a file", base)
	}
	doc, err := parse(base, []byte(schema))
	if err != nil {
		return nil, fmt.Errorf("body: compile: %w", err)
	}
	return compile(fsys, base, doc)
}

func compile(fsys fs.FS, file string, doc any) (*Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.UseLoader(loader{fsys})
	if err := compiler.AddResource(location(file), doc); err != nil {
		return nil, compileError(file, err)
	}
	root, err := compiler.Compile(location(file))
	if err != nil {
		return nil, compileError(file, err)
	}
	guard, err := harden(root)
	if err != nil {
		return nil, compileError(file, err)
	}
	return &Schema{root: root, guard: guard}, nil
}

// compileError keeps the loader's own errors, which name a file, and shows files as such in the library's texts.
func compileError(file string, err error) error {
	if load, ok := errors.AsType[*jsonschema.LoadURLError](err); ok {
		return fmt.Errorf("body: compile %s: %w", file, load.Err)
	}
	return fmt.Errorf("body: compile %s: %s", file, strings.ReplaceAll(err.Error(), scheme+"://"+inside, ""))
}

// Files are known to the library under a scheme of ours that nothing else loads. They stand in a folder there, so that a reference that
// climbs out of fsys does not land in it: resolving drops what leads above the root.
const (
	scheme = "schema"
	inside = "/-/"
)

func location(file string) string {
	u := url.URL{Scheme: scheme, Path: inside + file}
	return scheme + "://" + u.EscapedPath()
}

// loader reads the files that references name.
type loader struct {
	fsys fs.FS
}

var _ jsonschema.URLLoader = loader{}

// Load implements jsonschema.URLLoader.
func (l loader) Load(ref string) (any, error) {
	u, err := url.Parse(ref)
	if err != nil {
		return nil, fmt.Errorf("the reference %q is no URL", ref)
	}
	if u.Scheme != scheme || u.Host != "" {
		return nil, fmt.Errorf("%s is remote: a reference may only name a file, relative to its own", ref)
	}
	file, ok := strings.CutPrefix(u.Path, inside)
	if !ok || !fs.ValidPath(file) {
		return nil, fmt.Errorf("%s leads out of the folder of the schemas", strings.TrimPrefix(u.Path, "/"))
	}
	return readFile(l.fsys, file)
}

func readFile(fsys fs.FS, file string) (any, error) {
	if fsys == nil {
		return nil, fmt.Errorf("%s: %w: this schema has no files beside it", file, fs.ErrNotExist)
	}
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		reason := err
		if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
			reason = pathErr.Err
		}
		return nil, fmt.Errorf("%s: %w", file, reason)
	}
	return parse(file, text)
}

// parse holds a schema to the rules of a body: a keyword that stands twice is a mistake, and its numbers meet the same arithmetic.
func parse(file string, text []byte) (any, error) {
	if fault := scan(text); fault != nil {
		return nil, fmt.Errorf("%s: %s", strings.TrimSpace(file+" "+fault.Pointer), fault.Message)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return doc, nil
}
