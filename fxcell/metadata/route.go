package metadata

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/metadata/internal/strict"
)

// In is where a request carries a parameter.
type In string

// Where parameters are.
const (
	InPath   In = "path"
	InQuery  In = "query"
	InHeader In = "header"
)

// Parameter is one value of a request beside its body. A path parameter is always required.
type Parameter struct {
	Name     string
	In       In
	Required bool
	Schema   json.RawMessage // JSON Schema, members in the order of the file
}

var (
	segmentPattern   = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
	pathParamPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	queryPattern     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)
)

// readPath reads the path with all that speaks of its parameters: the list and the policy.
func readPath(h *HTTP, r *strict.Object) {
	path := r.Need("path", "the route's path, as in /api/v1/config/{key}")
	h.Path = path.Text()
	names, problem := pathParameters(h.Path)
	if h.Path != "" && problem != "" {
		path.Failf("%s", problem)
	}
	listed := readParameters(r.Field("parameters"))
	for _, l := range listed {
		h.Parameters = append(h.Parameters, l.Parameter)
	}
	policy := r.Need("policy", auth.PolicyForms)
	h.Policy = readPolicy(policy)
	if h.Path == "" || problem != "" {
		return
	}
	complete := !slices.ContainsFunc(listed, func(l listedParameter) bool { return l.Name == "" || l.In == "" })
	for _, name := range names {
		if complete && !slices.ContainsFunc(h.Parameters, func(p Parameter) bool { return p.In == InPath && p.Name == name }) {
			path.Failf("{%s} is not among the parameters: list it with in: path and a schema", name)
		}
	}
	for _, l := range listed {
		if l.In == InPath && l.Name != "" && !slices.Contains(names, l.Name) {
			l.name.Failf("is in the path, which has no {%s}", l.Name)
		}
	}
	if p := h.Policy.Param(); p != "" && !slices.Contains(names, p) {
		policy.Failf("{%s} is no parameter of the path", p)
	}
}

// pathParameters returns the names in braces, or what is wrong with the path.
func pathParameters(path string) (names []string, problem string) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil, "must start with /"
	}
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		name, braced := strings.CutPrefix(segment, "{")
		name, closed := strings.CutSuffix(name, "}")
		switch {
		case segment == "" && i == len(segments)-1:
		case segment == "":
			return nil, "has an empty segment (//)"
		case braced && closed && pathParamPattern.MatchString(name):
			if slices.Contains(names, name) {
				return nil, fmt.Sprintf("has {%s} twice", name)
			}
			names = append(names, name)
		case segment == "." || segment == ".." || !segmentPattern.MatchString(segment):
			return nil, fmt.Sprintf("has the segment %q: letters, digits and . _ ~ -, or {name} alone", segment)
		}
	}
	return names, ""
}

// listedParameter is a parameter with the place of its name.
type listedParameter struct {
	Parameter

	name strict.Value
}

func readParameters(v strict.Value) []listedParameter {
	seen := map[string]int{}
	var out []listedParameter
	for i, item := range v.List() {
		l := readParameter(item)
		out = append(out, l)
		if l.Name == "" || l.In == "" {
			continue
		}
		key := string(l.In) + " " + l.Name
		if l.In == InHeader {
			key = strings.ToLower(key)
		}
		if first, ok := seen[key]; ok {
			l.name.Failf("%s parameter %q stands at [%d] already", l.In, l.Name, first)
			continue
		}
		seen[key] = i
	}
	return out
}

func readParameter(v strict.Value) listedParameter {
	o := v.Object()
	l := listedParameter{name: o.Need("name", "the parameter's name in the request")}
	required := o.Field("required")
	l.In = strict.Enum(o.Need("in", "one of path, query, header"), InPath, InQuery, InHeader)
	l.Name = readParameterName(l.name, l.In)
	l.Required = required.Bool()
	l.Schema = o.Need("schema", "a JSON Schema, or {$ref: key.schema.json}").JSON()
	o.Done()
	if l.In == InPath {
		if required.Is("false") {
			required.Failf("is false: a parameter of the path is always there")
		}
		l.Required = true
	}
	return l
}

func readParameterName(v strict.Value, in In) string {
	switch in {
	case InPath:
		return v.Like(pathParamPattern.MatchString, "a name for the path: letters, digits and _, a letter first")
	case InHeader:
		return v.Like(headerPattern.MatchString, wantHeader)
	case InQuery:
		return v.Like(queryPattern.MatchString, "a name for the query: letters, digits and _ . -, a letter first")
	}
	return v.Text()
}
