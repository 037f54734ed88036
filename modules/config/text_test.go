package config

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	port "fxcell.dev/fxcell/config"
)

func TestVariablesAndKeysAreOneToOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9]{1,4}(_[a-z0-9]{1,3}){0,2}`), 1, 4).Draw(t, "path")
		name := variableOf(strings.Join(path, delimiter))
		if got := pathOf(name); !slices.Equal(got, path) {
			t.Errorf("%s: got %q, want %q", name, got, path)
		}
		if name == fileVariable {
			return
		}
		value := rapid.StringMatching(`[^\x00]*`).Draw(t, "value")
		settings, faults := readEnvironment([]string{name + "=" + value})
		if len(faults) > 0 || len(settings) != 1 || settings[0].content() != value || !slices.Equal(settings[0].path, path) {
			t.Errorf("%s: got %+v, %v", name, settings, faults)
		}
	})
}

func TestANameOfAVariableMeansOneKeyOrNone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := prefix + rapid.StringMatching(`[A-Za-z0-9_.]{0,12}`).Draw(t, "rest")
		if path := pathOf(name); path != nil && variableOf(strings.Join(path, delimiter)) != name {
			t.Errorf("%s is read as %q, which is %s", name, path, variableOf(strings.Join(path, delimiter)))
		}
	})
}

func TestFieldsAreSpelledInSnakeCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Addr": "addr", "ReadTimeout": "read_timeout", "MaxBodyBytes": "max_body_bytes", "DSN": "dsn", "KeyID": "key_id", "URLPath": "url_path",
		"HTTPServer": "http_server", "S3Bucket": "s3_bucket", "X": "x", "A1": "a1", "OAuth2URL": "o_auth2_url", "Two_Words": "two_words",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestEveryFieldNameMakesAKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Z][A-Za-z0-9]{0,12}`).Draw(t, "field")
		if got := snake(name); !isKey(got) || strings.ReplaceAll(got, "_", "") != strings.ToLower(name) {
			t.Errorf("%s: got %s", name, got)
		}
	})
}

func TestTheNearestNameIsFoundOrNone(t *testing.T) {
	t.Parallel()
	names := []string{"addr", "id", "ops", "public", "read_timeout"}
	for name, want := range map[string]string{
		"pubilc": "public", "publik": "public", "addrr": "addr", "read_timout": "read_timeout", "op": "ops", "i": "id", "x": "", "": "",
		"private": "", "ip": "id", "port": "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[ab_]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		if (distance(a, b) == 0) != (a == b) || distance(a, b) != distance(b, a) || distance(a, c) > distance(a, b)+distance(b, c) {
			t.Errorf("%q %q %q: %d %d %d", a, b, c, distance(a, b), distance(b, c), distance(a, c))
		}
	})
}

func FuzzFlags(f *testing.F) {
	for _, seed := range []string{"a.b=c", "a.b.c=d=e", "a=b", "=", "", "a..b=c", "A.b=c", "a.b", "a__b.c=d", "a._b=c", "a.b=\x00", "a.b=\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, flag string) {
		path, value, ok := cutFlag(flag)
		if ok && strings.Join(path, ".")+"="+value != flag {
			t.Errorf("%q is read as %q and %q", flag, path, value)
		}
		settings, faults := readFlags([]string{flag})
		if len(settings)+len(faults) != 1 || len(settings) == 1 && (!ok || settings[0].content() != value) {
			t.Errorf("%q: got %+v, %v", flag, settings, faults)
		}
		for _, err := range faults {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v is more than a line", flag, err)
			}
		}
	})
}

func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		text, "", "---", "a: {b: [1, 2.5, x, null]}", "a: *b", "a: &b {c: *b}", "<<: {a: 1}", "a: !!int x", "? [a]\n: b", "a: 2026-01-01", "\ufeffa: 1",
		"a: |\n  x\n", "a: 0777", "%YAML 1.1\n---\na: 1", "a:\n- b\n- - c",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, yaml []byte) {
		s, err := New(port.File{Name: "f.yaml", YAML: yaml}, port.Args{}, nil)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "modules/config: f.yaml") {
					t.Errorf("not a line of ours: %q", line)
				}
			}
			return
		}
		for _, set := range s.settings {
			if len(set.path) == 0 || len(set.path) != len(set.lines) || slices.ContainsFunc(set.path, func(k string) bool { return !isKey(k) }) {
				t.Errorf("got %+v", set)
			}
		}
		_ = s.Check(sections()) // must not panic, whatever was read
	})
}
