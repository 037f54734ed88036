package auditappend_test

import (
	"errors"
	"testing"

	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/slices/auditappend"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

func TestABatchWhoseStoreFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method string
		before int
	}{
		"the head, an empty trail": {"Head", 0},
		"the head":                 {"Head", 2},
		"the known events":         {"Known", 2},
		"the keys, an empty trail": {"Keys", 0},
		"the keys":                 {"Keys", 2},
		"the first key":            {"AddKey", 0},
		"a later key":              {"AddKey", 2},
		"the rows, an empty trail": {"Append", 0},
		"the rows behind others":   {"Append", 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.must(audittest.Deliveries(1, c.before)...)
			f.Clock.Advance(audittest.RotateAfter) // the key is to be changed
			kept := &audittest.Broken{Store: f.Store, Method: c.method, Err: db.ErrFull}
			service, err := auditappend.New(kept, f.Keys, f.Clock, auditappend.Config{RotateAfter: audittest.RotateAfter})
			if err != nil {
				t.Fatal(err)
			}
			f.service = service
			err = f.append(audittest.Deliveries(3, 5)...)
			if !errors.Is(err, db.ErrFull) || problem.From(err).Code != problem.Unavailable {
				t.Errorf("got error %v, want %v", err, db.ErrFull)
			}
			f.intact(int64(c.before))
			if keys, err := f.Store.Keys(t.Context()); err != nil || len(keys) != min(c.before, 1) {
				t.Errorf("%d keys, %v", len(keys), err)
			}
		})
	}
}
