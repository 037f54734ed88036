package contract

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"slices"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/problem"
)

// endpoint is one contract with its handler.
type endpoint[Req, Res any] struct {
	codec     codec
	method    func(context.Context, Req) (Res, error)
	validator *Validator
	log       *zap.Logger
}

func (e endpoint[Req, Res]) serve(ctx context.Context, r Request) (Response, error) {
	var req Req
	if err := e.codec.decodeRequest(r, reflect.ValueOf(&req).Elem()); err != nil {
		return Response{}, err
	}
	res, err := e.method(ctx, req)
	if err != nil {
		return Response{}, e.codec.checkCode(err)
	}
	answer, err := e.codec.encodeResponse(reflect.ValueOf(&res).Elem())
	return answer, e.validator.judge(ctx, e.log, e.codec.id, err)
}

// checkCode keeps a handler to the codes that its contract lists: another one is a fault of the program.
func (c codec) checkCode(err error) error {
	p := problem.From(err)
	if !slices.Contains(c.codes, p.Code) {
		return problem.New(problem.Internal, "").Wrap(fmt.Errorf("contract %s does not list the code %s: %w", c.id, p.Code.Name, err))
	}
	return err
}

// parseQuery reads a query strictly: what cannot be decoded is refused, not dropped.
func parseQuery(raw string) (map[string][]string, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, problem.BadInput(problem.Fault{In: "query", Rule: "syntax", Message: "must be percent-encoded"})
	}
	return query, nil
}
