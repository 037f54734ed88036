package contract

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"go.uber.org/fx"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract/body"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/secret"
)

// Dispatcher routes calls between cells of one process. It is filled after everything is built: a client that read the routes group
// itself would close a cycle through the slices' private services, on which dig overflows the stack.
type Dispatcher struct{ routes map[string]Route }

// NewDispatcher returns an empty dispatcher.
func NewDispatcher() *Dispatcher { return &Dispatcher{routes: map[string]Route{}} }

// IDs returns the contracts that can be called in this process, sorted.
func (d *Dispatcher) IDs() []string { return slices.Sorted(maps.Keys(d.routes)) }

// Errors of a call that no caller's input causes.
var (
	// ErrInTransaction is returned by a call inside a transaction, in every mode: a transaction never crosses cells, over HTTP it could not.
	ErrInTransaction = errors.New("contract: a transaction in the context: call outside db.Transactor.InTx")
	// ErrNoRoute is returned by a call to a contract that no cell of the assembly serves.
	ErrNoRoute = errors.New("contract: no cell of this assembly serves it: list the cell that does")
)

// Client calls one contract. It is safe for concurrent use.
type Client[Req, Res any] struct {
	call func(context.Context, Req) (Res, error)
}

// Call serves the request in process, by the same pipeline as a request over the network from the policy on: the errors are the same
// *problem.Error. The caller is the principal of ctx; without one it is the calling cell itself.
func (c Client[Req, Res]) Call(ctx context.Context, req Req) (Res, error) { return c.call(ctx, req) }

// NewTestClient returns a client that is answered by fn, for tests of a service without a container.
func NewTestClient[Req, Res any](fn func(ctx context.Context, req Req) (Res, error)) Client[Req, Res] {
	return Client[Req, Res]{fn}
}

// Call makes Client[Req, Res] injectable in this slice only.
func Call[Req, Res any](h HTTP[Req, Res]) part.Part {
	newClient := func(d *Dispatcher, s part.Scope) (Client[Req, Res], error) {
		c, err := newCodec(h)
		in := inProcess[Req, Res]{codec: c, dispatcher: d, self: auth.Principal{Kind: auth.Service, ID: "cells/" + s.Cell}}
		return Client[Req, Res]{in.call}, err
	}
	facts := part.Facts{Usages: []part.Usage{{Role: part.Call, Contract: h.ID, Owner: h.Owner}}, Err: h.check()}
	facts.Need(level.L1, "it calls "+h.ID)
	return part.New(fx.Provide(newClient, fx.Private), facts)
}

type inProcess[Req, Res any] struct {
	codec      codec
	dispatcher *Dispatcher
	self       auth.Principal
}

func (c inProcess[Req, Res]) call(ctx context.Context, req Req) (res Res, err error) {
	if db.InTx(ctx) {
		return res, fmt.Errorf("contract %s: %w", c.codec.id, ErrInTransaction)
	}
	route, ok := c.dispatcher.routes[c.codec.id]
	if !ok {
		return res, fmt.Errorf("contract %s: %w", c.codec.id, ErrNoRoute)
	}
	if _, known := auth.PrincipalOf(ctx); !known {
		ctx = auth.WithPrincipal(ctx, c.self)
	}
	sent, err := c.codec.encodeRequest(reflect.ValueOf(&req).Elem())
	if err != nil {
		return res, err
	}
	answer, err := route.Serve(ctx, sent)
	if err != nil {
		return res, err
	}
	err = c.codec.decodeResponse(answer, reflect.ValueOf(&res).Elem())
	return res, err
}

// reveal lets secrets of a request travel to the contract that asks for them.
var reveal = json.WithMarshalers(json.MarshalFunc(func(t secret.Text) ([]byte, error) { return json.Marshal(t.Reveal()) }))

// encodeRequest is the opposite of decodeRequest.
func (c codec) encodeRequest(v reflect.Value) (Request, error) {
	r := Request{Values: Values{}}
	if err := c.request.write(v, r.Values); err != nil {
		return r, fmt.Errorf("contract %s: request: %w", c.id, err)
	}
	if c.requestBody == nil {
		return r, nil
	}
	encoded, err := json.Marshal(c.request.bodyOf(v).Interface(), json.Deterministic(true), reveal)
	if err != nil {
		return r, fmt.Errorf("contract %s: encode request: %w", c.id, err)
	}
	r.Body = encoded
	return r, nil
}

// decodeResponse is the opposite of encodeResponse.
func (c codec) decodeResponse(res Response, v reflect.Value) error {
	faults := c.response.read(v, Values{"header": res.Header})
	if len(faults) == 0 && res.Body != nil {
		faults = body.Decode(res.Body, c.response.bodyOf(v).Addr().Interface())
	}
	if len(faults) > 0 {
		return fmt.Errorf("contract %s: %w", c.id, &MisfitError{What: "response", Faults: faults})
	}
	return nil
}

// FillIn is what Fill takes.
type FillIn struct {
	fx.In

	Dispatcher *Dispatcher
	Routes     []Route `group:"fxcell.routes"`
}

// Fill gives the dispatcher its routes; two routes for one contract are refused. An assembly invokes it last.
func Fill(in FillIn) error {
	slices.SortFunc(in.Routes, func(a, b Route) int { return strings.Compare(a.Contract+" "+a.Slice, b.Contract+" "+b.Slice) })
	var errs []error
	for _, r := range in.Routes {
		if other, ok := in.Dispatcher.routes[r.Contract]; ok {
			errs = append(errs, fmt.Errorf("contract %s is served twice: by %s and by %s", r.Contract, other.Slice, r.Slice))
		}
		in.Dispatcher.routes[r.Contract] = r
	}
	return errors.Join(errs...)
}
