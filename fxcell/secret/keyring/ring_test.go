package keyring_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/secret"
	"fxcell.dev/fxcell/secret/keyring"
)

func written(id string) string { return keyring.Generate(id).Written().Reveal() }

// of writes down a key of n bytes, each one more than the one before.
func of(id string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i + 1)
	}
	return "v1:" + id + ":" + base64.StdEncoding.EncodeToString(b)
}

func parsed(t *testing.T, text string) *keyring.Ring {
	t.Helper()
	r, err := keyring.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheFirstKeyWrapsAndAllUnwrap(t *testing.T) {
	t.Parallel()
	first, second := written("first"), written("second")
	before := parsed(t, first).Wrap("mac/1", []byte("of old"))
	for name, text := range map[string]string{
		"lines": "# my keys\n\n" + second + "\r\n  # the old one\n" + first + "\n", "words": second + " " + first, "commas": second + "," + first + ",",
	} {
		ring := parsed(t, text)
		if got, err := ring.Unwrap("mac/1", before); string(got) != "of old" || err != nil {
			t.Errorf("%s: Unwrap = %q, %v", name, got, err)
		}
		if w := ring.Wrap("mac/1", nil); w.KeyID != "second" || ring.Primary() != "second" {
			t.Errorf("%s: wrapped under %s, the primary is %s", name, w.KeyID, ring.Primary())
		}
		if err := ring.Check(); err != nil {
			t.Errorf("%s: Check = %v", name, err)
		}
	}
}

func TestWhatIsWrappedIsBoundToItsKeyAndPurpose(t *testing.T) {
	t.Parallel()
	ring := parsed(t, of("a", 32)+" "+written("ab")+" "+written("c"))
	w := ring.Wrap("b", []byte("key"))
	for name, c := range map[string]struct {
		by      *keyring.Ring
		purpose string
		keyID   string
		want    error
	}{
		"another purpose":                        {ring, "", "a", secret.ErrUnwrap},
		"another key":                            {ring, "b", "c", secret.ErrUnwrap},
		"the same key under an id that is alike": {parsed(t, of("ab", 32)), "", "ab", secret.ErrUnwrap},
		"no key":                                 {ring, "b", "", secret.ErrUnknownKey},
		"a key that is not there":                {parsed(t, written("x")), "b", "a", secret.ErrUnknownKey},
	} {
		if got, err := c.by.Unwrap(c.purpose, secret.Wrapped{KeyID: c.keyID, Data: w.Data}); !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: %q, %v, want %v", name, got, err, c.want)
		}
	}
}

func TestRingsOfWhatIsNoKeyAreRefused(t *testing.T) {
	t.Parallel()
	uniform := func(b byte) string {
		return "v1:a:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), 32)))
	}
	const format = "keyring: key 1 has an unknown format: want v1:ID:BASE64, as the verb keygen prints it"
	const id = "keyring: key 1 has no proper id: want letters, digits and . _ / -, 128 at most"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                    {"", "keyring: there is no key"},
		"a comment":                  {"# v1:a:" + of("a", 32), "keyring: there is no key"},
		"zeros":                      {uniform(0), "keyring: key 1 is not random: all its bytes are the same"},
		"sevens":                     {uniform(7), "keyring: key 1 is not random: all its bytes are the same"},
		"no bytes":                   {"v1:a:", "keyring: key 1 has 0 bytes, want 32"},
		"short":                      {of("a", 31), "keyring: key 1 has 31 bytes, want 32"},
		"of AES-128":                 {of("a", 16), "keyring: key 1 has 16 bytes, want 32"},
		"long":                       {of("a", 33), "keyring: key 1 has 33 bytes, want 32"},
		"the second is short":        {of("a", 32) + "\n" + of("b", 31), "keyring: key 2 has 31 bytes, want 32"},
		"one id twice":               {written("a") + "\n" + written("b") + "\n" + written("a"), "keyring: key 3 has the id of key 1"},
		"one key twice":              {of("a", 32) + "\n" + of("b", 32), "keyring: key 2 is the same as key 1"},
		"base64 alone":               {strings.Split(of("a", 32), ":")[2], format},
		"another version":            {strings.Replace(of("a", 32), "v1", "v2", 1), format},
		"more parts":                 {of("a", 32) + ":aes", format},
		"PEM":                        {"-----BEGIN PRIVATE KEY-----", format},
		"base64 without its end":     {strings.TrimRight(of("a", 32), "="), "keyring: key 1 is not in base64"},
		"base64 of URLs":             {"v1:a:" + strings.Repeat("_-", 21) + "8=", "keyring: key 1 is not in base64"},
		"base64 with bits left over": {"v1:a:" + strings.Repeat("A", 42) + "B=", "keyring: key 1 is not in base64"},
		"hexadecimal":                {"v1:a:" + strings.Repeat("0g", 32), "keyring: key 1 has 48 bytes, want 32"},
		"no id":                      {of("", 32), id},
		"an id of other letters":     {of("schlüssel", 32), id},
		"a long id":                  {of(strings.Repeat("a", 129), 32), id},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if ring, err := keyring.Parse(c.text); err == nil || err.Error() != c.want || ring != nil {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if _, err := keyring.Parse("#\n"); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("an empty ring: %v, want keyring.ErrNoKey", err)
	}
	for _, k := range []keyring.Key{{}, keyring.Generate("a b")} {
		if _, err := keyring.New(k); err == nil {
			t.Errorf("a ring of the key with the id %q", k.ID())
		}
	}
}

