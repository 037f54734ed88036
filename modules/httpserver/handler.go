package httpserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/log"
	"fxcell.dev/fxcell/problem"
)

// Handler answers the requests of the public listener. It is safe for concurrent use.
//
// A request passes, in this order: its ids and its trace; the access log; recovery; the route, from which on all is known that the log may hold; the
// caller's address; authentication, unless the contract is public; then the contract, which begins with its policy.
type Handler struct {
	table  *table
	auth   auth.Authenticator
	log    *zap.Logger
	tracer trace.Tracer

	readTimeout time.Duration // of the server
}

// NewHandler returns a handler of the routes. Two routes that one request could mean are refused.
func NewHandler(c Config, routes []contract.Route, a auth.Authenticator, logger *zap.Logger, tracer trace.Tracer) (*Handler, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t, err := newTable(routes, c.WriteTimeout)
	if err != nil {
		return nil, err
	}
	return &Handler{t, a, logger, tracer, c.ReadTimeout}, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{method: methodOf(r), began: time.Now(), found: h.table.find(r)}
	ids := idsOf(r.Header)
	e.answer = newAnswer(w, r, ids)
	ctx, span := startSpan(log.WithIDs(r.Context(), ids), h.tracer, r.Header, e)
	logger := log.For(ctx, h.log)
	defer func() {
		e.answer.finish()
		endSpan(span, e.answer.status)
		logger.Info("request", e.fields()...)
	}()
	defer rescue(e.answer, logger, ids.Request)
	h.serve(ctx, e, r)
}

// exchange is a request with its answer.
type exchange struct {
	found

	answer   *answer
	method   string
	began    time.Time
	rejected error // why credentials were refused
}

// fields are what the access log holds of a request: nothing that the caller made up, but for the ids that idsOf let through.
func (e *exchange) fields() []zap.Field {
	route := e.Path
	if route == "" {
		route = "unmatched"
	}
	fields := []zap.Field{
		zap.String("method", e.method), zap.String("route", route), zap.String("contract", e.Contract), zap.Int("status", e.answer.status),
		zap.Int64("bytes", e.answer.bytes), zap.Duration("duration", time.Since(e.began)),
	}
	if e.rejected != nil {
		fields = append(fields, zap.String("rejected", e.rejected.Error()))
	}
	return fields
}

// rescue turns a panic into a 500, or breaks the connection when a part of another answer is sent already. It must be deferred.
func rescue(a *answer, logger *zap.Logger, requestID string) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler) //nolint:forbidigo // net/http's own way to break a connection
	}
	text := fmt.Sprintf("%T", v) // its value may hold what was sent
	if fault, ok := v.(runtime.Error); ok {
		text = fault.Error()
	}
	logger.Error("request panicked", zap.String("panic", text), zap.String("stack", string(debug.Stack())))
	if a.sent() {
		panic(http.ErrAbortHandler) //nolint:forbidigo // net/http's own way to break a connection
	}
	a.restart()
	problem.Write(a, problem.New(problem.Internal, ""), requestID)
}

func (h *Handler) serve(ctx context.Context, e *exchange, r *http.Request) {
	switch {
	case e.allow != "":
		e.answer.Header().Set("Allow", e.allow)
		if r.Method == http.MethodOptions {
			e.answer.WriteHeader(http.StatusNoContent)
			return
		}
		fallthrough
	case e.refused != nil:
		problem.Write(e.answer, e.refused, log.IDsOf(ctx).Request)
		return
	}
	ctx = auth.WithAddress(ctx, addressOf(r))
	if !e.Policy.Public() {
		e.answer.challenge = true
		caller, ok := h.authenticate(ctx, e, r)
		if !ok {
			return
		}
		ctx = caller
	}
	r = r.WithContext(ctx)
	if e.Deadline < h.readTimeout && r.Body != nil && r.Body != http.NoBody {
		// The body takes no longer than all of the request may. net/http lifts the bound when the body is read; writers of tests may know none.
		_ = http.NewResponseController(e.answer).SetReadDeadline(e.began.Add(e.Deadline))
	}
	for name, value := range e.values {
		r.SetPathValue(name, value)
	}
	e.ServeHTTP(e.answer, r)
}

// authenticate returns a context with the caller, if there is one, or answers the request and returns false.
func (h *Handler) authenticate(ctx context.Context, e *exchange, r *http.Request) (context.Context, bool) {
	caller, err := h.auth.Authenticate(r.WithContext(ctx))
	var p *problem.Error
	switch {
	case err == nil:
		return auth.WithPrincipal(ctx, caller), true
	case errors.Is(err, auth.ErrNoCredentials):
		return ctx, true // the policy answers
	case errors.Is(err, auth.ErrRejected):
		e.rejected = err
		e.answer.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		p = problem.New(problem.Unauthenticated, "Send a valid access token, as Authorization: Bearer …; a login gives one.")
	default:
		log.For(ctx, h.log).Error("authentication failed", zap.Error(err))
		p = problem.New(problem.Unavailable, "The caller cannot be authenticated right now.").After(time.Second)
	}
	problem.Write(e.answer, p, log.IDsOf(ctx).Request)
	return ctx, false
}
