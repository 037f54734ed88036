package store

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/problem"
)

func TestMemoryIsVolatile(t *testing.T) {
	t.Parallel()
	if got := NewMemory(memdb.NewEngine()).Durability(); got != durability.Volatile {
		t.Errorf("got %v", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	tx, m := memdb.NewEngine(), newMemory(2, 2)
	user := func(n string) error {
		return tx.InTx(t.Context(), func(ctx context.Context) error {
			return m.InsertUser(ctx, domain.User{ID: n, Username: domain.Username{Key: n}, Email: domain.Email{Key: n}})
		})
	}
	session := func(n string) error {
		return tx.InTx(t.Context(), func(ctx context.Context) error {
			return m.InsertSession(ctx, domain.Session{ID: n, EndsAt: time.Unix(1, 0)})
		})
	}
	for what, insert := range map[string]func(string) error{"users": user, "sessions": session} {
		for n := range 2 {
			if err := insert(strconv.Itoa(n)); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		err := insert("2")
		if !errors.Is(err, db.ErrFull) || problem.From(err).Code != problem.Unavailable {
			t.Errorf("%s: got %v, want full and to come back later", what, err)
		}
	}
	purge := func(ctx context.Context) error { return m.PurgeSessions(ctx, time.Unix(2, 0), 1) }
	if err := tx.InTx(t.Context(), purge); err != nil {
		t.Fatal(err)
	}
	if err := session("2"); err != nil {
		t.Errorf("after a purge: %v", err)
	}
}