func TestKeysAndRingsDoNotShowThemselves(t *testing.T) {
	t.Parallel()
	key := keyring.Generate("a")
	ring, err := keyring.New(key)
	if err != nil {
		t.Fatal(err)
	}
	encoded := strings.Split(key.Written().Reveal(), ":")[2]
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{key, &key, ring, *ring, []keyring.Key{key}, map[string]any{"k": key, "r": ring}, key.Written()} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Errorf("%T: %v", v, err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			text = append(text, fmt.Sprintf(verb, v)...)
		}
		for _, form := range []string{encoded[:12], string(raw[:6]), fmt.Sprintf("%x", raw[:6]), fmt.Sprintf("%X", raw[:6]), strings.Trim(fmt.Sprintf("%d", raw[:6]), "[]")} {
			if strings.Contains(string(text), form) {
				t.Errorf("a %T shows a part of the key: %s", v, text)
			}
		}
	}
}

func TestWrittenKeysAreRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._/-]{0,127}`), 1, 5, rapid.ID[string]).Draw(t, "ids")
		gap := rapid.StringMatching("[ \t\r\n,]{1,3}|\n# comment\n").Draw(t, "gap")
		keys, lines := make([]keyring.Key, len(ids)), make([]string, len(ids))
		for i, id := range ids {
			keys[i] = keyring.Generate(id)
			lines[i] = keys[i].Written().Reveal()
		}
		made, err := keyring.New(keys...)
		if err != nil {
			t.Fatal(err)
		}
		read, err := keyring.Parse(strings.Join(lines, gap))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(made.Primary(), read.Primary()); diff != "" {
			t.Error(diff)
		}
		for _, k := range keys {
			single, err := keyring.New(k)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := read.Unwrap("p", single.Wrap("p", []byte("x"))); string(got) != "x" || err != nil {
				t.Errorf("what %s wrapped: %q, %v", k.ID(), got, err)
			}
		}
	})
}

// A text either is a ring that works, or is refused in words of our own.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", of("a", 32), of("a", 32) + "\n#\n" + of("b", 32), of("a", 31), "v1:a:", "v1::", "::", "v2:a:b", "#", ",", "v1:a:\x00=", of("a/b", 32) + ",,"} {
		f.Add(seed)
	}
	told := regexp.MustCompile(`^keyring: (there is no key|key \d+ (has an unknown format: want v1:ID:BASE64, as the verb keygen prints it|` +
		`has no proper id: want letters, digits and . _ / -, 128 at most|is not in base64|is not random: all its bytes are the same|has \d+ bytes, want 32|` +
		`has the id of key \d+|is the same as key \d+))$`)
	f.Fuzz(func(t *testing.T, text string) {
		ring, err := keyring.Parse(text)
		switch {
		case err == nil:
			if err := ring.Check(); err != nil || !strings.Contains(text, "v1:"+ring.Primary()+":") {
				t.Errorf("the ring of %q, whose primary is %q: %v", text, ring.Primary(), err)
			}
		case ring != nil || !told.MatchString(err.Error()):
			t.Errorf("%q: %v", text, err)
		}
	})
}
