// Package accesstest builds the parts of the access cell for tests of its slices: in memory, with cheap hashes and without a container.
package accesstest

import (
	"context"
	"crypto/sha256"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"fxcell.dev/cells/access/internal/account"
	"fxcell.dev/cells/access/internal/attempts"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/cells/access/internal/password"
	"fxcell.dev/cells/access/internal/settings"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/token"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/secret"
)

// Password is a password that may be set.
const Password = "correct horse battery staple"

// Fixture is what slices are made of. Its clock is the system's, which a synctest bubble fakes.
type Fixture struct {
	Tx     db.Transactor
	Store  *Store
	Clock  clock.Clock
	Limits *Limiter
	Guard  *attempts.Guard
	Hashes *Hashes
	Hasher *password.Hasher
	Maker  *account.Maker
	Ring   *keys.Ring
	Issuer *token.Issuer
}

// New returns a fixture in memory whose ring has a key.
func New(tb testing.TB) *Fixture {
	tb.Helper()
	tx := memdb.NewEngine()
	return On(tb, tx, store.NewMemory(tx))
}

// On returns a fixture on a store whose ring has a key.
func On(tb testing.TB, tx db.Transactor, kept store.Store) *Fixture {
	tb.Helper()
	f := &Fixture{Tx: tx, Store: &Store{Store: kept}, Clock: clock.System(), Limits: NewLimiter(), Hashes: &Hashes{}}
	f.Guard = f.Guarded(tb, settings.Config{})
	hasher, err := password.NewHasher(password.Options{
		Params: password.Params{Memory: 8, Time: 1, Threads: 1}, Derive: f.Hashes.derive,
		Concurrency: runtime.GOMAXPROCS(0), Queue: settings.DefaultHashQueue, Wait: settings.DefaultHashWait,
	})
	must(tb, err)
	f.Hasher, f.Maker = hasher, account.NewMaker(hasher, f.Clock)
	f.Ring = keys.NewRing(f.Tx, f.Store, NewKeyProvider(), f.Clock, keys.Options{
		Algorithm: keys.EdDSA, Keep: time.Hour, RotateEvery: settings.DefaultKeyRotateEvery, Ahead: settings.DefaultKeyAhead,
	})
	must(tb, f.Ring.Ensure(tb.Context()))
	f.Issuer, err = token.NewIssuer(auth.Config{}, settings.Config{}, f.Ring, f.Clock)
	must(tb, err)
	return f
}

// Guarded returns a guard by another section.
func (f *Fixture) Guarded(tb testing.TB, cfg settings.Config) *attempts.Guard {
	tb.Helper()
	g, err := attempts.New(f.Limits, cfg)
	must(tb, err)
	return g
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// Add stores a user with the name and Password, changed by change when that is not nil.
func (f *Fixture) Add(tb testing.TB, username string, change func(*domain.User)) domain.User {
	tb.Helper()
	u, err := f.Maker.Make(tb.Context(), account.Draft{
		Username: username, Email: username + "@example.org", Password: secret.NewText(Password),
	})
	must(tb, err)
	if change != nil {
		change(&u)
	}
	must(tb, f.Tx.InTx(tb.Context(), func(ctx context.Context) error { return f.Store.InsertUser(ctx, u) }))
	return u
}

// Open stores a session of the user.
func (f *Fixture) Open(tb testing.TB, u domain.User) domain.Session {
	tb.Helper()
	s := f.Issuer.Open(u)
	must(tb, f.Tx.InTx(tb.Context(), func(ctx context.Context) error { return f.Store.InsertSession(ctx, s) }))
	return s
}

// Hashes counts what was hashed.
type Hashes struct{ n atomic.Int64 }

// Count returns the number of hashes so far.
func (h *Hashes) Count() int64 { return h.n.Load() }

// derive is a hash that costs nothing: what argon2id does is tested where the passwords are.
func (h *Hashes) derive(plain, salt []byte, _ password.Params, size uint32) []byte {
	h.n.Add(1)
	sum := sha256.Sum256(append(append([]byte{}, salt...), plain...))
	return sum[:size]
}

// Store counts the reads that go through it.
type Store struct {
	store.Store

	reads atomic.Int64
}

// Reads returns the number of reads so far.
func (s *Store) Reads() int64 { return s.reads.Load() }

// User counts and reads.
func (s *Store) User(ctx context.Context, id string) (domain.User, error) {
	s.reads.Add(1)
	return s.Store.User(ctx, id)
}

// UserByUsername counts and reads.
func (s *Store) UserByUsername(ctx context.Context, text string) (domain.User, error) {
	s.reads.Add(1)
	return s.Store.UserByUsername(ctx, text)
}

// Session counts and reads.
func (s *Store) Session(ctx context.Context, id string) (domain.Session, error) {
	s.reads.Add(1)
	return s.Store.Session(ctx, id)
}
