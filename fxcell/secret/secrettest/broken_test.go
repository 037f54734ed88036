package secrettest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/secret"
)

func TestSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	promise.Catch(t, cases(), broken(), func(t *promise.T, sabotage func(f *fake)) *kit {
		f, other := newFake(), newFake()
		if sabotage != nil {
			sabotage(f)
			sabotage(other)
		}
		return &kit{t, f, other}
	})
}

func TestSuitePassesSoundAdapters(t *testing.T) {
	t.Parallel()
	shared := newFake()
	for name, open := range map[string]func(t *testing.T) secret.KeyProvider{
		"each with its key": func(*testing.T) secret.KeyProvider { return newFake() },
		"one for all":       func(*testing.T) secret.KeyProvider { return shared },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Run(t, open)
		})
	}
}

// fake wraps by AES-GCM. Its functions and faults stand in for what it does; zero ones break nothing.
type fake struct {
	grade   durability.Grade
	id      string
	aead    cipher.AEAD
	bind    func(purpose string) string
	knows   func(id string) bool
	wrap    func(key []byte) []byte // before it is encrypted
	wrapped func(data, key []byte) []byte
	unwrap  func(data, key []byte, err error) ([]byte, error)
	nonce   []byte // the same each time

	mu      sync.Mutex // for sabotage
	purpose string
	calls   int
	met     chan struct{}
}

func newFake() *fake {
	random := make([]byte, 32)
	_, _ = rand.Read(random)
	block, err := aes.NewCipher(random)
	if err != nil {
		return nil
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil
	}
	return &fake{grade: durability.Volatile, id: fmt.Sprintf("fake/%x", random[:4]), aead: aead}
}

func (f *fake) Durability() durability.Grade { return f.grade }

func (f *fake) bound(purpose string) []byte {
	if f.bind != nil {
		purpose = f.bind(purpose)
	}
	return []byte(purpose)
}

func (f *fake) Wrap(ctx context.Context, purpose string, key []byte) (secret.Wrapped, error) {
	if f.met != nil {
		purpose = f.meets(ctx, purpose)
	}
	nonce := f.nonce
	if nonce == nil {
		nonce = make([]byte, f.aead.NonceSize())
		_, _ = rand.Read(nonce)
	}
	plain := key
	if f.wrap != nil {
		plain = f.wrap(key)
	}
	data := f.aead.Seal(bytes.Clone(nonce), nonce, plain, f.bound(purpose))
	if f.wrapped != nil {
		data = f.wrapped(data, key)
	}
	return secret.Wrapped{KeyID: f.id, Data: data}, nil
}

