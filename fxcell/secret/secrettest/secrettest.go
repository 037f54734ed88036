// Package secrettest is the conformance suite of secret.KeyProvider: what every adapter of the port promises, a key in this process, a file or a
// key-management service.
//
//	func TestKeys(t *testing.T) {
//		secrettest.Run(t, func(t *testing.T) secret.KeyProvider { return open(t) })
//	}
package secrettest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/secret"
)

// MaxKey is how many bytes a key may have that every provider wraps: room for the longest private keys in use. A provider that refuses a longer one
// refuses to wrap it; what was wrapped can be unwrapped.
const MaxKey = 4096

// Run holds what open returns against every promise of the port, in parallel. open may return the same provider, or one under the same keys, each
// time.
func Run(t *testing.T, open func(t *testing.T) secret.KeyProvider) {
	t.Helper()
	promise.Run(t, promise.Waits{}, cases(), func(t *testing.T, report *promise.T) *kit {
		t.Helper()
		return &kit{report, open(t), open(t)}
	})
}

// kit is a provider under test, another one beside it, and the test.
type kit struct {
	*promise.T
	secret.KeyProvider

	other secret.KeyProvider
}

func cases() []promise.Case[*kit] {
	return slices.Concat([]promise.Case[*kit]{
		{Name: "the provider says what it keeps", Keep: statesItsGrade},
		{Name: "a wrapped key comes back", Keep: comesBack},
		{Name: "a key of any length comes back, or is refused", Keep: anyLength},
		{Name: "two wraps of a key differ", Keep: wrapsDiffer},
		{Name: "what is wrapped does not show the key", Keep: showsNothing},
		{Name: "nobody changes a key that others use", Keep: keysAreCopies},
		{Name: "many wrap and unwrap at a time", Keep: manyAtATime},
	}, refusalCases())
}

const purpose = "suite/mac/3"

// key returns n bytes that are easily told from others.
func key(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i*7 + i/256 + 1)
	}
	return out
}

func (k *kit) wrap(purpose string, key []byte) secret.Wrapped {
	k.Helper()
	w, err := k.Wrap(k.Outside, purpose, key)
	if err != nil {
		k.Fatalf("Wrap of %d bytes for %q = %v", len(key), purpose, err)
	}
	return w
}

// unwraps fails unless w is what was made of the key for the purpose.
func (k *kit) unwraps(ctx context.Context, purpose string, w secret.Wrapped, want []byte) {
	k.Helper()
	if got, err := k.Unwrap(ctx, purpose, w); !bytes.Equal(got, want) || err != nil {
		k.Errorf("Unwrap for %q = %d bytes, %v, want the %d that were wrapped", purpose, len(got), err, len(want))
	}
}

// refuses fails unless w is refused with want, and nothing of the key comes out.
func (k *kit) refuses(what string, by secret.KeyProvider, purpose string, w secret.Wrapped, want error, key []byte) {
	k.Helper()
	got, err := by.Unwrap(k.Outside, purpose, w)
	if !errors.Is(err, want) || len(got) > 0 {
		k.Errorf("%s: Unwrap = %d bytes, %v, want %v", what, len(got), err, want)
	}
	if err != nil && err.Error() != want.Error() && shows(err.Error(), key) {
		k.Errorf("%s: the error shows the key", what)
	}
}

func statesItsGrade(k *kit) {
	if got := k.Durability(); got != durability.Volatile && got != durability.Persistent {
		k.Errorf("Durability = %v, want volatile or persistent", got)
	}
}

func comesBack(k *kit) {
	for _, purpose := range []string{purpose, "access/signing", "", "püzzle/" + string(bytes.Repeat([]byte("long"), 64))} {
		w := k.wrap(purpose, key(32))
		if w.KeyID == "" {
			k.Errorf("wrapped for %q under a key without an id", purpose)
		}
		for range 2 {
			k.unwraps(k.Outside, purpose, w, key(32))
		}
		stored := secret.Wrapped{KeyID: string([]byte(w.KeyID)), Data: bytes.Clone(w.Data)}
		k.unwraps(k.Outside, purpose, stored, key(32))
	}
}

// An empty key is a key: what a caller stores for "none yet" comes back as it was.
func anyLength(k *kit) {
	for _, n := range []int{0, 1, 15, 16, 31, 32, 33, 64, 255, 256, 2048, MaxKey} {
		k.unwraps(k.Outside, purpose, k.wrap(purpose, key(n)), key(n))
	}
	k.unwraps(k.Outside, purpose, k.wrap(purpose, nil), nil)
	for _, n := range []int{MaxKey + 1, 16 * MaxKey, 256 * MaxKey} {
		if w, err := k.Wrap(k.Outside, purpose, key(n)); err == nil {
			k.unwraps(k.Outside, purpose, w, key(n))
		}
	}
}

func wrapsDiffer(k *kit) {
	for _, n := range []int{0, 16, 32} {
		seen := map[string]bool{}
		for range 16 {
			w := k.wrap(purpose, key(n))
			if seen[string(w.Data)] {
				k.Errorf("a key of %d bytes was wrapped twice to the same", n)
			}
			seen[string(w.Data)] = true
		}
	}
}

func showsNothing(k *kit) {
	for _, plain := range [][]byte{key(32), bytes.Repeat([]byte{0}, 32), bytes.Repeat([]byte("a"), 64)} {
		w := k.wrap(purpose, plain)
		if shows(string(w.Data), plain) || shows(w.KeyID, plain) {
			k.Errorf("what was made of a key of %d bytes shows a part of it", len(plain))
		}
	}
}

// shows reports whether text holds eight bytes of the key, as they are or as digits.
func shows(text string, key []byte) bool {
	for i := 0; i+8 <= len(key); i++ {
		part := key[i : i+8]
		for _, form := range []string{"%s", "%x", "%X", "%d", "%q"} {
			if bytes.Contains([]byte(text), fmt.Appendf(nil, form, part)) {
				return true
			}
		}
	}
	return false
}

func keysAreCopies(k *kit) {
	plain := key(32)
	w := k.wrap(purpose, plain)
	if !bytes.Equal(plain, key(32)) {
		k.Error("Wrap changed the key that it was given")
	}
	clear(plain) // a careful caller wipes it
	got, err := k.Unwrap(k.Outside, purpose, w)
	if err != nil || !bytes.Equal(got, key(32)) {
		k.Fatalf("Unwrap = %d bytes, %v, want the key that was wrapped", len(got), err)
	}
	before := bytes.Clone(w.Data)
	clear(got)
	k.unwraps(k.Outside, purpose, w, key(32))
	if !bytes.Equal(w.Data, before) {
		k.Error("Unwrap changed what was wrapped")
	}
	again := k.wrap(purpose, key(32))
	clear(w.Data)
	k.unwraps(k.Outside, purpose, again, key(32))
}
