package auth

import (
	"context"
	"encoding/json"

	"github.com/MicahParks/jwkset"
)

// JSON returns the keys as a JWK set. There are public ones only.
func (s storage) JSON(ctx context.Context) (json.RawMessage, error) { return s.JSONPublic(ctx) }

// JSONPublic returns the keys as a JWK set.
func (s storage) JSONPublic(ctx context.Context) (json.RawMessage, error) {
	set, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return set.JSONPublic(ctx)
}

// JSONPrivate is JSONPublic: there are no private keys.
func (s storage) JSONPrivate(ctx context.Context) (json.RawMessage, error) { return s.JSONPublic(ctx) }

// JSONWithOptions returns the keys as a JWK set.
func (s storage) JSONWithOptions(ctx context.Context, m jwkset.JWKMarshalOptions, v jwkset.JWKValidateOptions) (json.RawMessage, error) {
	set, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return set.JSONWithOptions(ctx, m, v)
}

// Marshal returns the keys as a Go value that encodes as a JWK set.
func (s storage) Marshal(ctx context.Context) (jwkset.JWKSMarshal, error) {
	set, err := s.snapshot(ctx)
	if err != nil {
		return jwkset.JWKSMarshal{}, err
	}
	return set.Marshal(ctx)
}

// MarshalWithOptions returns the keys as a Go value that encodes as a JWK set.
func (s storage) MarshalWithOptions(ctx context.Context, m jwkset.JWKMarshalOptions, v jwkset.JWKValidateOptions) (jwkset.JWKSMarshal, error) {
	set, err := s.snapshot(ctx)
	if err != nil {
		return jwkset.JWKSMarshal{}, err
	}
	return set.MarshalWithOptions(ctx, m, v)
}
