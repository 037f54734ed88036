package domain

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/problem"
)

func TestIfMatchIsReadAsTheRFCSays(t *testing.T) {
	t.Parallel()
	cases := []struct {
		header        string
		holds, misses []int64
	}{
		{header: "", holds: []int64{1, 2}},
		{header: "  ", holds: []int64{1}},
		{header: "*", holds: []int64{1, 7}},
		{header: `"3"`, holds: []int64{3}, misses: []int64{1, 33}},
		{header: ` "3" , "5" `, holds: []int64{3, 5}, misses: []int64{4}},
		{header: `,"3",,"4",`, holds: []int64{3, 4}, misses: []int64{1}},
		{header: `"03"`, misses: []int64{3}},
		{header: `"another's"`, misses: []int64{1}},
		{header: `"a,b"`, misses: []int64{1}},
		{header: `""`, misses: []int64{1}},
	}
	for _, c := range cases {
		m, err := ParseMatch(c.header)
		if err != nil {
			t.Errorf("%q: %v", c.header, err)
			continue
		}
		for _, v := range c.holds {
			if err := m.Check(v); err != nil {
				t.Errorf("%q against version %d: %v", c.header, v, err)
			}
		}
		for _, v := range c.misses {
			if err := m.Check(v); !problem.Has(err, configapi.ErrStale) {
				t.Errorf("%q against version %d: got %v, want stale", c.header, v, err)
			}
		}
	}
}

func TestIfMatchRefusesWhatIsNoStrongTag(t *testing.T) {
	t.Parallel()
	for _, header := range []string{
		`W/"3"`, `"3", W/"4"`, `w/"3"`, `3`, `"3`, `3"`, `"`, `"a b"`, "\"a\x7f\"", `"3" "4"`, `"3";"4"`, `*, "3"`, `"3", *`, `**`, `,`, `'3'`,
	} {
		_, err := ParseMatch(header)
		if !problem.Has(err, problem.Invalid) {
			t.Errorf("%s: got %v, want an invalid request", header, err)
			continue
		}
		fault := problem.From(err).Faults[0]
		if fault.In != "header" || fault.Name != "If-Match" || strings.Contains(err.Error(), header) && len(header) > 2 {
			t.Errorf("%s: the fault is %+v", header, fault)
		}
	}
}

func TestAConditionIsRequiredWhereItMustBe(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]problem.Code{"": configapi.ErrNoMatch, " \t": configapi.ErrNoMatch, "3": problem.Invalid} {
		if _, err := RequireMatch(header); !problem.Has(err, want) {
			t.Errorf("%q: got %v, want %s", header, err, want.Name)
		}
	}
	if _, err := RequireMatch("*"); err != nil {
		t.Errorf("*: %v", err)
	}
}

func TestAnETagMatchesItsVersionAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		version := rapid.Int64Min(1).Draw(t, "version")
		other := rapid.Int64Min(1).Draw(t, "other")
		m, err := RequireMatch(ETag(version))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Check(version); err != nil {
			t.Errorf("its own version: %v", err)
		}
		if err := m.Check(other); (err == nil) != (other == version) {
			t.Errorf("version %d: got %v", other, err)
		}
	})
}

func FuzzParseMatch(f *testing.F) {
	for _, header := range []string{`"1"`, `W/"1"`, `*`, `"1", "2"`, `",`, ``} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		m, err := ParseMatch(header)
		if err != nil {
			if !problem.Has(err, problem.Invalid) {
				t.Errorf("got %v, want an invalid request", err)
			}
			return
		}
		if m.Check(1) == nil && m.given && !m.any && !strings.Contains(header, `"1"`) {
			t.Errorf("%q holds for version 1", header)
		}
	})
}
