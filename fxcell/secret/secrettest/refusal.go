package secrettest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/secret"
)

func refusalCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "a wrapped key is bound to its purpose", Keep: boundToPurpose},
		{Name: "a wrapped key that was altered is refused", Keep: alteredIsRefused},
		{Name: "a key id that the provider does not hold is told apart", Keep: unknownKey},
		{Name: "what another provider wrapped is unwrapped or told apart", Keep: otherProvider},
	}
}

func boundToPurpose(k *kit) {
	plain := key(32)
	purposes := []string{purpose, "suite/mac/2", "suite/mac/33", "suite/mac/", "suite/mac", "Suite/mac/3", " suite/mac/3", ""}
	for _, wrapped := range purposes {
		w := k.wrap(wrapped, plain)
		for _, asked := range purposes {
			if asked != wrapped {
				k.refuses(fmt.Sprintf("wrapped for %q, asked for %q", wrapped, asked), k, asked, w, secret.ErrUnwrap, plain)
			}
		}
	}
}

func alteredIsRefused(k *kit) {
	plain := key(32)
	w := k.wrap(purpose, plain)
	altered := func(what string, data []byte) {
		k.Helper()
		k.refuses(what, k, purpose, secret.Wrapped{KeyID: w.KeyID, Data: data}, secret.ErrUnwrap, plain)
	}
	for i := range w.Data {
		for _, bit := range []byte{0x01, 0x80} {
			data := bytes.Clone(w.Data)
			data[i] ^= bit
			altered(fmt.Sprintf("byte %d of %d ^ %#x", i, len(w.Data), bit), data)
		}
		altered(fmt.Sprintf("cut after %d of %d bytes", i, len(w.Data)), bytes.Clone(w.Data[:i]))
	}
	altered("a byte more", append(bytes.Clone(w.Data), 0))
	altered("twice", append(bytes.Clone(w.Data), w.Data...))
	altered("no data", nil)
	altered("the key itself", plain)
	altered("zeros", make([]byte, len(w.Data)))
	k.unwraps(k.Outside, purpose, w, plain)
}

func unknownKey(k *kit) {
	plain := key(32)
	w := k.wrap(purpose, plain)
	for _, id := range []string{"", w.KeyID + "x", "x" + w.KeyID, w.KeyID + "/2", "another key"} {
		k.refuses(fmt.Sprintf("key id %q", id), k, purpose, secret.Wrapped{KeyID: id, Data: w.Data}, secret.ErrUnknownKey, plain)
	}
}

// Two providers either hold the same key-encryption key, or say that they do not.
func otherProvider(k *kit) {
	plain := key(32)
	w := k.wrap(purpose, plain)
	if got, err := k.other.Unwrap(k.Outside, purpose, w); err == nil {
		if !bytes.Equal(got, plain) {
			k.Errorf("the other provider unwrapped %d bytes, not the key", len(got))
		}
		return
	} else if !errors.Is(err, secret.ErrUnknownKey) {
		k.Errorf("the other provider: Unwrap = %v, want secret.ErrUnknownKey", err)
	}
	theirs, err := k.other.Wrap(k.Outside, purpose, plain)
	if err != nil {
		k.Fatalf("the other provider: Wrap = %v", err)
	}
	k.refuses("the other provider's id on our data", k.other, purpose, secret.Wrapped{KeyID: theirs.KeyID, Data: w.Data}, secret.ErrUnwrap, plain)
	k.refuses("our id on the other provider's data", k, purpose, secret.Wrapped{KeyID: w.KeyID, Data: theirs.Data}, secret.ErrUnwrap, plain)
}

// How many wrap and unwrap at a time.
const crowd = 12

func manyAtATime(k *kit) {
	var all sync.WaitGroup
	for n := range crowd {
		all.Go(func() {
			mine, purpose := key(16+n), fmt.Sprint("suite/", n)
			for range 8 {
				w, err := k.Wrap(k.Outside, purpose, mine)
				if err != nil {
					k.Errorf("Wrap = %v", err)
					return
				}
				k.unwraps(k.Outside, purpose, w, mine)
			}
		})
	}
	all.Wait()
}
