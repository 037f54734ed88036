package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

var errGone = errors.New("the worker ended its goroutine")

// panicError says that a worker panicked. Its text holds what the runtime says, or else only the type of the value, which may hold anything.
type panicError struct{ text, stack string }

func (e *panicError) Error() string { return "the worker panicked: " + e.text }

// attempt runs a worker once, in a goroutine that it may end (runtime.Goexit) without harm, and waits for it.
func attempt(ctx context.Context, run func(context.Context) error) error {
	result := make(chan error, 1)
	go func() {
		err := errGone
		defer func() { result <- err }()
		err = contained(ctx, run)
	}()
	return <-result
}

func contained(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			text := fmt.Sprintf("%T", v)
			if fault, ok := v.(runtime.Error); ok {
				text = fault.Error()
			}
			err = &panicError{text, string(debug.Stack())}
		}
	}()
	return run(ctx)
}

// severity is that of a failure: a panic is a fault of the program, an error need not be.
func severity(err error) zapcore.Level {
	if _, ok := errors.AsType[*panicError](err); ok {
		return zapcore.ErrorLevel
	}
	return zapcore.WarnLevel
}

// reasons are the fields of a failure: its error, and of a panic the stack.
func reasons(err error) []zap.Field {
	fields := []zap.Field{zap.Error(err)}
	if p, ok := errors.AsType[*panicError](err); ok {
		fields = append(fields, zap.String("stack", p.stack))
	}
	return fields
}
