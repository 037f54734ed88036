package lock_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/lock"
)

// room is a server of leases with room for one: a map and a clock would make it an adapter.
type room struct {
	mu    sync.Mutex
	last  int64
	taken bool
}

func (r *room) Take(context.Context, string, time.Duration) (lock.Lease, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken {
		return nil, lock.ErrHeld
	}
	r.taken = true
	r.last++
	return &key{r, r.last}, nil
}

type key struct {
	room   *room
	number int64
}

func (k *key) Fence() int64 { return k.number }

func (k *key) Extend(context.Context, time.Duration) error { return k.ours() }

func (k *key) Drop(context.Context) error {
	if err := k.ours(); err != nil {
		return err
	}
	k.room.mu.Lock()
	defer k.room.mu.Unlock()
	k.room.taken = false
	return nil
}

func (k *key) ours() error {
	k.room.mu.Lock()
	defer k.room.mu.Unlock()
	if !k.room.taken || k.number != k.room.last {
		return lock.ErrLost
	}
	return nil
}

type locker struct{ *lock.Keeper }

func (locker) Durability() durability.Grade { return durability.Volatile }

func newLocker(lc fx.Lifecycle) lock.Locker {
	l := locker{lock.NewKeeper(&room{})}
	lc.Append(fx.StopHook(l.Close))
	return l
}

// ledger is what a lock protects: it refuses holders that it has seen a later one of.
type ledger struct{ seen int64 }

func (l *ledger) Write(fence int64, text string) error {
	if fence < l.seen {
		return errors.New("ledger: by an older holder")
	}
	l.seen = fence
	fmt.Println(text, "by holder", fence)
	return nil
}

// An app asks its locker for a lock, works while it has it, and hands what it protects the fence.
func ExampleLocker() {
	var locks lock.Locker
	app := fx.New(fxcell.Assembly("shop", durability.Demo, fx.Provide(zap.NewNop, newLocker)), fx.NopLogger, fx.Populate(&locks))
	ctx := context.Background()
	fmt.Println(app.Start(ctx))
	books := &ledger{}

	held, err := locks.Acquire(ctx, "close-the-books", 30*time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	work, stop := lock.Bound(ctx, held) // ends when the lock is lost
	fmt.Println(work.Err(), books.Write(held.Fence(), "closed"))
	_, err = locks.TryAcquire(ctx, "close-the-books", 30*time.Second)
	fmt.Println(errors.Is(err, lock.ErrHeld))
	stop()
	fmt.Println(held.Release(ctx))

	next, err := locks.Acquire(ctx, "close-the-books", 30*time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(books.Write(next.Fence(), "closed"))
	fmt.Println(books.Write(held.Fence(), "closed"))
	fmt.Println(next.Release(ctx), app.Stop(ctx))
	// Output:
	// <nil>
	// closed by holder 1
	// <nil> <nil>
	// true
	// <nil>
	// closed by holder 2
	// <nil>
	// ledger: by an older holder
	// <nil> <nil>
}
