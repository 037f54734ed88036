package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell/db"
)

func readsBack(ctx context.Context, a Adapter) error {
	e, err := a.insert(ctx, "a", "one")
	if err != nil {
		return err
	}
	want := Setting("a", "one")
	want.Version = 1
	got, err := a.Store.Get(ctx, "a")
	return errors.Join(err, same("Insert", e, want), same("Get", got, want))
}

func notFound(ctx context.Context, a Adapter) error {
	_, err := a.Store.Get(ctx, "a")
	_, versionErr := a.Store.Version(ctx, "a", 1)
	_, publicationErr := a.Store.Publication(ctx, "a")
	stray := Setting("a", "one")
	stray.Version = 1
	return errors.Join(
		wants("Get", err, db.ErrNotFound), wants("Version", versionErr, db.ErrNotFound), wants("Publication", publicationErr, db.ErrNotFound),
		wants("ForUpdate", a.next(ctx, "a", "two"), db.ErrNotFound), wants("Delete", a.remove(ctx, "a"), db.ErrNotFound),
		wants("Update", a.Tx.InTx(ctx, func(ctx context.Context) error { return a.Store.Update(ctx, stray) }), db.ErrNotFound),
	)
}

func unique(ctx context.Context, a Adapter) error {
	e, err := a.insert(ctx, "a", "one")
	_, again := a.insert(ctx, "a", "two")
	got, getErr := a.Store.Get(ctx, "a")
	return errors.Join(err, getErr, wants("second Insert", again, db.ErrUnique), same("Get", got, e))
}

func follows(ctx context.Context, a Adapter) error {
	e, err := a.insert(ctx, "a", "one")
	if err != nil {
		return err
	}
	stale, skipping := e, following(e, "three")
	skipping.Version++
	update := func(e domain.Entry) error {
		return a.Tx.InTx(ctx, func(ctx context.Context) error { return a.Store.Update(ctx, e) })
	}
	if err := errors.Join(wants("the same version", update(stale), db.ErrStale), wants("a gap", update(skipping), db.ErrStale)); err != nil {
		return err
	}
	want := following(e, "two")
	err = update(want)
	got, getErr := a.Store.Get(ctx, "a")
	return errors.Join(err, getErr, same("Get", got, want))
}

func keepsVersions(ctx context.Context, a Adapter) error {
	first, err := a.insert(ctx, "a", "one")
	if err := errors.Join(err, a.next(ctx, "a", "two"), a.next(ctx, "a", "three")); err != nil {
		return err
	}
	one, oneErr := a.Store.Version(ctx, "a", 1)
	two, twoErr := a.Store.Version(ctx, "a", 2)
	_, fourErr := a.Store.Version(ctx, "a", 4)
	_, otherErr := a.Store.Version(ctx, "a/", 1)
	return errors.Join(oneErr, twoErr, same("version 1", one, first), same("version 2", two, following(first, "two")),
		wants("version 4", fourErr, db.ErrNotFound), wants("another key", otherErr, db.ErrNotFound))
}

