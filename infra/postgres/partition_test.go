package postgres

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// ranges tells partitions by their ids.
func ranges(all []partition) (out []string) {
	for _, p := range all {
		out = append(out, fmt.Sprintf("%s %d-%d", p.name, p.from, p.to))
	}
	return out
}

func attached(name string, from, to int64) partition {
	return partition{name: name, from: from, to: to, attached: true}
}

func TestMissingPartitionsAreThoseThatTheNextIDsNeed(t *testing.T) {
	t.Parallel()
	four := []partition{attached("outbox_0", 0, 10), attached("outbox_1", 10, 20), attached("outbox_2", 20, 30), attached("outbox_3", 30, 40)}
	gone := partition{name: "outbox_7"}
	leaving := attached("outbox_2", 20, 30)
	leaving.leaving = true
	for _, tt := range []struct {
		name   string
		tables []partition
		last   int64
		ahead  int
		want   []string
	}{
		{"of a new log", nil, 0, -1, []string{"outbox_0 0-10", "outbox_1 10-20", "outbox_2 20-30", "outbox_3 30-40"}},
		{"nothing", four, 0, 3, nil},
		{"nothing up to the last id", four, 8, 3, nil},
		{"when the next id is the first of a partition", four, 9, 2, []string{"outbox_4 40-50"}},
		{"when all are full", four, 39, -1, []string{"outbox_4 40-50", "outbox_5 50-60", "outbox_6 60-70", "outbox_7 70-80"}},
		{"after a jump of the sequence", four, 1234, -1, []string{"outbox_4 1230-1240", "outbox_5 1240-1250", "outbox_6 1250-1260", "outbox_7 1260-1270"}},
		{"between others", []partition{four[0], attached("outbox_9", 12, 20)}, 5, 0, []string{"outbox_10 10-12", "outbox_11 20-30"}},
		{"in a hole", []partition{four[0], four[2], four[3]}, 12, -1, []string{"outbox_4 10-20", "outbox_5 40-50"}},
		{"beside one that was detached", append(four[:4:4], gone), 25, 1, []string{"outbox_8 40-50", "outbox_9 50-60"}},
		{"in steps of the size, after others", []partition{attached("outbox_0", 0, 7)}, 3, 0, []string{"outbox_1 7-17", "outbox_2 17-27", "outbox_3 27-37"}},
	} {
		s := shelf{slices.Clip(tt.tables), tt.last}
		if diff := cmp.Diff(tt.want, ranges(s.missing(10))); diff != "" || s.ahead() != tt.ahead {
			t.Errorf("%s: %d ahead, want %d (-want +missing):\n%s", tt.name, s.ahead(), tt.ahead, diff)
		}
	}
	if s := (shelf{[]partition{four[0], four[1], leaving}, 5}); s.ahead() != 1 {
		t.Errorf("with one that is being detached %d are ahead, want 1", s.ahead())
	}
}

func TestMissingPartitionsFillTheLogWithoutOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s shelf
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			s.last += rapid.Int64Range(0, 200).Draw(t, "written")
			size := rapid.Int64Range(1, 50).Draw(t, "size")
			s.tables = append(s.tables, s.missing(size)...)
			if got := s.ahead(); got < partitionsAhead {
				t.Fatalf("%d ahead of %d: %v", got, s.last, ranges(s.tables))
			}
			names := map[string]bool{}
			for i, p := range s.tables {
				if p.from >= p.to || names[p.name] {
					t.Fatalf("%v", ranges(s.tables))
				}
				names[p.name] = true
				for _, q := range s.tables[:i] {
					if p.from < q.to && q.from < p.to {
						t.Fatalf("%v overlap", ranges([]partition{p, q}))
					}
				}
			}
			if drop := rapid.IntRange(0, 2).Draw(t, "dropped"); drop < len(s.tables) {
				s.tables = s.tables[drop:]
			}
		}
	})
}

func TestBoundsAreReadAndOddOnesRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int64{
		"FOR VALUES FROM ('0') TO ('1000000')": {0, 1000000}, "FOR VALUES FROM ('-5') TO ('5')": {-5, 5}, "FOR VALUES FROM (1) TO (2)": {1, 2},
	} {
		if from, to, err := parseBounds(text); from != want[0] || to != want[1] || err != nil {
			t.Errorf("%s = %d, %d, %v", text, from, to, err)
		}
	}
	for _, text := range []string{
		"", "DEFAULT", "FOR VALUES FROM (MINVALUE) TO ('1')", "FOR VALUES FROM ('1') TO (MAXVALUE)", "FOR VALUES FROM ('2') TO ('1')",
		"FOR VALUES FROM ('1') TO ('99999999999999999999')",
	} {
		if _, _, err := parseBounds(text); !errors.Is(err, errBounds) {
			t.Errorf("%q = %v, want it refused", text, err)
		}
	}
}
