package memory

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/secret"
)

func newTestKeys(t *testing.T) *keys {
	t.Helper()
	k, err := newKeys()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWrappedKeysComeBack(t *testing.T) {
	t.Parallel()
	k := newTestKeys(t)
	if k.Durability() != durability.Volatile {
		t.Errorf("Durability = %v, want volatile", k.Durability())
	}
	rapid.Check(t, func(rt *rapid.T) {
		purpose, key := rapid.String().Draw(rt, "purpose"), rapid.SliceOf(rapid.Byte()).Draw(rt, "key")
		first, err := k.Wrap(t.Context(), purpose, key)
		if err != nil {
			rt.Fatal(err)
		}
		second, _ := k.Wrap(t.Context(), purpose, key)
		if bytes.Equal(first.Data, second.Data) {
			rt.Error("wrapped twice to the same bytes")
		}
		for _, w := range []secret.Wrapped{first, second} {
			if got, err := k.Unwrap(t.Context(), purpose, w); !bytes.Equal(got, key) || err != nil {
				rt.Errorf("Unwrap = %x, %v, want %x", got, err, key)
			}
		}
	})
}

func TestUnwrapRefusesWhatItDidNotWrapForThePurpose(t *testing.T) {
	t.Parallel()
	k, other := newTestKeys(t), newTestKeys(t)
	w, err := k.Wrap(t.Context(), "audit/mac/3", []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.Data {
		altered := secret.Wrapped{KeyID: w.KeyID, Data: bytes.Clone(w.Data)}
		altered.Data[i] ^= 1
		if _, err := k.Unwrap(t.Context(), "audit/mac/3", altered); !errors.Is(err, secret.ErrUnwrap) {
			t.Errorf("byte %d altered: %v, want secret.ErrUnwrap", i, err)
		}
	}
	for name, c := range map[string]struct {
		by      *keys
		purpose string
		wrapped secret.Wrapped
		want    error
	}{
		"another purpose":             {k, "audit/mac/2", w, secret.ErrUnwrap},
		"no data":                     {k, "audit/mac/3", secret.Wrapped{KeyID: w.KeyID}, secret.ErrUnwrap},
		"another process":             {other, "audit/mac/3", w, secret.ErrUnknownKey},
		"another process's id forged": {other, "audit/mac/3", secret.Wrapped{KeyID: other.ring.Primary(), Data: w.Data}, secret.ErrUnwrap},
	} {
		if got, err := c.by.Unwrap(t.Context(), c.purpose, c.wrapped); !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: %x, %v, want %v", name, got, err, c.want)
		}
	}
}
