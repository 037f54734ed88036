package postgres

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestGapIsOpenUntilItsHoldersAreOver(t *testing.T) {
	t.Parallel()
	p := place{}.pass([]int64{1, 4}, whole)
	if got := p.ranges(); got != "{[2,3]}" || p.head != 4 {
		t.Fatalf("head %d, gaps %s, want 4 and {[2,3]}", p.head, got)
	}
	for _, step := range []struct {
		holders []string
		ids     []int64
		want    string
	}{
		{[]string{"3/7", "4/1"}, nil, "{[2,3]}"},
		{[]string{"4/1", "9/9"}, nil, "{[2,3]}"},    // who came later does not matter
		{[]string{"9/9"}, []int64{3}, "{}"},         // all that remembered it are over: the read shows what they wrote, the rest never comes
		{[]string{"9/9"}, []int64{6, 7}, "{[5,5]}"}, // a new one
		{[]string{}, nil, "{}"},
	} {
		p.ask(step.holders)
		if p = p.pass(step.ids, whole); p.ranges() != step.want {
			t.Errorf("holders %v, rows %v: gaps %s, want %s", step.holders, step.ids, p.ranges(), step.want)
		}
	}
}

func TestGapDiesNoFurtherThanTheReadCoveredIt(t *testing.T) {
	t.Parallel()
	p := place{}.pass([]int64{10}, whole)
	p.ask(nil)
	p = p.pass([]int64{3, 5}, 5) // the limit cut it
	if got, want := p.ranges(), "{[6,9]}"; got != want {
		t.Errorf("gaps %s, want %s: what is above the last row that was read may be there", got, want)
	}
	p.ask(nil)
	if p = p.pass([]int64{8}, whole); p.ranges() != "{}" {
		t.Errorf("gaps %s, want none", p.ranges())
	}
}

// world is a log in which transactions take ids, and end.
type world struct {
	last    int64
	open    map[string][]int64 // ids by transaction
	visible map[int64]bool
}

func (w *world) holders() []string {
	who := make([]string, 0, len(w.open))
	for v := range w.open {
		who = append(who, v)
	}
	return who
}

// read returns the ids that a read shows in the gaps and above the head, and how far it covers them.
func (w *world) read(p place, limit int) (ids []int64, covered int64) {
	for id := int64(1); id <= w.last; id++ {
		wanted := id > p.head || slices.ContainsFunc(p.gaps, func(g gap) bool { return g.lo <= id && id <= g.hi })
		if wanted && w.visible[id] {
			if ids = append(ids, id); len(ids) == limit {
				return ids, id
			}
		}
	}
	return ids, whole
}

func TestEveryRowIsReadOnceInWhateverOrderTransactionsEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{open: map[string][]int64{}, visible: map[int64]bool{}}
		var p place
		seen := map[int64]bool{}
		look := func(limit int, between func(*rapid.T)) {
			if len(p.gaps) > 0 {
				p.ask(w.holders())
				between(t)
			}
			ids, covered := w.read(p, limit)
			for _, id := range ids {
				if seen[id] {
					t.Fatalf("%d was read twice", id)
				}
				seen[id] = true
			}
			p = p.pass(ids, covered)
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "read") {
				look(rapid.IntRange(1, 4).Draw(t, "limit"), w.change)
			} else {
				w.change(t)
			}
		}
		for who := range w.open {
			w.end(who, true)
		}
		for range 3 {
			look(1000, func(*rapid.T) {})
		}
		if len(seen) != len(w.visible) || len(p.gaps) > 0 {
			t.Fatalf("%d of %d rows were read, gaps %s", len(seen), len(w.visible), p.ranges())
		}
	})
}

// change begins a transaction, has one take another id, or ends one.
func (w *world) change(t *rapid.T) {
	all := slices.Sorted(slices.Values(w.holders()))
	switch what := rapid.IntRange(0, 3).Draw(t, "change"); {
	case what <= 1 || len(all) == 0:
		w.last++
		w.open[fmt.Sprint("1/", w.last)] = []int64{w.last}
	case what == 2:
		w.last++
		who := rapid.SampledFrom(all).Draw(t, "who")
		w.open[who] = append(w.open[who], w.last)
	default:
		w.end(rapid.SampledFrom(all).Draw(t, "who"), rapid.Bool().Draw(t, "commit"))
	}
}

func (w *world) end(who string, commit bool) {
	for _, id := range w.open[who] {
		if commit {
			w.visible[id] = true
		}
	}
	delete(w.open, who)
}
