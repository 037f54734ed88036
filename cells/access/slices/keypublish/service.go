package keypublish

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/fxcell/auth"
)

// Service publishes the ring. It is safe for concurrent use.
type Service struct{ ring *keys.Ring }

// New returns a service.
func New(ring *keys.Ring) *Service { return &Service{ring: ring} }

// Keys serves accessapi.JWKSV1.
func (s *Service) Keys(ctx context.Context, _ accessapi.JWKSRequest) (accessapi.JWKSResponse, error) {
	all, err := s.ring.Keys(ctx)
	if err != nil {
		return accessapi.JWKSResponse{}, fmt.Errorf("keypublish: %w", err)
	}
	res := accessapi.JWKSResponse{
		CacheControl: fmt.Sprintf("public, max-age=%.0f", keys.MaxAge.Seconds()),
		Keys:         make([]accessapi.JWK, 0, len(all)),
	}
	hash := sha256.New()
	for _, key := range all {
		jwk, err := show(key)
		if err != nil {
			return accessapi.JWKSResponse{}, fmt.Errorf("keypublish: %w", err)
		}
		res.Keys = append(res.Keys, jwk)
		_, _ = fmt.Fprintln(hash, jwk.Kid, jwk.Alg) // a kid is the hash of its key; a hash takes every write
	}
	res.ETag = `"` + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)) + `"`
	return res, nil
}

func show(key auth.PublicKey) (accessapi.JWK, error) {
	m, err := keys.NewJWK(key.Key)
	if err != nil {
		return accessapi.JWK{}, err
	}
	return accessapi.JWK{
		Kty: m.Kty, Kid: key.ID, Use: "sig", Alg: key.Algorithm, N: m.N, E: m.E, Crv: m.Crv, X: m.X, Y: m.Y,
	}, nil
}
