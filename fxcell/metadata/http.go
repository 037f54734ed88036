package metadata

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/metadata/internal/strict"
)

// What holds for a route that names nothing else.
const (
	DefaultDeadline  = 10 * time.Second
	DefaultBodyLimit = int64(1 << 20)
)

// HTTP is the route of an http contract.
type HTTP struct {
	Method          string
	Path            string
	SuccessStatus   int
	NoContent       bool // no body: exactly with status 204
	List            bool // a page of items, with the parameters cursor and limit
	Raw             bool // the body without an envelope
	Policy          auth.Policy
	Deadline        time.Duration // DefaultDeadline where the file names none
	BodyLimit       int64         // bytes, DefaultBodyLimit where the file names none
	Parameters      []Parameter   // in the order of the file
	ResponseHeaders []string
	Responses       []Response // errors beyond those that every contract has, by status; a status may have several codes
}

// Response is an error that a contract may answer with.
type Response struct {
	Status      int
	Code        string // empty where the file names none
	Description string
	SchemaRef   string // relative to the contract's folder
}

var (
	codePattern   = regexp.MustCompile(`^ERR_[A-Z0-9]+(_[A-Z0-9]+)*$`)
	headerPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)
)

const wantHeader = "the name of a header, as in ETag"

func readHTTP(c *Contract, o *strict.Object) {
	v := o.Field("http")
	if c.Kind == KindHTTP {
		v = o.Need("http", "the route: method, path, successStatus and policy")
	} else if v.Given() && c.Kind != "" {
		v.Failf("belongs to http contracts, this one is %s", c.Kind)
	}
	r := v.Object()
	if !r.Given() {
		return
	}
	h := &HTTP{
		Method: strict.Enum(r.Need("method", "one of GET, POST, PUT, PATCH, DELETE"),
			"GET", "POST", "PUT", "PATCH", "DELETE"),
		Deadline:  r.Field("deadline").Duration(DefaultDeadline),
		BodyLimit: r.Field("bodyLimit").Size(DefaultBodyLimit),
		List:      r.Field("list").Bool(),
		Raw:       r.Field("raw").Bool(),
	}
	readPath(h, r)
	readSuccess(h, r)
	h.ResponseHeaders = strict.Distinct(r.Field("responseHeaders"), readHeader, strings.ToLower)
	h.Responses = readResponses(r.Field("responses"))
	r.Done()
	c.HTTP = h
}

func readHeader(v strict.Value) string { return v.Like(headerPattern.MatchString, wantHeader) }

func readSuccess(h *HTTP, r *strict.Object) {
	status, noContent := r.Need("successStatus", "a status from 200 to 299"), r.Field("noContent")
	h.SuccessStatus, h.NoContent = status.Int(200, 299), noContent.Bool()
	switch {
	case h.SuccessStatus == 204 && !h.NoContent:
		status.Failf("204 has no body: say noContent: true")
	case h.SuccessStatus != 204 && h.SuccessStatus != 0 && h.NoContent:
		noContent.Failf("is for status 204, this one is %d", h.SuccessStatus)
	}
	if list := r.Field("list"); h.List && (h.Raw || h.NoContent) {
		list.Failf("is a page of items: it goes with neither raw nor noContent")
	}
	if raw := r.Field("raw"); h.Raw && h.NoContent {
		raw.Failf("is about a body, and noContent has none")
	}
}

func readResponses(v strict.Value) []Response {
	var out []Response
	for _, m := range v.Object().Members() {
		status, err := strconv.Atoi(m.Name)
		if err != nil || strconv.Itoa(status) != m.Name || status < 400 || status > 599 {
			m.Key.Failf("is no status of an error: one from 400 to 599")
			status = 0
		}
		for _, item := range m.Value.OneOrMore() {
			o := item.Object()
			r := Response{
				Status:      status,
				Code:        o.Field("code").Like(codePattern.MatchString, "a code, as in ERR_CONFIG_STALE"),
				Description: o.Field("description").Text(),
				SchemaRef:   o.Field("schemaRef").Like(isRelative, "a relative path to a schema file"),
			}
			o.Done()
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Response) int { return cmp.Compare(a.Status, b.Status) })
	return out
}
