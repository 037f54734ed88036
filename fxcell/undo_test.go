package fxcell

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/fx"
)

// diary is what the hooks of an app did.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

// opens starts and stops, and says so; it cannot be stopped under a context that has ended.
func (d *diary) opens(name string) fx.Option {
	return fx.Module("modules/"+name, fx.Invoke(func(lc fx.Lifecycle) { // a module's own Invokes run before those beside it
		lc.Append(fx.StartStopHook(
			func() { d.write("opened " + name) },
			func(ctx context.Context) error {
				if _, limited := ctx.Deadline(); ctx.Err() != nil || !limited {
					return fmt.Errorf("close %s: limited %v, %w", name, limited, ctx.Err())
				}
				d.write("closed " + name)
				return nil
			},
		))
	}))
}

// What has started is stopped in order, whatever the start has ended with: a pool has its connections closed, a listener its socket.
func TestWhatHadStartedIsStoppedWhenTheStartFails(t *testing.T) {
	t.Parallel()
	end := make(hanging)
	t.Cleanup(func() { close(end) })
	for _, tt := range []struct {
		name string
		last func(context.Context) error
		want string
	}{
		{"on time", dials, "app: " + own + "dials (added by " + own + "startsWith.func1): not started within 1s: dial broker-0:9092: context deadline exceeded\n"},
		{"on time, with a hook that hangs", end.hang, "app: " + own + "hanging.hang (added by " + own + "startsWith.func1): not started within 1s: context deadline exceeded\n"},
		{"by itself", func(context.Context) error { return errors.New("no such server") }, "app: no such server\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var d diary
			code, _, stderr := ran(time.Second, []fx.Option{fx.Provide(newLog), d.opens("a"), d.opens("b"), startsWith(tt.last)})
			if code != 1 || stderr != tt.want {
				t.Errorf("exit code %d, stderr\n%swant\n%s", code, stderr, tt.want)
			}
			if got, want := d.read(), []string{"opened a", "opened b", "closed b", "closed a"}; !slices.Equal(got, want) {
				t.Errorf("hooks %q, want %q", got, want)
			}
		})
	}
}

// Who fails to stop after a start that failed is told too, once.
func TestWhatCannotBeStoppedAfterAStartIsTold(t *testing.T) {
	t.Parallel()
	stuck := fx.Module("modules/stuck", fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StopHook(func() error { return errors.New("still in use") }))
	}))
	for _, tt := range []struct {
		name string
		last func(context.Context) error
		want string
	}{
		{"on time", dials, "app: " + own + "dials (added by " + own + "startsWith.func1): not started within 1s: dial broker-0:9092: context deadline exceeded\napp: stop: still in use\n"},
		{"by itself", func(context.Context) error { return errors.New("no such server") }, "app: no such server\napp: stop: still in use\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := ran(time.Second, []fx.Option{fx.Provide(newLog), stuck, startsWith(tt.last)})
			if code != 1 || stderr != tt.want {
				t.Errorf("exit code %d, stderr\n%swant\n%s", code, stderr, tt.want)
			}
		})
	}
}
