package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/db"
)

func needsTransaction(ctx context.Context, a Adapter) error {
	e, err := a.insert(ctx, "a", "one")
	if err != nil {
		return err
	}
	_, lockErr := a.Store.ForUpdate(ctx, "a")
	_, insertErr := a.Store.Insert(ctx, Setting("b", "two"))
	_, publishErr := a.Store.Publish(ctx, publication(e))
	return errors.Join(
		wants("ForUpdate", lockErr, db.ErrNoTransaction), wants("Insert", insertErr, db.ErrNoTransaction),
		wants("Update", a.Store.Update(ctx, following(e, "two")), db.ErrNoTransaction),
		wants("Delete", a.Store.Delete(ctx, "a"), db.ErrNoTransaction), wants("Publish", publishErr, db.ErrNoTransaction),
	)
}

var errFail = errors.New("the transaction fails")

func leavesNoTrace(ctx context.Context, a Adapter) error {
	a1, err := a.insert(ctx, "a", "one")
	b1, bErr := a.insert(ctx, "b", "one")
	if err := errors.Join(err, bErr); err != nil {
		return err
	}
	var writeErr error
	err = a.Tx.InTx(ctx, func(ctx context.Context) error {
		_, insertErr := a.Store.Insert(ctx, Setting("c", "one"))
		_, publishErr := a.Store.Publish(ctx, publication(a1))
		writeErr = errors.Join(insertErr, publishErr, a.Store.Update(ctx, following(a1, "two")), a.Store.Delete(ctx, "b"))
		return errFail
	})
	if err := errors.Join(writeErr, wants("InTx", err, errFail)); err != nil {
		return err
	}
	gotA, aErr := a.Store.Get(ctx, "a")
	gotB, bErr := a.Store.Get(ctx, "b")
	_, cErr := a.Store.Get(ctx, "c")
	_, versionErr := a.Store.Version(ctx, "a", 2)
	_, bVersionErr := a.Store.Version(ctx, "b", 1)
	_, publicationErr := a.Store.Publication(ctx, "a")
	c, insertErr := a.insert(ctx, "c", "two")
	return errors.Join(aErr, bErr, bVersionErr, insertErr, same("updated", gotA, a1), same("deleted", gotB, b1),
		wants("inserted", cErr, db.ErrNotFound), wants("version", versionErr, db.ErrNotFound),
		wants("publication", publicationErr, db.ErrNotFound), same("version of the inserted", c.Version, 1))
}

func isolates(ctx context.Context, a Adapter) error {
	e, err := a.insert(ctx, "a", "one")
	if err != nil {
		return err
	}
	next := following(e, "two")
	return a.Tx.InTx(ctx, func(inside context.Context) error {
		if err := a.Store.Update(inside, next); err != nil {
			return err
		}
		outside, err := a.Store.Get(ctx, "a")
		own, ownErr := a.Store.Get(inside, "a")
		return errors.Join(err, ownErr, same("outside", outside, e), same("inside", own, next))
	})
}

// many is how many goroutines write at once.
const many = 20

func parallel(fn func(i int) error) []error {
	errs := make([]error, many)
	var group sync.WaitGroup
	for i := range many {
		group.Go(func() { errs[i] = fn(i) })
	}
	group.Wait()
	return errs
}

func takesTurns(ctx context.Context, a Adapter) error {
	if _, err := a.insert(ctx, "a", "one"); err != nil {
		return err
	}
	errs := parallel(func(int) error { return a.next(ctx, "a", "more") })
	got, err := a.Store.Get(ctx, "a")
	return errors.Join(errors.Join(errs...), err, same("version", got.Version, many+1))
}

func insertsOnce(ctx context.Context, a Adapter) error {
	errs := parallel(func(i int) error {
		_, err := a.insert(ctx, "a", fmt.Sprint(i))
		return err
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if err := wants("Insert", err, db.ErrUnique); err != nil {
			return err
		}
	}
	return same("winners", won, 1)
}

func publishesInTurns(ctx context.Context, a Adapter) error {
	revisions := make([]int64, many)
	errs := parallel(func(i int) error {
		key := fmt.Sprintf("k%d", i)
		e, err := a.insert(ctx, key, "one")
		if err != nil {
			return err
		}
		var p domain.Publication
		p, err = a.publish(ctx, e)
		revisions[i] = p.Revision
		return err
	})
	slices.Sort(revisions)
	for i, r := range revisions {
		if r != int64(i+1) {
			return errors.Join(errors.Join(errs...), fmt.Errorf("revisions: got %v, want 1 to %d", revisions, many))
		}
	}
	return errors.Join(errs...)
}

// patience is how long the suite lets others run before it goes on.
const patience = 200 * time.Millisecond

// deletesAll lets a deletion wait for a transaction that adds a version and a publication.
func deletesAll(ctx context.Context, a Adapter) error {
	e, err := a.insert(ctx, "a", "one")
	if err != nil {
		return err
	}
	next, deleted := following(e, "two"), make(chan error, 1)
	err = a.Tx.InTx(ctx, func(inside context.Context) error {
		if err := a.Store.Update(inside, next); err != nil {
			return err
		}
		go func() { deleted <- a.remove(ctx, "a") }()
		select {
		case err := <-deleted:
			return errors.Join(err, errors.New("a deletion did not wait for the transaction that has changed the setting"))
		case <-time.After(patience):
		}
		_, err := a.Store.Publish(inside, publication(next))
		return err
	})
	if err != nil {
		return err
	}
	err = <-deleted
	_, getErr := a.Store.Get(ctx, "a")
	_, versionErr := a.Store.Version(ctx, "a", next.Version)
	_, publicationErr := a.Store.Publication(ctx, "a")
	return errors.Join(err, wants("Get", getErr, db.ErrNotFound), wants("Version", versionErr, db.ErrNotFound),
		wants("Publication", publicationErr, db.ErrNotFound))
}
