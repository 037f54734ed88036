package strict

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSyntaxFaultsNameTheLineOfTheParser(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, data string
		want       Fault
	}{
		{"scanner", "a: b\n  c: d\n", Fault{Place{2, 3}, "", "is no YAML: mapping values are not allowed in this context"}},
		{"scanner in the first line", "a: b: c\n", Fault{Place{1, 1}, "", "is no YAML: mapping values are not allowed in this context"}},
		{"grammar", "a: 1\n}\n", Fault{Place{2, 1}, "", "is no YAML: did not find expected key"}},
		{"grammar where a list begins", "a: b\nc: [1,\nd: 2\n", Fault{Place{2, 1}, "", "is no YAML: did not find expected ',' or ']'"}},
		{"grammar beyond the end", "{a: 1\n", Fault{Place{1, 1}, "", "is no YAML: did not find expected ',' or '}'"}},
		{"alias", "a: b\nc: é *x\nd: *y\n", Fault{Place{3, 4}, "", "aliases (*y) are refused: write the value out"}},
		{"byte order mark inside", "a: \ufeffb\n", Fault{Place{1, 4}, "", "holds the character U+FEFF, which YAML does not allow"}},
		{"delete", "a: é\u007f\n", Fault{Place{1, 5}, "", "holds the character U+007F, which YAML does not allow"}},
		{"cut character", "a: b\nc: é\xc3", Fault{Place{2, 5}, "", "is not UTF-8 here"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]Fault{tc.want}, Parse([]byte(tc.data)).Faults()); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestByteOrderMarkAndLineEndsOfAnySystemAreFine(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"\ufeffa: b\n", "a: b\r\n", "a: b\r", "a: b\u0085", "---\na: b\n...\n", "%YAML 1.1\n---\na: b\n"} {
		d := Parse([]byte(data))
		o := d.Root().Object()
		if got := o.Field("a").Text(); got != "b" || len(d.Faults()) > 0 {
			t.Errorf("Parse(%q): a is %q, faults %v", data, got, d.Faults())
		}
	}
}

func TestAbsentValuesAreReadInSilence(t *testing.T) {
	t.Parallel()
	d := Parse([]byte("a: b\n"))
	v := d.Root().Object().Field("nothing")
	o := v.Object()
	inner := o.Need("deep", "something")
	if v.Given() || o.Given() || inner.Given() || v.Text() != "" || v.Bool() || v.Int(1, 2) != 0 || v.Size(7) != 7 ||
		v.Duration(9) != 9 || !v.Date().IsZero() || v.List() != nil || v.JSON() != nil || len(o.Members()) != 0 {
		t.Errorf("an absent field reads as something: %+v", v)
	}
	o.Done()
	if faults := d.Faults(); len(faults) > 0 {
		t.Errorf("faults %v, want none", faults)
	}
}
