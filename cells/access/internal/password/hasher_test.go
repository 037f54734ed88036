package password_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/password"
	"fxcell.dev/fxcell/secret"
)

const plain = "correct horse battery staple"

var cheap = password.Params{Memory: 8, Time: 1, Threads: 1}

// counting returns a hasher and the number of hashes that it computed with its own parameters, and with others.
func counting(t *testing.T, params password.Params) (h *password.Hasher, own, others *atomic.Int64) {
	t.Helper()
	own, others = new(atomic.Int64), new(atomic.Int64)
	h, err := password.NewHasher(password.Options{
		Params: params, Concurrency: 2, Queue: 8, Wait: time.Minute,
		Derive: func(plain, salt []byte, p password.Params, size uint32) []byte {
			if p == params && size == 32 && len(salt) == 16 {
				own.Add(1)
			} else {
				others.Add(1)
			}
			return password.Argon2id(plain, salt, p, size)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, own, others
}

func hash(t *testing.T, h *password.Hasher, plain string) secret.Text {
	t.Helper()
	text, err := h.Hash(t.Context(), secret.NewText(plain))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestHashIsArgon2idAtTheFloorOfOWASP(t *testing.T) {
	t.Parallel()
	h, own, others := counting(t, password.Current())
	text := hash(t, h, plain)
	want := regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1,prep=nfc\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`) // 16 and 32 bytes
	if !want.MatchString(text.Reveal()) {
		t.Errorf("got %s", text.Reveal())
	}
	if ok, err := h.Verify(t.Context(), text, secret.NewText(plain)); !ok || err != nil {
		t.Errorf("the right password: %v, %v", ok, err)
	}
	if own.Load() != 2 || others.Load() != 0 {
		t.Errorf("%d hashes with current parameters, %d with others, want 2 and 0", own.Load(), others.Load())
	}
}

func TestHashDependsOnASaltOfItsOwn(t *testing.T) {
	t.Parallel()
	h, _, _ := counting(t, cheap)
	if a, b := hash(t, h, plain), hash(t, h, plain); a.Reveal() == b.Reveal() {
		t.Error("one password has one hash twice")
	}
}

func TestPasswordIsComparedByItsCharacters(t *testing.T) {
	t.Parallel()
	h, _, _ := counting(t, cheap)
	long := strings.Repeat("0123456789", 10)
	for _, c := range []struct {
		name, set, sent string
		want            bool
	}{
		{"same", plain, plain, true},
		{"composed set, decomposed sent", "caf\u00e9 caf\u00e9 caf\u00e9!", "cafe\u0301 cafe\u0301 cafe\u0301!", true},
		{"decomposed set, composed sent", "cafe\u0301 cafe\u0301 cafe\u0301!", "caf\u00e9 caf\u00e9 caf\u00e9!", true},
		{"compatibility form", "ﬁfteen letters.", "fifteen letters.", false},
		{"case", plain, strings.ToUpper(plain), false},
		{"leading space", " " + plain, plain, false},
		{"trailing space", plain, plain + " ", false},
		{"byte 73", long, long[:72] + "X" + long[73:], false},
		{"only a prefix", long, long[:72], false},
		{"behind a NUL", "abcdefghijklmnop\x00qr", "abcdefghijklmnop\x00xy", false},
		{"emoji", strings.Repeat("😀", 15), strings.Repeat("😀", 15), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := h.Verify(t.Context(), hash(t, h, c.set), secret.NewText(c.sent))
			if err != nil || got != c.want {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestVerifyComputesOneHashWhateverItIsGiven(t *testing.T) {
	t.Parallel()
	right, _, _ := counting(t, cheap)
	known := hash(t, right, plain)
	for _, c := range []struct {
		name   string
		stored secret.Text
		sent   string
	}{
		{"right password", known, plain},
		{"wrong password", known, "wrong horse battery staple"},
		{"empty password", known, ""},
		{"over-long password", known, strings.Repeat("a", 1<<20)},
		{"257 code points", known, strings.Repeat("a", 257)},
		{"no UTF-8", known, "\xff"},
		{"no such user", secret.Text{}, plain},
		{"no such user, empty password", secret.Text{}, ""},
		{"no such user, over-long password", secret.Text{}, strings.Repeat("a", 1<<20)},
		{"unreadable hash", secret.NewText("$2a$10$x"), plain},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, own, others := counting(t, cheap)
			got, err := h.Verify(t.Context(), c.stored, secret.NewText(c.sent))
			if want := c.name == "right password"; got != want {
				t.Errorf("got %v, %v", got, err)
			}
			if want := c.name == "unreadable hash"; errors.Is(err, password.ErrStored) != want {
				t.Errorf("got error %v", err)
			}
			if own.Load() != 1 || others.Load() != 0 {
				t.Errorf("%d hashes with current parameters, %d with others, want 1 and 0", own.Load(), others.Load())
			}
		})
	}
}

func TestOverLongPasswordIsNobodys(t *testing.T) {
	t.Parallel()
	derive := func(_, _ []byte, _ password.Params, size uint32) []byte { return make([]byte, size) } // everything fits
	h, err := password.NewHasher(password.Options{Params: cheap, Derive: derive, Concurrency: 1, Wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	known := hash(t, h, plain)
	for name, sent := range map[string]string{"over-long": strings.Repeat("a", password.MaxBytes+1), "no UTF-8": "\xff"} {
		if ok, err := h.Verify(t.Context(), known, secret.NewText(sent)); ok || err != nil {
			t.Errorf("%s: got %v, %v", name, ok, err)
		}
	}
	if ok, err := h.Verify(t.Context(), known, secret.NewText("")); !ok || err != nil {
		t.Errorf("the case proves nothing: %v, %v", ok, err)
	}
}

func TestHashRefusesWhatMayNotBeSet(t *testing.T) {
	t.Parallel()
	h, own, _ := counting(t, cheap)
	_, err := h.Hash(t.Context(), secret.NewText("too short"))
	var rule *domain.RuleError
	if !errors.As(err, &rule) || own.Load() != 0 {
		t.Errorf("got %v after %d hashes", err, own.Load())
	}
}

func TestHasherRefusesCostsOutOfBounds(t *testing.T) {
	t.Parallel()
	ok := password.Options{Params: cheap, Concurrency: 1, Wait: time.Second}
	for name, change := range map[string]func(*password.Options){
		"no concurrency": func(o *password.Options) { o.Concurrency = 0 },
		"no wait":        func(o *password.Options) { o.Wait = 0 },
		"no passes":      func(o *password.Options) { o.Params.Time = 0 },
		"too much":       func(o *password.Options) { o.Params.Memory = 1<<20 + 1 },
	} {
		o := ok
		change(&o)
		if _, err := password.NewHasher(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestEndedRequestCostsNoHash(t *testing.T) {
	t.Parallel()
	h, own, _ := counting(t, cheap)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Verify(ctx, secret.Text{}, secret.NewText(plain)); !errors.Is(err, context.Canceled) || own.Load() != 0 {
		t.Errorf("got %v after %d hashes", err, own.Load())
	}
}

func BenchmarkHash(b *testing.B) {
	h, err := password.NewHasher(password.Options{Params: password.Current(), Concurrency: 1, Wait: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := h.Hash(b.Context(), secret.NewText(plain)); err != nil {
			b.Fatal(err)
		}
	}
}
