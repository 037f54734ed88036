package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func TestFailureOfOneServerEndsTheStartOfTheOthers(t *testing.T) {
	t.Parallel()
	var stopped atomic.Int32
	missing := errors.New("there is none")
	o := options{kinds: []kind{
		{name: "slow", start: func(ctx context.Context, _ options) (running, error) {
			<-ctx.Done()
			return running{}, ctx.Err()
		}},
		{name: "missing", start: func(context.Context, options) (running, error) { return running{}, missing }},
		{name: "started", start: func(context.Context, options) (running, error) {
			return running{address: "here", stop: func() error { stopped.Add(1); return nil }}, nil
		}},
	}}
	env, stop, err := bring(t.Context(), o)
	if !errors.Is(err, missing) || errors.Is(err, context.Canceled) || env != nil {
		t.Errorf("%v, %v, want nothing but the cause", env, err)
	}
	if err := stop(); err != nil || stopped.Load() != 1 {
		t.Errorf("%v, %d were stopped, want the one that had started", err, stopped.Load())
	}
}

func TestSignalIsTheCauseOfAStartThatItEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	o := options{kinds: []kind{{name: "slow", start: func(ctx context.Context, _ options) (running, error) {
		cancel()
		<-ctx.Done()
		return running{}, ctx.Err()
	}}}}
	if _, _, err := bring(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want it cut short", err)
	}
}
