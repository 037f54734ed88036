package keyrotate_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/cells/access/internal/settings"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/token"
	"fxcell.dev/cells/access/slices/keyrotate"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/secret"
)

const (
	day   = 24 * time.Hour
	keep  = settings.MaxTokenTTL + auth.MaxSkew + keys.MaxAge + keys.ReloadEvery
	every = 8 * day
)

// replica is one process of many on a store.
type replica struct {
	*accesstest.Fixture

	ring   *keys.Ring
	issuer *token.Issuer
}

// join starts another process on the fixture's store, which rotates until the test ends.
func join(t *testing.T, f *accesstest.Fixture, provider secret.KeyProvider) *replica {
	t.Helper()
	r := &replica{Fixture: f, ring: keys.NewRing(f.Tx, f.Store, provider, f.Clock, keys.Options{
		Algorithm: keys.EdDSA, Keep: keep, RotateEvery: every, Ahead: time.Hour,
	})}
	if err := r.ring.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	issuer, err := token.NewIssuer(auth.Config{}, settings.Config{TokenTTL: settings.MaxTokenTTL}, r.ring, f.Clock)
	if err != nil {
		t.Fatal(err)
	}
	r.issuer = issuer
	go func() { _ = keyrotate.New(r.ring, zap.NewNop()).Run(t.Context()) }() // ends without an error when the test does
	return r
}

func (r *replica) issue(t *testing.T) string {
	t.Helper()
	user := domain.User{ID: "ada"}
	issued, err := r.issuer.Issue(t.Context(), user, r.issuer.Open(user))
	if err != nil {
		t.Fatal(err)
	}
	return issued.Text.Reveal()
}

// copied is a key set that a program elsewhere keeps for an hour, as common libraries do.
type copied struct {
	from *replica
	at   time.Time
	keys map[string]auth.PublicKey
}

func (c *copied) Key(ctx context.Context, id string) (auth.PublicKey, error) {
	if now := c.from.Clock.Now(); now.Sub(c.at) >= time.Hour {
		all, err := c.from.ring.Keys(ctx)
		if err != nil {
			return auth.PublicKey{}, err
		}
		c.at, c.keys = now, map[string]auth.PublicKey{}
		for _, k := range all {
			c.keys[k.ID] = k
		}
	}
	k, ok := c.keys[id]
	if !ok {
		return auth.PublicKey{}, auth.ErrUnknownKey
	}
	return k, nil
}

// verify returns the id of the key by which the token was verified.
func verify(t *testing.T, source interface {
	Key(ctx context.Context, id string) (auth.PublicKey, error)
}, text string,
) (kid string) {
	t.Helper()
	_, err := jwt.Parse(text, func(tok *jwt.Token) (any, error) {
		kid, _ = tok.Header["kid"].(string)
		key, err := source.Key(t.Context(), kid)
		return key.Key, err
	}, jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithExpirationRequired())
	if err != nil {
		t.Errorf("%v after the start: %v", time.Since(began), err)
	}
	return kid
}

// began is when every bubble starts.
var began = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func TestNoTokenIsRejectedWhileKeysRotate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := accesstest.New(t)
		tx := memdb.NewEngine() // without the fixture's own key
		f.Tx, f.Store = tx, &accesstest.Store{Store: store.NewMemory(tx)}
		provider := accesstest.NewKeyProvider()
		replicas := []*replica{join(t, f, provider)}
		<-time.After(7 * time.Second)
		replicas = append(replicas, join(t, f, provider))
		elsewhere := &copied{from: replicas[1]}
		var signed []string // the keys that signed, in order
		for time.Since(began) < 60*day {
			var texts []string
			for _, r := range replicas {
				texts = append(texts, r.issue(t))
			}
			for _, text := range texts {
				if kid := verify(t, elsewhere, text); !slices.Contains(signed, kid) {
					signed = append(signed, kid)
				}
			}
			<-time.After(settings.MaxTokenTTL - time.Second)
			for _, text := range texts { // in its last second
				verify(t, replicas[0].ring, text)
				verify(t, replicas[1].ring, text)
				verify(t, elsewhere, text)
			}
			<-time.After(pause(time.Since(began)))
		}
		all, err := f.Store.Keys(t.Context())
		if err != nil || len(signed) != 8 || len(all) > 3 {
			t.Errorf("%d keys signed in 60 days, %d are there, %v", len(signed), len(all), err)
		}
		active := slices.IndexFunc(all, func(k domain.SigningKey) bool { return k.State == domain.KeyActive })
		if active < 0 || all[active].ID != signed[len(signed)-1] {
			t.Errorf("the active key is not the last that signed: %d of %d", active, len(all))
		}
	})
}

// pause is short around the times at which a key takes over, and long otherwise.
func pause(age time.Duration) time.Duration {
	if phase := age % every; phase < 4*time.Hour || phase > every-8*time.Hour {
		return 7 * time.Minute
	}
	return 6 * time.Hour
}

func count(t *testing.T, f *accesstest.Fixture) int {
	t.Helper()
	all, err := f.Store.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestNextKeyIsMadeWellAfterTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := accesstest.New(t)
		core, logs := observer.New(zap.DebugLevel)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- keyrotate.New(f.Ring, zap.New(core)).Run(ctx) }()
		<-time.After(10*time.Second - time.Nanosecond)
		synctest.Wait()
		if got := count(t, f); got != 1 {
			t.Errorf("%d keys in the first ten seconds, want the one that signs", got)
		}
		<-time.After(6 * time.Second)
		if got := count(t, f); got != 2 {
			t.Errorf("%d keys afterwards, want 2", got)
		}
		if all, err := f.Ring.Keys(t.Context()); err != nil || len(all) != 2 {
			t.Errorf("published are %d keys, %v, want 2", len(all), err)
		}
		<-time.After(settings.DefaultKeyRotateEvery + 2*time.Hour)
		var lines []string
		for _, line := range logs.All() {
			lines = append(lines, line.Message)
		}
		want := []string{"made the next signing key", "made the next signing key", "rotated the signing key", "forgot retired signing keys"}
		if !slices.Equal(lines, want) {
			t.Errorf("logged %q, want %q", lines, want)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it ends with %v", err)
		}
	})
}

func TestRotationThatFailsIsLeftToTheSupervisor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := accesstest.New(t)
		broken := &accesstest.Broken{Store: f.Store, Method: "Keys", Err: db.ErrUnavailable}
		ring := keys.NewRing(f.Tx, broken, accesstest.NewKeyProvider(), f.Clock, keys.Options{Algorithm: keys.EdDSA})
		if err := keyrotate.New(ring, zap.NewNop()).Run(t.Context()); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
}
