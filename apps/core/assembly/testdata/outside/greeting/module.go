// Package greeting is a cell of somebody else's: it greets callers by their name and counts the changes of settings.
package greeting

import (
	"context"
	"sync/atomic"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/level"
	"outside/greeting/greetingapi"
)

// Module is the greeting cell. Both slices share the counter, which is the cell's own.
var Module = fxcell.Cell(fxcell.CellMeta{ID: "greeting", Type: "support", Level: level.L1},
	fxcell.Provide(newChanges),
	fxcell.Slice(
		fxcell.SliceMeta{ID: "greet", Cell: "greeting", Serves: []string{greetingapi.GetV1.ID}, Calls: []string{accessapi.UserGetV1.ID}},
		fxcell.Provide(newGreeter),
		contract.Call(accessapi.UserGetV1),
		contract.Serve(greetingapi.GetV1, (*Greeter).Get),
	),
	fxcell.Slice(
		fxcell.SliceMeta{ID: "watch", Cell: "greeting", Subscribes: []fxcell.Subscribes{{Contract: configapi.ChangedV1.ID, Mode: event.Each}}},
		fxcell.Provide(newWatcher),
		contract.Subscribe(configapi.ChangedV1, (*Watcher).OnChanged),
	),
)

type changes struct{ n atomic.Int64 }

func newChanges() *changes { return &changes{} }

// Greeter greets callers.
type Greeter struct {
	users   contract.Client[accessapi.UserGetRequest, accessapi.UserGetResponse]
	changes *changes
}

func newGreeter(users contract.Client[accessapi.UserGetRequest, accessapi.UserGetResponse], c *changes) *Greeter {
	return &Greeter{users, c}
}

// Get looks the caller up in the access cell, in process.
func (g *Greeter) Get(ctx context.Context, _ greetingapi.GetRequest) (greetingapi.GetResponse, error) {
	caller, _ := auth.PrincipalOf(ctx)
	user, err := g.users.Call(ctx, accessapi.UserGetRequest{ID: caller.ID})
	if err != nil {
		return greetingapi.GetResponse{}, err
	}
	return greetingapi.GetResponse{Greeting: "hello " + user.Username, Changes: int(g.changes.n.Load())}, nil
}

// Watcher counts changes of settings.
type Watcher struct{ changes *changes }

func newWatcher(c *changes) *Watcher { return &Watcher{c} }

// OnChanged counts one change.
func (w *Watcher) OnChanged(context.Context, event.Message[configapi.Changed]) error {
	w.changes.n.Add(1)
	return nil
}
