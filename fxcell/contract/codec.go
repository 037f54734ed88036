package contract

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"fxcell.dev/fxcell/contract/body"
	"fxcell.dev/fxcell/problem"
)

// codec is what a contract's files and Go types say about requests and responses. Routes and clients of a contract each have one.
type codec struct {
	id                       string
	status                   int
	noContent, bare          bool
	codes                    []problem.Code
	parameters               []Parameter
	request, response        binding
	requestBody, responseOne *body.Schema // nil: no body
	responsePage             *body.Schema
}

func newCodec[Req, Res any](h HTTP[Req, Res]) (codec, error) {
	c := codec{
		id: h.ID, noContent: h.NoContent, bare: h.Raw || h.List, status: cmp.Or(h.Status, http.StatusOK),
		codes: append(problem.Common(), h.Errors...), parameters: canonical(h.Parameters),
	}
	if h.NoContent {
		c.status = cmp.Or(h.Status, http.StatusNoContent)
	}
	if h.List {
		c.parameters = append(listParameters(), c.parameters...)
	}
	file := Folder(h.ID) + "/contract.yaml" // where these schemas stand: references are relative to it
	compileParameter := func(p Parameter) (*body.Schema, error) {
		if p.Schema == "" {
			return nil, nil
		}
		return body.CompileText(h.Files, file, p.Schema)
	}
	var err error
	if c.request, err = bind(reflect.TypeFor[Req](), c.parameters, compileParameter); err != nil {
		return c, fmt.Errorf("contract %s: request: %w", h.ID, err)
	}
	headers := make([]Parameter, 0, len(h.ResponseHeaders))
	for _, name := range h.ResponseHeaders {
		headers = append(headers, Parameter{Name: name, In: "header"})
	}
	if c.response, err = bind(reflect.TypeFor[Res](), canonical(headers), compileParameter); err != nil {
		return c, fmt.Errorf("contract %s: response: %w", h.ID, err)
	}
	if c.requestBody, err = compile(h.Files, h.ID, h.Request); err != nil {
		return c, err
	}
	if h.List {
		c.responsePage, err = body.CompileText(h.Files, file, pageSchema(h.Response))
	} else {
		c.responseOne, err = compile(h.Files, h.ID, h.Response)
	}
	if err != nil {
		return c, fmt.Errorf("contract %s: %w", h.ID, err)
	}
	return c, nil
}

func pageSchema(item string) string {
	return fmt.Sprintf(`{"type": "object", "additionalProperties": false, "required": ["data", "hasMore"], "properties": {
		"data": {"type": "array", "items": {"$ref": %q}}, "nextCursor": {"type": "string"}, "hasMore": {"type": "boolean"}}}`, item)
}

// canonical writes names of header fields as net/http does.
func canonical(parameters []Parameter) []Parameter {
	out := slices.Clone(parameters)
	for i := range out {
		if out[i].In == "header" {
			out[i].Name = http.CanonicalHeaderKey(out[i].Name)
		}
	}
	return out
}

func (c codec) queryNames() map[string]struct{} {
	known := map[string]struct{}{}
	for _, p := range c.parameters {
		if p.In == "query" {
			known[p.Name] = struct{}{}
		}
	}
	return known
}

func (b binding) has(in, name string) bool {
	return slices.ContainsFunc(b.fields, func(f boundField) bool { return f.In == in && f.Name == name })
}

// decodeRequest scans, validates and decodes a request into the struct v: every fault of parameters and body at once.
func (c codec) decodeRequest(r Request, v reflect.Value) error {
	faults := c.request.read(v, r.Values)
	if c.requestBody == nil {
		if len(r.Body) > 0 && !bytes.Equal(bytes.TrimSpace(r.Body), []byte("{}")) {
			faults = append(faults, problem.Fault{Rule: "empty", Message: "must be absent or an empty object"})
		}
	} else {
		if refused := body.Scan(r.Body); refused != nil {
			return refused.With(faults...)
		}
		bodyFaults := c.requestBody.Validate(r.Body)
		if len(bodyFaults) == 0 {
			bodyFaults = body.Decode(r.Body, c.request.bodyOf(v).Addr().Interface())
		}
		faults = append(faults, bodyFaults...)
	}
	if len(faults) > 0 {
		return problem.BadInput(faults...)
	}
	return nil
}

// encodeResponse turns the struct v into a Response and holds it against the schema. With a *MisfitError the Response is whole.
func (c codec) encodeResponse(v reflect.Value) (Response, error) {
	res := Response{Status: c.status, Header: http.Header{}, Bare: c.bare}
	headers := Values{}
	if err := c.response.write(v, headers); err != nil {
		return res, fmt.Errorf("contract %s: response: %w", c.id, err)
	}
	maps.Copy(res.Header, headers["header"])
	if c.noContent {
		return res, nil
	}
	encoded, err := body.Encode(c.response.bodyOf(v).Interface())
	if err != nil {
		return res, fmt.Errorf("contract %s: encode response: %w", c.id, err)
	}
	schema := c.responseOne
	if c.responsePage != nil {
		schema = c.responsePage
	}
	res.Body = encoded
	if schema != nil {
		if faults := schema.Validate(encoded); len(faults) > 0 {
			return res, fmt.Errorf("contract %s: %w", c.id, &MisfitError{What: "response", Faults: faults})
		}
	}
	return res, nil
}