// meets keeps the purpose beside the provider. The first callers meet there.
func (f *fake) meets(ctx context.Context, purpose string) string {
	f.mu.Lock()
	f.purpose = purpose
	if f.calls++; f.calls == crowd {
		close(f.met)
	}
	f.mu.Unlock()
	select {
	case <-f.met:
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.purpose
}

func (f *fake) Unwrap(_ context.Context, purpose string, w secret.Wrapped) ([]byte, error) {
	if f.knows == nil && w.KeyID != f.id || f.knows != nil && !f.knows(w.KeyID) {
		return nil, secret.ErrUnknownKey
	}
	key, err := f.open(purpose, w.Data)
	if f.unwrap != nil {
		return f.unwrap(w.Data, key, err)
	}
	return key, err
}

func (f *fake) open(purpose string, data []byte) ([]byte, error) {
	n := f.aead.NonceSize()
	if len(data) < n {
		return nil, secret.ErrUnwrap
	}
	key, err := f.aead.Open(nil, data[:n], data[n:], f.bound(purpose))
	if err != nil {
		return nil, secret.ErrUnwrap
	}
	return key, nil
}

type sabotages = []promise.Broken[func(f *fake)]

func broken() sabotages {
	return append(brokenWraps(), brokenRefusals()...)
}

func brokenWraps() sabotages {
	const back, length, shown, copies = "a wrapped key comes back", "a key of any length comes back, or is refused",
		"what is wrapped does not show the key", "nobody changes a key that others use"
	return sabotages{
		{Name: "says nothing of durability", Break: func(f *fake) { f.grade = durability.Unstated }, CaughtBy: "the provider says what it keeps"},
		{Name: "has no id", Break: func(f *fake) { f.id = "" }, CaughtBy: back},
		{Name: "changes the key", Break: func(f *fake) { f.wrap = bytes.ToUpper }, CaughtBy: back},
		{Name: "unwraps once", Break: unwrapsOnce, CaughtBy: back},
		{Name: "cuts long keys", Break: func(f *fake) { f.wrap = func(key []byte) []byte { return key[:min(len(key), 1024)] } }, CaughtBy: length},
		{Name: "fills blocks", Break: func(f *fake) {
			f.wrap = func(key []byte) []byte { return append(bytes.Clone(key), make([]byte, (16-len(key)%16)%16)...) }
		}, CaughtBy: length},
		{Name: "refuses an empty key when it is too late", Break: func(f *fake) {
			f.unwrap = func(_, key []byte, err error) ([]byte, error) {
				if len(key) == 0 {
					return nil, secret.ErrUnwrap
				}
				return key, err
			}
		}, CaughtBy: length},
		{Name: "has one nonce", Break: func(f *fake) { f.nonce = make([]byte, 12) }, CaughtBy: "two wraps of a key differ"},
		{Name: "stores the key beside", Break: func(f *fake) {
			f.wrapped = func(data, key []byte) []byte { return append(bytes.Clone(data), key...) }
		}, CaughtBy: shown},
		{Name: "encodes instead of encrypting", Break: func(f *fake) {
			f.wrapped = func(_, key []byte) []byte { return fmt.Appendf(nil, "%x", key) }
		}, CaughtBy: shown},
		{Name: "keeps the caller's slice", Break: remembers, CaughtBy: copies},
		{Name: "wipes the caller's key", Break: func(f *fake) {
			f.wrap = func(key []byte) []byte { defer clear(key); return bytes.Clone(key) }
		}, CaughtBy: copies},
		{Name: "takes one caller for another", Break: func(f *fake) { f.met = make(chan struct{}) }, CaughtBy: "many wrap and unwrap at a time"},
	}
}

func brokenRefusals() sabotages {
	const bound, altered, unknown = "a wrapped key is bound to its purpose", "a wrapped key that was altered is refused",
		"a key id that the provider does not hold is told apart"
	return sabotages{
		{Name: "forgets the purpose", Break: func(f *fake) { f.bind = func(string) string { return "" } }, CaughtBy: bound},
		{Name: "folds purposes", Break: func(f *fake) { f.bind = strings.ToLower }, CaughtBy: bound},
		{Name: "trims purposes", Break: func(f *fake) { f.bind = strings.TrimSpace }, CaughtBy: bound},
		{Name: "binds a part of the purpose", Break: func(f *fake) {
			f.bind = func(p string) string { return p[:min(len(p), len(purpose))] }
		}, CaughtBy: bound},
		{Name: "takes a byte more", Break: ignoresTail, CaughtBy: altered},
		{Name: "returns what it could not check", Break: func(f *fake) {
			f.unwrap = func(data, key []byte, err error) ([]byte, error) {
				if err != nil {
					return data, err
				}
				return key, nil
			}
		}, CaughtBy: altered},
		{Name: "gives up with another error", Break: func(f *fake) {
			f.unwrap = func(_, key []byte, err error) ([]byte, error) {
				if err != nil {
					return nil, fmt.Errorf("message authentication failed")
				}
				return key, nil
			}
		}, CaughtBy: altered},
		{Name: "shows the key in its error", Break: showsKey, CaughtBy: altered},
		{Name: "tries its key whatever the id", Break: func(f *fake) { f.knows = func(string) bool { return true } }, CaughtBy: unknown},
		{Name: "knows ids by their beginning", Break: func(f *fake) { f.knows = func(id string) bool { return strings.HasPrefix(id, f.id) } }, CaughtBy: unknown},
		{Name: "has the same id for every key", Break: func(f *fake) { f.id = "fake" }, CaughtBy: "what another provider wrapped is unwrapped or told apart"},
	}
}

func unwrapsOnce(f *fake) {
	var mu sync.Mutex
	seen := map[string]bool{}
	f.unwrap = func(data, key []byte, err error) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		if seen[string(data)] {
			return nil, secret.ErrUnwrap
		}
		seen[string(data)] = true
		return key, err
	}
}

// remembers keeps what it wrapped, and hands that out.
func remembers(f *fake) {
	var mu sync.Mutex
	known := map[string][]byte{}
	f.wrapped = func(data, key []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		known[string(data)] = key
		return data
	}
	f.unwrap = func(data, key []byte, err error) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		if kept, ok := known[string(data)]; ok {
			return kept, err
		}
		return key, err
	}
}

// ignoresTail adds a byte that it does not look at.
func ignoresTail(f *fake) {
	aead := f.aead
	f.aead = tailed{aead}
}

type tailed struct{ cipher.AEAD }

func (a tailed) Seal(dst, nonce, plain, bound []byte) []byte {
	return append(a.AEAD.Seal(dst, nonce, plain, bound), 0)
}

func (a tailed) Open(dst, nonce, data, bound []byte) ([]byte, error) {
	return a.AEAD.Open(dst, nonce, data[:max(len(data)-1, 0)], bound)
}

// showsKey decrypts without looking at the tag, and says what it found.
func showsKey(f *fake) {
	var mu sync.Mutex
	var last []byte
	f.wrap = func(key []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		last = bytes.Clone(key)
		return key
	}
	f.unwrap = func(_, key []byte, err error) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			return nil, fmt.Errorf("%w: found %x", err, last)
		}
		return key, nil
	}
}
