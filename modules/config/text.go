package config

import "strings"

const (
	prefix       = "FXCELL_"
	fileVariable = prefix + "CONFIG"
	nest         = "__"
	badText      = "a value is UTF-8 without NUL"
)

// readEnvironment reads the FXCELL_ variables.
func readEnvironment(environ []string) ([]setting, []error) {
	var settings []setting
	var faults []error
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, prefix) || name == fileVariable {
			continue
		}
		if !isText(value) {
			faults = append(faults, fault("%s: %s", show(name), badText))
			continue
		}
		settings = append(settings, setting{path: pathOf(name), from: name, env: true, text: true, value: new(any(value))})
	}
	return settings, faults
}

// pathOf returns the path that a variable's name stands for, or nil.
func pathOf(name string) []string {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok || rest != strings.ToUpper(rest) {
		return nil
	}
	return split(strings.ToLower(rest), nest)
}

// variableOf returns the name of the variable that sets a key.
func variableOf(key string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(key, delimiter, nest))
}

// readFlags reads the values of --set.
func readFlags(flags []string) ([]setting, []error) {
	var settings []setting
	var faults []error
	for i, flag := range flags {
		path, value, ok := cutFlag(flag)
		switch {
		case !ok: // nothing of it is shown: what has no key may be all secret
			faults = append(faults, fault("--set number %d: want section.key=value, keys in snake_case", i+1))
		case !isText(value):
			faults = append(faults, fault("%s from --set: %s", strings.Join(path, delimiter), badText))
		default:
			settings = append(settings, setting{path: path, from: "--set", text: true, value: new(any(value))})
		}
	}
	return settings, faults
}

// cutFlag reads section.key=value.
func cutFlag(flag string) (path []string, value string, ok bool) {
	key, value, ok := strings.Cut(flag, "=")
	path = split(key, delimiter)
	return path, value, ok && len(path) > 1
}

// split returns the keys of a path, or nil when one is no key.
func split(path, separator string) []string {
	keys := strings.Split(path, separator)
	for _, k := range keys {
		if !isKey(k) {
			return nil
		}
	}
	return keys
}

// variable returns the value of a variable; one that is set twice counts as the first, as for os.Getenv.
func variable(environ []string, name string) string {
	for _, line := range environ {
		if n, value, _ := strings.Cut(line, "="); n == name {
			return value
		}
	}
	return ""
}
