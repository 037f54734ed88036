package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/log"
	"fxcell.dev/fxcell/problem"
)

// Route is one served contract, from its policy on: an http.Handler that finds path parameters by Request.PathValue, the caller by
// auth.PrincipalOf and the request's ids by log.IDsOf. Its group is fxcell.routes.
type Route struct {
	Contract, Owner string
	Slice           string // the slice's module, e.g. cells/config/configwrite
	Method, Path    string
	Policy          auth.Policy
	Deadline        time.Duration

	bodyLimit int64
	log       *zap.Logger
	refused   *telling
	known     map[string]struct{} // names of query parameters
	serve     func(ctx context.Context, r Request) (Response, error)
}

// Request is a request behind its policy: parameters and body as they were sent.
type Request struct {
	Values Values
	Body   []byte
}

// Response is an answer, valid unless its Validator lets misfits pass: header fields and body, without the envelope.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // nil for an answer without content
	Bare   bool   // the body needs no envelope
}

type routeOut struct {
	fx.Out

	Route Route `group:"fxcell.routes"`
}

// Serve feeds one route: decoding, validation, policy, limits, problem mapping and encoding come from the contract.
func Serve[S, Req, Res any](h HTTP[Req, Res], method func(S, context.Context, Req) (Res, error)) part.Part {
	newRoute := func(s S, scope part.Scope, logger *zap.Logger, v *Validator) (routeOut, error) {
		r, err := route(h, func(ctx context.Context, req Req) (Res, error) { return method(s, ctx, req) }, scope, logger, v)
		return routeOut{Route: r}, err
	}
	facts := part.Facts{Usages: []part.Usage{{Role: part.Serve, Contract: h.ID, Owner: h.Owner}}, Err: h.check()}
	facts.Need(h.Level, "it serves "+h.ID)
	return part.New(fx.Provide(newRoute), facts)
}

func route[Req, Res any](
	h HTTP[Req, Res], method func(context.Context, Req) (Res, error), scope part.Scope, logger *zap.Logger, v *Validator,
) (Route, error) {
	policy, err := auth.ParsePolicy(h.Policy)
	if err != nil {
		return Route{}, fmt.Errorf("contract %s: %w", h.ID, err)
	}
	c, err := newCodec(h)
	if err != nil {
		return Route{}, err
	}
	if p := policy.Param(); p != "" && !c.request.has("path", p) {
		return Route{}, fmt.Errorf("contract %s: policy %s names no path parameter of %s", h.ID, policy, h.Path)
	}
	if v.off() {
		c.responseOne, c.responsePage = nil, nil
	}
	e := endpoint[Req, Res]{codec: c, method: method, validator: v, log: logger}
	return Route{
		Contract: h.ID, Owner: h.Owner, Slice: scope.Name(), Method: h.Method, Path: h.Path, Policy: policy,
		Deadline: cmp.Or(h.Deadline, DefaultDeadline), bodyLimit: cmp.Or(h.BodyLimit, DefaultBodyLimit),
		log: logger.With(zap.String("contract", h.ID)), refused: &telling{}, known: c.queryNames(), serve: e.serve,
	}, nil
}

// Serve runs a request that came from this process: policy, validation, handler, validation. Its errors are *problem.Error.
func (r Route) Serve(ctx context.Context, req Request) (Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.Deadline, errDeadline)
	defer cancel()
	if err := r.decide(ctx, func(name string) string { return first(req.Values["path"][name]) }); err != nil {
		return Response{}, err
	}
	return r.run(ctx, req)
}

// errDeadline tells the deadline of a contract from that of the caller.
var errDeadline = errors.New("contract: the deadline has passed")

// decide applies the policy. A denial says nothing about whether the thing exists.
func (r Route) decide(ctx context.Context, param func(string) string) error {
	caller, known := auth.PrincipalOf(ctx)
	switch err := r.Policy.Decide(caller, known, param); {
	case errors.Is(err, auth.ErrUnauthenticated):
		return problem.New(problem.Unauthenticated, "Send a valid access token, as Authorization: Bearer …; a login gives one.").Wrap(err)
	case err != nil:
		return problem.New(problem.Forbidden, "The caller may not do this.").Wrap(err)
	default:
		return nil
	}
}

// run serves and turns whatever comes out into an answer or a problem; what is our own fault is logged here, once.
func (r Route) run(ctx context.Context, req Request) (Response, error) {
	res, err := r.serve(ctx, req)
	if err == nil && errors.Is(context.Cause(ctx), errDeadline) {
		err = late()
	}
	if err == nil {
		return res, nil
	}
	p := problem.From(err)
	if p.Code == problem.Internal && isEnd(ctx, err) {
		p = problem.New(problem.Unavailable, "The request took too long.").After(time.Second).Wrap(err)
	}
	switch {
	case p.Code.Status == http.StatusServiceUnavailable: // expected under load, when every request may be one: the access log has them all
		if n := r.refused.tell(time.Second); n > 0 {
			log.For(ctx, r.log).Warn("request refused", zap.String("code", p.Code.Name), zap.Int64("requests", n), zap.Error(err))
		}
	case p.Code.Status >= http.StatusInternalServerError:
		log.For(ctx, r.log).Error("request failed", zap.String("code", p.Code.Name), zap.Error(err))
	}
	return Response{}, p
}

// late is the answer to a request whose handler did not heed the end of its context and succeeded behind the deadline. The deadline is what the contract
// promises to its callers, who may have acted on it by now, so they are not told of a success; nor is it undone, for what the handler has
// committed stays. That is why the answer does not ask to try again, as others of this status do: only the caller knows whether a repetition does harm.
// A handler that does not return at all holds its request: it runs in the goroutine of the request, so that none is left behind.
func late() error {
	return problem.New(problem.Unavailable, "The request took too long. It may have been carried out all the same.").Wrap(errLate)
}

var errLate = errors.New("contract: the handler succeeded after its deadline: it must heed the end of its context")

func isEnd(ctx context.Context, err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errDeadline) || (ctx.Err() != nil && errors.Is(err, context.Canceled))
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
