package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds a configuration file, in bytes: a larger one is another file by mistake.
const maxFile = 1 << 20

// readFile reads the file that --config names, else the one that FXCELL_CONFIG names.
func readFile(flag string, environ []string) ([]setting, []error) {
	name, by := flag, "--config"
	if name == "" {
		name, by = variable(environ, fileVariable), fileVariable
	}
	if name == "" {
		return nil, nil
	}
	text, err := readBounded(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, []error{fault("%s %s: there is no such file: name one that exists, or leave %s out", by, show(name), by)}
	case errors.Is(err, fs.ErrPermission):
		return nil, []error{fault("%s %s: the file may not be read: give the process the right to", by, show(name))}
	case err != nil:
		return nil, []error{fault("%s %s: want a readable YAML file of at most %d bytes", by, show(name), maxFile)}
	}
	return readYAML(name, text)
}

var errTooLarge = errors.New("modules/config: file too large")

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errTooLarge
	}
	return text, err
}

// readYAML reads a file's settings with the lines that they stand on.
func readYAML(name string, text []byte) ([]setting, []error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, []error{syntax(name, err)}
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, []error{fault("%s: a second document begins: want one", position(name, second.Line))}
	case !errors.Is(err, io.EOF):
		return nil, []error{syntax(name, err)}
	}
	r := reader{file: name}
	root := document.Content[0]
	switch {
	case root.Kind == yaml.MappingNode:
		r.mapping(root, nil, nil)
	case root.ShortTag() != nullTag: // a file of comments is fine
		r.fault(root, "want sections, e.g. logging:")
	}
	return r.settings, r.faults
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )(.*)$`)

// syntax tells where YAML is broken. What the parser says without a line may quote the text, as for an unknown alias.
func syntax(name string, err error) error {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			return fault("%s: not valid YAML: %s", position(name, line), m[2])
		}
	}
	return fault("%s: not valid YAML: check colons, indentation, quotes and aliases", show(name))
}
