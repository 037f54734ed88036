package httpserver

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/problem"
)

// table finds the route of a request. gorilla/mux matches paths; what it answers by itself (redirects, bare 404 and 405) is never sent.
type table struct {
	router *mux.Router
	routes map[*mux.Route]contract.Route
	paths  []path // one for each template, for what a 405 allows
}

type path struct {
	route   *mux.Route
	methods []string
}

// newTable makes a table of the routes that the public listener serves; those for services only are none. Two routes that one request could mean are
// refused, as is a contract whose answer would be cut off by the server's writeTimeout.
func newTable(routes []contract.Route, writeTimeout time.Duration) (*table, error) {
	routes = slices.Clone(routes)
	slices.SortFunc(routes, compareRoutes)
	if err := routeFaults(routes, writeTimeout); err != nil {
		return nil, err
	}
	routes = slices.DeleteFunc(routes, func(r contract.Route) bool { return r.Policy.Internal() })
	t := &table{router: mux.NewRouter(), routes: map[*mux.Route]contract.Route{}}
	methods := map[string][]string{} // template → methods
	for _, r := range routes {
		served := []string{r.Method}
		if r.Method == http.MethodGet {
			served = append(served, http.MethodHead)
		}
		route := t.router.NewRoute().Path(trimSlash(r.Path)).Methods(served...)
		if err := route.GetError(); err != nil {
			return nil, fmt.Errorf("modules/httpserver: contract %s: path %s: %w", r.Contract, r.Path, err)
		}
		t.routes[route] = r
		methods[trimSlash(r.Path)] = append(methods[trimSlash(r.Path)], served...)
	}
	matcher := mux.NewRouter()
	for template, served := range methods {
		t.paths = append(t.paths, path{matcher.NewRoute().Path(template), served})
	}
	return t, nil
}

// trimSlash makes the template with a slash at its end and the one without the same.
func trimSlash(template string) string { return cmp.Or(strings.TrimSuffix(template, "/"), "/") }

// shape is a template without the names of its parameters: two templates of one shape match the same paths. Parameters sort behind literals, so
// that /users/me is found before /users/{id}.
func shape(template string) string {
	segments := strings.Split(trimSlash(template), "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}

func compareRoutes(a, b contract.Route) int {
	return cmp.Or(
		slices.Compare(strings.Split(shape(a.Path), "/"), strings.Split(shape(b.Path), "/")),
		cmp.Compare(a.Method, b.Method), cmp.Compare(a.Contract, b.Contract),
	)
}

// routeFaults reports what is wrong with sorted routes.
func routeFaults(routes []contract.Route, writeTimeout time.Duration) error {
	var errs []error
	var longest contract.Route
	for i, r := range routes {
		if i > 0 && routes[i-1].Method == r.Method && shape(routes[i-1].Path) == shape(r.Path) {
			errs = append(errs, fmt.Errorf("modules/httpserver: %s %s is served by contract %s (%s) and by contract %s (%s): one of them needs another path",
				r.Method, r.Path, routes[i-1].Contract, routes[i-1].Slice, r.Contract, r.Slice))
		}
		if r.Deadline > longest.Deadline {
			longest = r
		}
	}
	if longest.Deadline >= writeTimeout {
		errs = append(errs, fmt.Errorf("modules/httpserver: httpserver.write_timeout %s would cut off contract %s, whose deadline is %s: set it higher",
			writeTimeout, longest.Contract, longest.Deadline))
	}
	return errors.Join(errs...)
}

// found is what a table knows of a request.
type found struct {
	contract.Route // the zero Route when refused or allow is set

	values  map[string]string // path parameters, decoded
	allow   string            // the methods of the path, when the request's is not among them
	refused *problem.Error
}

func (t *table) find(r *http.Request) found {
	clean, refused := cleanPath(r.URL)
	if refused != nil {
		return found{refused: refused}
	}
	cleaned := &http.Request{Method: r.Method, URL: &url.URL{Path: clean}}
	var match mux.RouteMatch
	if t.router.Match(cleaned, &match) {
		f := found{Route: t.routes[match.Route], values: match.Vars}
		for name, value := range f.values {
			f.values[name], _ = url.PathUnescape(value) // cleanPath has encoded it
		}
		return f
	}
	if !errors.Is(match.MatchErr, mux.ErrMethodMismatch) {
		return found{refused: problem.New(problem.NotFound, "No contract is served at this path.")}
	}
	return found{allow: t.allow(cleaned), refused: problem.New(problem.MethodNotAllowed, "The header Allow lists the methods of this path.")}
}

// allow returns the methods that any route of the request's path has.
func (t *table) allow(r *http.Request) string {
	methods := []string{http.MethodOptions}
	for _, p := range t.paths {
		if p.route.Match(r, &mux.RouteMatch{}) {
			methods = append(methods, p.methods...)
		}
	}
	slices.Sort(methods)
	return strings.Join(slices.Compact(methods), ", ")
}
