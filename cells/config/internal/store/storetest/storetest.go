// Package storetest holds every implementation of the config cell's store to the promises of its port.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// Adapter is a store with the transactor that it belongs to.
type Adapter struct {
	Tx    db.Transactor
	Store store.Store
}

// Promise is one thing that the port says. Holds returns what an empty adapter does otherwise.
type Promise struct {
	Name  string
	Holds func(ctx context.Context, a Adapter) error
}

// Run tests every promise on an empty adapter of its own.
func Run(t *testing.T, open func(t *testing.T) Adapter) {
	t.Helper()
	for _, p := range Promises() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			if err := p.Holds(t.Context(), open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Promises returns all promises.
func Promises() []Promise {
	return []Promise{
		{"a setting is read as it was written", readsBack},
		{"what is hard to keep is read back as it was", readsBackHard},
		{"what is missing is not found", notFound},
		{"a key that no setting can have is not found", findsNoSuchKey},
		{"a key is in use once", unique},
		{"an update follows the stored version", follows},
		{"versions are kept", keepsVersions},
		{"of the versions the newest are kept", keepsTheNewest},
		{"a deleted setting leaves nothing but its numbers", deletes},
		{"a list is sorted and starts after a key", lists},
		{"a list keeps to its prefix and limit", listsPrefix},
		{"keys and prefixes are bytes, not patterns", listsBytes},
		{"revisions count publications of all settings", countsRevisions},
		{"the newest publication is kept", keepsPublication},
		{"writes need a transaction", needsTransaction},
		{"a failed transaction leaves no trace", leavesNoTrace},
		{"readers outside see what was committed", isolates},
		{"writers of a setting take turns", takesTurns},
		{"parallel inserts have one winner", insertsOnce},
		{"a deletion takes along what was added while it waited", deletesAll},
		{"a key counts on however its writers meet", countsOn},
		{"parallel publications have their own revisions", publishesInTurns},
	}
}

// Setting returns a setting that was not stored yet.
func Setting(key, value string) domain.Entry {
	at := time.Date(2026, 5, 4, 3, 2, 1, 123456000, time.UTC)
	return domain.Entry{
		Rules: domain.Rules{Type: domain.TypeString, Schema: `{"maxLength": 100}`, Sensitive: true},
		ID:    "01890a5d-ac96-774b-bcce-b302099a8057", Key: key, Value: secret.NewText(value), CreatedAt: at, UpdatedAt: at,
	}
}

func (a Adapter) insert(ctx context.Context, key, value string) (e domain.Entry, err error) {
	err = a.Tx.InTx(ctx, func(ctx context.Context) error {
		e, err = a.Store.Insert(ctx, Setting(key, value))
		return err
	})
	return e, err
}

// next stores the next version of a setting.
func (a Adapter) next(ctx context.Context, key, value string) error {
	return a.Tx.InTx(ctx, func(ctx context.Context) error {
		e, err := a.Store.ForUpdate(ctx, key)
		if err != nil {
			return err
		}
		return a.Store.Update(ctx, following(e, value))
	})
}

func following(e domain.Entry, value string) domain.Entry {
	e.Version++
	e.Value = secret.NewText(value)
	e.UpdatedAt = e.UpdatedAt.Add(time.Second)
	return e
}

func (a Adapter) remove(ctx context.Context, key string) error {
	return a.Tx.InTx(ctx, func(ctx context.Context) error { return a.Store.Delete(ctx, key) })
}

func (a Adapter) publish(ctx context.Context, e domain.Entry) (p domain.Publication, err error) {
	err = a.Tx.InTx(ctx, func(ctx context.Context) error {
		p, err = a.Store.Publish(ctx, publication(e))
		return err
	})
	return p, err
}

func publication(e domain.Entry) domain.Publication {
	return domain.Publication{
		ID: "01890a5d-ac96-774b-bcce-b302099a8058", ConfigID: e.ID, Key: e.Key, Version: e.Version, Value: e.Value, Sensitive: e.Sensitive,
		PublishedAt: e.UpdatedAt,
	}
}

// same compares two values that may hold secrets and times.
func same[T any](what string, got, want T) error {
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("%s (-want +got):\n%s", what, diff)
	}
	return nil
}

func wants(what string, err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	return errors.Join(fmt.Errorf("%s: want the error %w, got another or none", what, want), err)
}
