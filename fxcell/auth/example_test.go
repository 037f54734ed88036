package auth_test

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/fxcell/auth"
)

// A policy is what a contract file says of its callers.
func ExamplePolicy_Decide() {
	policy, err := auth.ParsePolicy("self-or-role:{userId}:admin")
	if err != nil {
		fmt.Println(err)
		return
	}
	path := func(string) string { return "42" } // the userId of the request
	for _, caller := range []auth.Principal{
		{Kind: auth.User, ID: "42"},
		{Kind: auth.User, ID: "7", Roles: []string{"admin"}},
		{Kind: auth.User, ID: "7"},
	} {
		fmt.Println(caller.ID, caller.Roles, policy.Decide(caller, true, path))
	}
	fmt.Println("nobody", errors.Is(policy.Decide(auth.Principal{}, false, path), auth.ErrUnauthenticated))
	// Output:
	// 42 [] <nil>
	// 7 [admin] <nil>
	// 7 [] auth: not allowed
	// nobody true
}

// What is done in the context of a request is done by its principal; without one, by the system.
func ExampleActorOf() {
	ctx := context.Background()
	fmt.Println(auth.ActorOf(ctx))
	ctx = auth.WithPrincipal(ctx, auth.Principal{Kind: auth.User, ID: "42", Session: "a secret session id"})
	actor := auth.ActorOf(ctx)
	fmt.Println(actor, actor.Session)
	// Output:
	// system:system
	// user:42 f5fac902e6c7cb52
}
