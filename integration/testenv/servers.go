package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
)

// together does something with each at the same time, and returns what came out, in their order.
func together[E, T any](each []E, do func(e E) (T, error)) (out []T, errs []error) {
	out, errs = make([]T, len(each)), make([]error, len(each))
	var all sync.WaitGroup
	for n, e := range each {
		all.Go(func() { out[n], errs[n] = do(e) })
	}
	all.Wait()
	return out, errs
}

// bring starts the servers that no variable names, and returns what the command's environment gains. The first that cannot be had ends the start of the
// others. Stop stops what was started, also after an error.
func bring(ctx context.Context, o options) (env []string, stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	servers, errs := together(o.kinds, func(k kind) (running, error) {
		if given := os.Getenv(k.variable); given != "" {
			return running{text: "given by " + k.variable + ", " + k.show(given)}, nil
		}
		s, err := k.start(ctx, o)
		if err != nil {
			cancel()
		}
		return s, err
	})
	stop = func() error {
		_, errs := together(servers, func(s running) (struct{}, error) {
			if s.stop == nil {
				return struct{}{}, nil
			}
			return struct{}{}, s.stop()
		})
		return errors.Join(errs...)
	}
	if err := cause(errs); err != nil {
		return nil, stop, err
	}
	for n, s := range servers {
		say(o.kinds[n].name + ": " + s.text)
		if s.address != "" {
			env = append(env, o.kinds[n].variable+"="+s.address)
		}
	}
	return env, stop, nil
}

// cause leaves out those that were only cut short by the failure of another.
func cause(errs []error) error {
	own := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return errors.Is(err, context.Canceled) })
	if err := errors.Join(own...); err != nil {
		return err
	}
	return errors.Join(errs...)
}

// up starts the servers for a person, and prints for each the variable that names it.
func up(ctx context.Context, o options) (int, error) {
	type kept struct{ address, text string }
	servers, errs := together(o.kinds, func(k kind) (s kept, err error) {
		s.address, s.text, err = k.up(ctx, o)
		return s, err
	})
	failed := errors.Join(errs...)
	for n, s := range servers {
		if s.address == "" {
			continue
		}
		say(o.kinds[n].name + ": " + s.text)
		if _, err := fmt.Println(o.kinds[n].variable + "=" + s.address); err != nil {
			return broken, errors.Join(failed, err)
		}
	}
	if failed != nil {
		return broken, failed
	}
	return 0, nil
}

// down stops what up has started.
func down(o options) (int, error) {
	stopped, errs := together(o.kinds, func(k kind) ([]string, error) { return k.down() })
	for n, dirs := range stopped {
		for _, dir := range dirs {
			say(o.kinds[n].name + ": stopped, its data stays in " + dir)
		}
		if len(dirs) == 0 && errs[n] == nil {
			say(o.kinds[n].name + ": there is none to stop")
		}
	}
	if err := errors.Join(errs...); err != nil {
		return broken, err
	}
	return 0, nil
}
