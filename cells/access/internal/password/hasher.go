package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"time"

	"golang.org/x/crypto/argon2"

	"fxcell.dev/fxcell/secret"
)

// Derive computes a tag: argon2id, or what a test puts in its place.
type Derive func(password, salt []byte, p Params, size uint32) []byte

// Argon2id is the Derive of every product.
func Argon2id(password, salt []byte, p Params, size uint32) []byte {
	return argon2.IDKey(password, salt, p.Time, p.Memory, p.Threads, size)
}

// Options are what a Hasher works with.
type Options struct {
	Params      Params
	Derive      Derive // nil means Argon2id
	Concurrency int    // hashes at once
	Queue       int    // callers that wait
	Wait        time.Duration
}

// Hasher makes and checks hashes. It is safe for concurrent use; when too many callers wait it answers problem.Unavailable.
type Hasher struct {
	params Params
	derive Derive
	pool   *pool
	dummy  stored // what is computed where there is nothing to check
}

// NewHasher returns a hasher, or an error for costs out of bounds.
func NewHasher(o Options) (*Hasher, error) {
	if !o.Params.bounded() || o.Concurrency < 1 || o.Wait <= 0 {
		return nil, fmt.Errorf("password: costs or pool out of bounds: %+v, %d hashes at once, wait %v", o.Params, o.Concurrency, o.Wait)
	}
	if o.Derive == nil {
		o.Derive = Argon2id
	}
	dummy := stored{params: o.Params, salt: random(saltSize), tag: random(tagSize)}
	return &Hasher{params: o.Params, derive: o.Derive, pool: newPool(o.Concurrency, o.Queue, o.Wait), dummy: dummy}, nil
}

// Hash returns what to store for a password that Check lets pass.
func (h *Hasher) Hash(ctx context.Context, plain secret.Text) (secret.Text, error) {
	if err := Check(plain); err != nil {
		return secret.Text{}, fmt.Errorf("password: hash: %w", err)
	}
	normal, _ := normalise(plain)
	s := stored{params: h.params, salt: random(saltSize)}
	if err := h.pool.do(ctx, func() { s.tag = h.derive([]byte(normal), s.salt, s.params, tagSize) }); err != nil {
		return secret.Text{}, fmt.Errorf("password: hash: %w", err)
	}
	return secret.NewText(s.String()), nil
}

// Verify reports whether plain is the password of a stored hash. It computes exactly one hash whatever it is given: also when hash is empty,
// because there is no such user or no password, and when plain is empty, too long or not even text. A stored hash that cannot be read is ErrStored.
func (h *Hasher) Verify(ctx context.Context, hash, plain secret.Text) (bool, error) {
	s, checks := h.dummy, false
	var unreadable error
	if !hash.IsZero() {
		if parsed, err := parse(hash.Reveal()); err != nil {
			unreadable = err
		} else {
			s, checks = parsed, true
		}
	}
	normal, ok := normalise(plain)
	same := false
	err := h.pool.do(ctx, func() {
		tag := h.derive([]byte(normal), s.salt, s.params, uint32(len(s.tag)))
		same = subtle.ConstantTimeCompare(tag, s.tag) == 1
	})
	if err == nil {
		err = unreadable
	}
	if err != nil {
		return false, fmt.Errorf("password: verify: %w", err)
	}
	return same && ok && checks, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: the process ends instead
	return b
}
