package consumer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/problem"
)

// errExited is the failure of a handler that ended its goroutine.
var errExited = errors.New("consumer: the handler ended its goroutine")

// panicError is the failure of a handler that panicked. It tells the type of what the handler panicked with, not the value.
type panicError struct {
	value string
	stack []byte
}

func (e *panicError) Error() string { return "consumer: the handler panicked with a " + e.value }

// contained runs fn in a goroutine of its own and waits for it: neither a panic nor a runtime.Goexit takes anything else with it.
func contained(fn func() error) error {
	result := make(chan error, 1)
	go func() {
		err := errExited
		defer func() {
			if v := recover(); v != nil {
				err = &panicError{fmt.Sprintf("%T", v), debug.Stack()}
			}
			result <- err
		}()
		err = fn()
	}()
	return <-result
}

// reasonHeld is why an event is parked that was not tried.
const reasonHeld = "an earlier event of its key is parked"

// reasonOf says why an event is parked, in words that hold nothing of its payload: of the last error only its kind.
func reasonOf(err error, attempts int) string {
	if event.IsPermanent(err) {
		return "no attempt can succeed: " + kindOf(err)
	}
	return fmt.Sprintf("failed %d times, in the end by %s", attempts, kindOf(err))
}

func kindOf(err error) string {
	var p *problem.Error
	switch {
	case errors.As(err, &p):
		return p.Code.Name
	case errors.As(err, new(*panicError)):
		return "a panic"
	case errors.Is(err, context.DeadlineExceeded):
		return "its deadline"
	}
	for {
		switch inner := errors.Unwrap(err); {
		case inner != nil:
			err = inner
		default:
			return fmt.Sprintf("an error (%T)", err)
		}
	}
}
