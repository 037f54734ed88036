// Package auth holds who causes what: principals, actors, policies, and the ports by which tokens are verified.
package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
)

// Kind is what an actor is.
type Kind string

// The kinds of actors.
const (
	User    Kind = "user"    // a person
	Service Kind = "service" // a cell or another program
	System  Kind = "system"  // the process itself
)

// Actor is who caused a request or an event.
type Actor struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
	// Session is a short hash of the session id, never the id itself.
	Session string `json:"session,omitempty"`
	// Address is the network address that the request came from.
	Address string `json:"address,omitempty"`
}

// String returns kind and id, e.g. user:42.
func (a Actor) String() string { return string(a.Kind) + ":" + a.ID }

// HashSession returns what an Actor shows of a session id: enough to tell sessions apart, useless as a credential.
func HashSession(id string) string {
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}

type (
	principalKey struct{}
	actorKey     struct{}
	addressKey   struct{}
)

// Principal is an authenticated caller.
type Principal struct {
	Kind    Kind
	ID      string
	Roles   []string
	Session string // session id; empty for services
	Client  string // the program that acts for the user
	Token   string // id of the token (jti)
}

// WithPrincipal returns a context whose request was made by p.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalOf returns the caller that was authenticated, if one was.
func PrincipalOf(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}

// WithAddress returns a context whose request came from a network address.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// WithActor names who causes what follows, where the request has no principal: setup and login act for the user they are about.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf returns who causes what is done in ctx: the actor that was named, else the principal, else the system.
func ActorOf(ctx context.Context) Actor {
	address, _ := ctx.Value(addressKey{}).(string)
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		if a.Address == "" {
			a.Address = address
		}
		return a
	}
	if p, ok := PrincipalOf(ctx); ok {
		return Actor{Kind: p.Kind, ID: p.ID, Session: HashSession(p.Session), Address: address}
	}
	return Actor{Kind: System, ID: "system", Address: address}
}
