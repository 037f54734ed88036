package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// readsBackHard holds the store against values, schemas and times that a table, a driver or a language of queries may make something else of.
func readsBackHard(ctx context.Context, a Adapter) error {
	at := time.Date(2000, 2, 29, 23, 59, 59, 999999000, time.UTC)
	var all error
	for i, text := range []string{
		"", " \t\n", "\x00", "a\x00b", "\xff\xfe", `'"\`, `\x00`, "NULL", "$1", "%s", "日本 \U0001F512", strings.Repeat("x", domain.MaxValueBytes),
	} {
		want := Setting(fmt.Sprintf("k%d", i), text)
		want.Schema, want.Type, want.Sensitive = `{"const": "'\\u0000\\\\ ü"}`, domain.TypeJSON, i%2 == 0
		want.CreatedAt, want.UpdatedAt, want.RollbackOf = at, at.Add(time.Microsecond), int64(i)
		err := a.Tx.InTx(ctx, func(ctx context.Context) error {
			_, err := a.Store.Insert(ctx, want)
			return err
		})
		want.Version = 1
		got, getErr := a.Store.Get(ctx, want.Key)
		version, versionErr := a.Store.Version(ctx, want.Key, 1)
		published, publishErr := a.publish(ctx, want)
		publication, publicationErr := a.Store.Publication(ctx, want.Key)
		all = errors.Join(all, err, getErr, versionErr, publishErr, publicationErr, same("Get", got, want), same("Version", version, want),
			same("Publication", publication, published))
		if publication.Value.Reveal() != text || got.Value.Reveal() != text {
			all = errors.Join(all, fmt.Errorf("the value of %s is another one", want.Key))
		}
	}
	return all
}

// listsBytes lists keys as any text, whatever the cell lets clients use.
func listsBytes(ctx context.Context, a Adapter) error {
	keys := []string{"%", "%a", `\`, `\%`, "_", "_a", "A", "B", "a", "a%", `a\`, "a_", "aa", "b", "é", "ée", "\uD7FF", "\uE000", "\U0010FFFF", "\U0010FFFFa"}
	slices.Sort(keys)
	for _, key := range keys {
		if _, err := a.insert(ctx, key, "of "+key); err != nil {
			return err
		}
	}
	all := a.lists(ctx, store.Query{Limit: 100}, keys...)
	for _, prefix := range append(slices.Clone(keys), "", "B", "e", "z") {
		for _, after := range []string{"", prefix, "a", "a%"} {
			var want []string
			for _, key := range keys {
				if strings.HasPrefix(key, prefix) && key > after {
					want = append(want, key)
				}
			}
			all = errors.Join(all, a.lists(ctx, store.Query{Prefix: prefix, After: after, Limit: 100}, want...))
		}
	}
	return all
}

// findsNoSuchKey asks for what no setting can be called, as a client may.
func findsNoSuchKey(ctx context.Context, a Adapter) error {
	if _, err := a.insert(ctx, "a", "one"); err != nil {
		return err
	}
	var all error
	for _, key := range []string{"", "a\x00", "\x00a", "a\xff", "\xed\xa0\x80", strings.Repeat("a", 10000)} {
		_, err := a.Store.Get(ctx, key)
		_, versionErr := a.Store.Version(ctx, key, 1)
		_, publicationErr := a.Store.Publication(ctx, key)
		all = errors.Join(all, wants("Get", err, db.ErrNotFound), wants("Version", versionErr, db.ErrNotFound),
			wants("Publication", publicationErr, db.ErrNotFound), wants("ForUpdate", a.next(ctx, key, "two"), db.ErrNotFound),
			wants("Delete", a.remove(ctx, key), db.ErrNotFound))
		if key != "" {
			all = errors.Join(all, a.lists(ctx, store.Query{Prefix: key, Limit: 10}))
		}
	}
	return all
}

// countsOn lets writers of one key meet who create, change, publish and delete its setting: no number is given twice, and the last to delete leaves
// nothing that one of the others has added.
func countsOn(ctx context.Context, a Adapter) error {
	var mu sync.Mutex
	var given []int64
	create := func() error {
		e, err := a.insert(ctx, "a", "one")
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			given = append(given, e.Version)
		}
		return except(err, db.ErrUnique)
	}
	deeds := []func() error{
		create,
		func() error { return except(a.next(ctx, "a", "more"), db.ErrNotFound) },
		func() error { return except(a.remove(ctx, "a"), db.ErrNotFound) },
		func() error { return except(a.publishStored(ctx, "a"), db.ErrNotFound) },
	}
	errs := parallel(func(i int) (all error) {
		for n := range 5 {
			all = errors.Join(all, deeds[(i+n)%len(deeds)]())
		}
		return all
	})
	last, err := a.insert(ctx, "a", "last")
	if errors.Is(err, db.ErrUnique) {
		last, err = a.Store.Get(ctx, "a")
	}
	all := errors.Join(errors.Join(errs...), err, a.remove(ctx, "a"))
	slices.Sort(given)
	if len(slices.Compact(slices.Clone(given))) != len(given) {
		all = errors.Join(all, fmt.Errorf("numbers of first versions: %v, want none twice", given))
	}
	for version := range last.Version + 1 {
		_, err := a.Store.Version(ctx, "a", version)
		all = errors.Join(all, wants(fmt.Sprintf("Version %d of what was deleted", version), err, db.ErrNotFound))
	}
	_, err = a.Store.Publication(ctx, "a")
	return errors.Join(all, wants("Publication of what was deleted", err, db.ErrNotFound))
}

// except returns err unless it is the one that may come.
func except(err, allowed error) error {
	if errors.Is(err, allowed) {
		return nil
	}
	return err
}

// publishStored publishes the version that is stored, as the cell does.
func (a Adapter) publishStored(ctx context.Context, key string) error {
	return a.Tx.InTx(ctx, func(ctx context.Context) error {
		e, err := a.Store.ForUpdate(ctx, key)
		if err != nil {
			return err
		}
		e.Value = secret.NewText("published " + e.Value.Reveal())
		_, err = a.Store.Publish(ctx, publication(e))
		return err
	})
}
