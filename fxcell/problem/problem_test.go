package problem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/problem"
)

var conflict = problem.Code{Status: 409, Name: "ERR_CONFLICT", Title: "It exists"}

// fullError says itself what it means for a caller.
type fullError struct{ means *problem.Error }

func (fullError) Error() string { return "log: 17 of 16 records" }

func (e fullError) Problem() *problem.Error { return e.means }

func TestACallerSeesOnlyWhatWasMeantForHim(t *testing.T) {
	t.Parallel()
	own := problem.New(conflict, "The key is taken.")
	unavailable := problem.New(problem.Unavailable, "Later.").After(time.Second)
	var absent *problem.Error
	for name, c := range map[string]struct {
		err    error
		code   problem.Code
		detail string
		cause  error
	}{
		"an own error":            {own, conflict, "The key is taken.", nil},
		"wrapped":                 {fmt.Errorf("order: create: %w", own), conflict, "The key is taken.", nil},
		"joined":                  {errors.Join(io.EOF, own), conflict, "The key is taken.", nil},
		"with a cause":            {own.Wrap(io.EOF), conflict, "The key is taken.", io.EOF},
		"another error":           {io.EOF, problem.Internal, "", io.EOF},
		"a deadline":              {context.DeadlineExceeded, problem.Internal, "", context.DeadlineExceeded},
		"nothing":                 {nil, problem.Internal, "", nil},
		"a nil *Error":            {absent, problem.Internal, "", nil},
		"a wrapped nil *Error":    {fmt.Errorf("x: %w", absent), problem.Internal, "", nil},
		"one that explains":       {fmt.Errorf("x: %w", fullError{unavailable}), problem.Unavailable, "Later.", fullError{unavailable}},
		"one that explains badly": {fullError{}, problem.Internal, "", fullError{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problem.From(c.err)
			if got.Code != c.code || got.Detail != c.detail {
				t.Errorf("got %+v", got)
			}
			if c.cause != nil && !errors.Is(got, c.cause) {
				t.Errorf("the cause %v is lost", c.cause)
			}
			if got.Error() == "" || !errors.Is(got, problem.New(c.code, "")) {
				t.Errorf("got %v", got)
			}
		})
	}
	if unavailable.Unwrap() != nil {
		t.Error("From changed the error that it was given")
	}
}

func TestAnErrorTellsItsCauseToTheLogOnly(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk 7 is full")
	e := problem.New(conflict, "Taken.").Wrap(cause)
	if got, want := e.Error(), "ERR_CONFLICT: Taken: disk 7 is full"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := problem.New(conflict, "Taken.").Error(), "ERR_CONFLICT: Taken"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if d := problem.DocumentOf(e, "r-1"); strings.Contains(fmt.Sprintf("%+v", d), "disk") {
		t.Errorf("the document shows the cause: %+v", d)
	}
}

func TestCopiesOfAnErrorLeaveItAlone(t *testing.T) {
	t.Parallel()
	fault := func(name string) problem.Fault {
		return problem.Fault{Pointer: "/" + name, Rule: "required", Message: "is required"}
	}
	base := problem.BadInput(fault("a"))
	base.Faults = slices.Grow(base.Faults, 8) // room that an append in place would write into
	b, c := base.With(fault("b")), base.With(fault("c"))
	later := base.After(time.Minute).Wrap(io.EOF)
	if len(base.Faults) != 1 || base.RetryAfter != 0 || base.Unwrap() != nil {
		t.Errorf("got %+v", base)
	}
	if b.Faults[1].Pointer != "/b" || c.Faults[1].Pointer != "/c" {
		t.Errorf("got %+v and %+v", b.Faults, c.Faults)
	}
	if later.RetryAfter != time.Minute || !errors.Is(later, io.EOF) || later.Code != problem.Invalid {
		t.Errorf("got %+v", later)
	}
}

func TestErrorsAreToldApartByCode(t *testing.T) {
	t.Parallel()
	var absent *problem.Error
	taken := fmt.Errorf("x: %w", problem.New(conflict, "Taken."))
	for _, c := range []struct {
		err  error
		code problem.Code
		want bool
	}{
		{taken, conflict, true},
		{taken, problem.NotFound, false},
		{taken, problem.Code{Status: 409, Name: "ERR_OTHER"}, false},
		{io.EOF, problem.Internal, false},
		{nil, problem.Internal, false},
		{absent, problem.Code{}, false},
	} {
		if got := problem.Has(c.err, c.code); got != c.want {
			t.Errorf("%v has %s: got %t", c.err, c.code.Name, got)
		}
	}
	if !errors.Is(taken, problem.New(conflict, "")) || errors.Is(taken, problem.New(problem.NotFound, "")) || errors.Is(taken, io.EOF) {
		t.Error("errors.Is does not go by the code")
	}
	if errors.Is(taken, problem.New(conflict, "Another.")) {
		t.Error("a target with a detail is one error, not a kind")
	}
}

func TestTheCommonCodesAreDistinctAndFailures(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, c := range problem.Common() {
		if c.Status < 400 || c.Status > 599 || !strings.HasPrefix(c.Name, "ERR_") || c.Title == "" || names[c.Name] {
			t.Errorf("got %+v", c)
		}
		names[c.Name] = true
	}
	first := problem.Common()
	first[0] = conflict
	if problem.Common()[0] != problem.Invalid {
		t.Error("a caller can change the list")
	}
}
