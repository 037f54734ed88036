package auth_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fxcell.dev/fxcell/auth"
)

func TestTheActorIsTheOneNamedElseThePrincipalElseTheSystem(t *testing.T) {
	t.Parallel()
	type change = func(context.Context) context.Context
	var (
		named   = auth.Actor{Kind: auth.Service, ID: "access"}
		session = auth.HashSession("s-1")

		principal = func(ctx context.Context) context.Context {
			return auth.WithPrincipal(ctx, auth.Principal{Kind: auth.User, ID: "7", Session: "s-1", Roles: []string{"admin"}, Client: "cli", Token: "jti"})
		}
		service = func(ctx context.Context) context.Context {
			return auth.WithPrincipal(ctx, auth.Principal{Kind: auth.Service, ID: "audit"})
		}
		address = func(ctx context.Context) context.Context { return auth.WithAddress(ctx, "::1") }
		actor   = func(ctx context.Context) context.Context { return auth.WithActor(ctx, named) }
		other   = func(ctx context.Context) context.Context {
			return auth.WithActor(ctx, auth.Actor{ID: "a", Address: "::2"})
		}
	)
	for name, c := range map[string]struct {
		changes []change
		want    auth.Actor
	}{
		"nobody":              {nil, auth.Actor{Kind: auth.System, ID: "system"}},
		"an address alone":    {[]change{address}, auth.Actor{Kind: auth.System, ID: "system", Address: "::1"}},
		"a principal":         {[]change{principal}, auth.Actor{Kind: auth.User, ID: "7", Session: session}},
		"and his address":     {[]change{principal, address}, auth.Actor{Kind: auth.User, ID: "7", Session: session, Address: "::1"}},
		"a service":           {[]change{service}, auth.Actor{Kind: auth.Service, ID: "audit"}},
		"an actor":            {[]change{principal, actor}, named},
		"in whatever order":   {[]change{actor, principal}, named},
		"takes the address":   {[]change{actor, address}, auth.Actor{Kind: auth.Service, ID: "access", Address: "::1"}},
		"unless it has one":   {[]change{other, address}, auth.Actor{ID: "a", Address: "::2"}},
		"the last one counts": {[]change{other, actor}, named},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			for _, change := range c.changes {
				ctx = change(ctx)
			}
			if got := auth.ActorOf(ctx); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestThePrincipalIsTheOneOfTheContext(t *testing.T) {
	t.Parallel()
	if p, ok := auth.PrincipalOf(t.Context()); ok || p.ID != "" {
		t.Errorf("got %+v", p)
	}
	if p, ok := auth.PrincipalOf(auth.WithPrincipal(t.Context(), auth.Principal{ID: "7"})); !ok || p.ID != "7" {
		t.Errorf("got %+v, %t", p, ok)
	}
	if p, ok := auth.PrincipalOf(auth.WithActor(t.Context(), auth.Actor{ID: "7"})); ok {
		t.Errorf("naming an actor authenticated %+v", p)
	}
}

func TestAnActorShowsNothingOfASessionButItsHash(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[g-z]{8,40}`).Draw(t, "session") // no hex digit: a hash holds none of it
		a := auth.ActorOf(auth.WithPrincipal(t.Context(), auth.Principal{Kind: auth.User, ID: "7", Session: id}))
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text)+a.String(), id) || len(a.Session) != 16 || a.Session != auth.HashSession(id) || a.Session == auth.HashSession(id+"x") {
			t.Errorf("session %s is shown as %s", id, text)
		}
	})
	if got := auth.HashSession(""); got != "" {
		t.Errorf("no session is shown as %s", got)
	}
}

func TestAnActorIsNamedByKindAndID(t *testing.T) {
	t.Parallel()
	if got := (auth.Actor{Kind: auth.User, ID: "42", Session: "s", Address: "::1"}).String(); got != "user:42" {
		t.Errorf("got %s, want user:42", got)
	}
}