func keepsTheNewest(ctx context.Context, a Adapter) error {
	e, err := a.insert(ctx, "a", "one")
	if err != nil {
		return err
	}
	err = a.Tx.InTx(ctx, func(ctx context.Context) error {
		for range domain.KeptVersions {
			e = following(e, "more")
			if err := a.Store.Update(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	_, oldest := a.Store.Version(ctx, "a", 1)
	_, second := a.Store.Version(ctx, "a", 2)
	return errors.Join(err, second, wants("the version beyond", oldest, db.ErrNotFound))
}

func deletes(ctx context.Context, a Adapter) error {
	e, err := a.insert(ctx, "a", "one")
	_, publishErr := a.publish(ctx, e)
	if err := errors.Join(err, publishErr, a.next(ctx, "a", "two"), a.remove(ctx, "a")); err != nil {
		return err
	}
	_, getErr := a.Store.Get(ctx, "a")
	_, versionErr := a.Store.Version(ctx, "a", 1)
	_, publicationErr := a.Store.Publication(ctx, "a")
	again, err := a.insert(ctx, "a", "three")
	_, stillErr := a.Store.Version(ctx, "a", 2)
	return errors.Join(err, wants("Get", getErr, db.ErrNotFound), wants("Version", versionErr, db.ErrNotFound),
		wants("Publication", publicationErr, db.ErrNotFound), same("version of the next setting", again.Version, 3),
		wants("Version of the setting before", stillErr, db.ErrNotFound))
}

func lists(ctx context.Context, a Adapter) error {
	for _, key := range []string{"b", "a.b", "c", "a", "a-b"} {
		if _, err := a.insert(ctx, key, "of "+key); err != nil {
			return err
		}
	}
	return errors.Join(
		a.lists(ctx, store.Query{Limit: 10}, "a", "a-b", "a.b", "b", "c"),
		a.lists(ctx, store.Query{After: "a-b", Limit: 10}, "a.b", "b", "c"),
		a.lists(ctx, store.Query{After: "a-c", Limit: 10}, "a.b", "b", "c"),
		a.lists(ctx, store.Query{After: "z", Limit: 10}),
	)
}

func listsPrefix(ctx context.Context, a Adapter) error {
	for _, key := range []string{"a", "b", "b.1", "b.2", "b_3", "ba", "c"} {
		if _, err := a.insert(ctx, key, "of "+key); err != nil {
			return err
		}
	}
	return errors.Join(
		a.lists(ctx, store.Query{Limit: 2}, "a", "b"),
		a.lists(ctx, store.Query{Prefix: "b.", Limit: 10}, "b.1", "b.2"),
		a.lists(ctx, store.Query{Prefix: "b_", Limit: 10}, "b_3"), // no wildcard of SQL
		a.lists(ctx, store.Query{Prefix: "b", After: "b.1", Limit: 2}, "b.2", "b_3"),
		a.lists(ctx, store.Query{Prefix: "b", After: "a", Limit: 1}, "b"),
		a.lists(ctx, store.Query{Prefix: "b", After: "c", Limit: 10}),
		a.lists(ctx, store.Query{Prefix: "d", Limit: 10}),
	)
}

func (a Adapter) lists(ctx context.Context, q store.Query, want ...string) error {
	found, err := a.Store.List(ctx, q)
	if err != nil {
		return err
	}
	var got []string
	for _, e := range found {
		got = append(got, e.Key)
		if e.Value.Reveal() != "of "+e.Key || e.Version != 1 {
			err = errors.Join(err, fmt.Errorf("%s is listed with another value or version than it has", e.Key))
		}
	}
	if !slices.Equal(got, want) {
		err = errors.Join(err, fmt.Errorf("List(%+v): got %q, want %q", q, got, want))
	}
	return err
}

func countsRevisions(ctx context.Context, a Adapter) error {
	one, err := a.insert(ctx, "a", "one")
	two, twoErr := a.insert(ctx, "b", "two")
	if err := errors.Join(err, twoErr); err != nil {
		return err
	}
	for i, e := range []domain.Entry{one, two, one, two} {
		p, err := a.publish(ctx, e)
		if err := errors.Join(err, same("revision", p.Revision, int64(i+1))); err != nil {
			return err
		}
	}
	return nil
}

func keepsPublication(ctx context.Context, a Adapter) error {
	e, err := a.insert(ctx, "a", "one")
	if err != nil {
		return err
	}
	first, err := a.publish(ctx, e)
	got, getErr := a.Store.Publication(ctx, "a")
	want := publication(e)
	want.Revision = 1
	if err := errors.Join(err, getErr, same("Publish", first, want), same("Publication", got, want)); err != nil {
		return err
	}
	next := following(e, "two")
	second, err := a.publish(ctx, next)
	got, getErr = a.Store.Publication(ctx, "a")
	return errors.Join(err, getErr, same("newest", got, second), same("its version", got.Version, 2))
}
