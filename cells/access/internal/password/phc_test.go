package password

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	salt16 = "AAAAAAAAAAAAAAAAAAAAAA"
	tag32  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	good   = "$argon2id$v=19$m=19456,t=2,p=1,prep=nfc$" + salt16 + "$" + tag32
)

func TestStoredHashIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := parse(good); err != nil {
		t.Fatalf("the hash that the others differ from: %v", err)
	}
	for _, c := range []struct{ name, old, with string }{
		{"another function", "argon2id", "argon2i"},
		{"another version", "v=19", "v=16"},
		{"no version", "$v=19", ""},
		{"too much memory", "m=19456", "m=1048577"},
		{"memory that overflows", "m=19456", "m=4294967296"},
		{"too little memory", "m=19456", "m=7"},
		{"too many passes", "t=2", "t=11"},
		{"no pass", "t=2", "t=0"},
		{"too many threads", "p=1", "p=17"},
		{"threads that overflow", "p=1", "p=257"},
		{"no thread", "p=1", "p=0"},
		{"sign", "m=19456", "m=+19456"},
		{"negative", "m=19456", "m=-1"},
		{"leading zero", "m=19456", "m=019456"},
		{"hexadecimal", "m=19456", "m=0x10"},
		{"another order", "t=2,p=1", "p=1,t=2"},
		{"no preparation", ",prep=nfc", ""},
		{"another preparation", "prep=nfc", "prep=nfkc"},
		{"one more parameter", "prep=nfc", "prep=nfc,data=x"},
		{"short salt", salt16, "AAAAAAAA"},
		{"long salt", salt16, strings.Repeat("A", 88)},
		{"short tag", tag32, "AAAAAAAAAAA"},
		{"long tag", tag32, strings.Repeat("A", 88)},
		{"padding", tag32, tag32 + "="},
		{"bits behind the tag", tag32, tag32[:42] + "B"},
		{"line break", tag32, tag32[:20] + "\n" + tag32[20:]},
		{"one more field", tag32, tag32 + "$"},
		{"no tag", "$" + tag32, ""},
		{"something before", "$argon2id", "x$argon2id"},
		{"long", tag32, strings.Repeat("A", 1<<20)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(good, c.old, c.with, 1)
			if text == good {
				t.Fatal("the case changes nothing")
			}
			got, err := parse(text)
			if !errors.Is(err, ErrStored) || got.tag != nil {
				t.Errorf("got %v, %v", got, err)
			}
			if err.Error() != ErrStored.Error() {
				t.Errorf("the error says more than it may: %v", err)
			}
		})
	}
}

func TestStoredHashReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		threads := rapid.IntRange(1, maxThreads).Draw(t, "p")
		s := stored{
			params: Params{
				Memory: uint32(rapid.IntRange(8*threads, maxMemory).Draw(t, "m")), Time: uint32(rapid.IntRange(1, maxTime).Draw(t, "t")),
				Threads: uint8(threads),
			},
			salt: rapid.SliceOfN(rapid.Byte(), minSalt, maxSalt).Draw(t, "salt"),
			tag:  rapid.SliceOfN(rapid.Byte(), minTag, maxTag).Draw(t, "tag"),
		}
		got, err := parse(s.String())
		if err != nil || got.params != s.params || string(got.salt) != string(s.salt) || string(got.tag) != string(s.tag) {
			t.Fatalf("%v read as %v, %v", s, got, err)
		}
	})
}

func FuzzParseStoredHash(f *testing.F) {
	f.Add(good)
	f.Add("$argon2id$v=19$m=8,t=1,p=1,prep=nfc$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(text)
		if err != nil {
			return
		}
		if s.String() != text || !s.params.bounded() || len(s.salt) > maxSalt || len(s.tag) > maxTag {
			t.Errorf("%q read as %v", text, s)
		}
	})
}
