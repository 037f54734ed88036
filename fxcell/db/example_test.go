package db_test

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
)

// accounts is a store: it reads and writes in the transaction that its context carries.
type accounts struct{ balances *memdb.Table[string, int] }

var errPoor = errors.New("accounts: not enough money")

func (a accounts) move(ctx context.Context, from, to string, amount int) error {
	debit, _ := a.balances.Get(ctx, from)
	credit, _ := a.balances.Get(ctx, to)
	if err := a.balances.Put(ctx, from, debit-amount); err != nil {
		return err
	}
	if err := a.balances.Put(ctx, to, credit+amount); err != nil {
		return err
	}
	if debit < amount {
		return errPoor // both writes are undone
	}
	return nil
}

// A service takes db.Transactor; a transaction is what happens between the two braces.
func Example() {
	var tx db.Transactor = memdb.NewEngine()
	store := accounts{memdb.NewTable[string, int](0)}
	ctx := context.Background()
	show := func(err error) {
		ada, _ := store.balances.Get(ctx, "ada")
		grace, _ := store.balances.Get(ctx, "grace")
		fmt.Println("ada", ada, "grace", grace, err)
	}
	show(tx.InTx(ctx, func(ctx context.Context) error { return store.balances.Put(ctx, "ada", 100) }))
	show(tx.InTx(ctx, func(ctx context.Context) error { return store.move(ctx, "ada", "grace", 70) }))
	show(tx.InTx(ctx, func(ctx context.Context) error { return store.move(ctx, "ada", "grace", 70) }))
	show(store.move(ctx, "ada", "grace", 1))
	// Output:
	// ada 100 grace 0 <nil>
	// ada 30 grace 70 <nil>
	// ada 30 grace 70 accounts: not enough money
	// ada 30 grace 70 db: no transaction in the context: call inside db.Transactor.InTx
}

// A transaction inside another one is a savepoint: it can fail alone.
func ExampleTransactor_savepoint() {
	tx, table := memdb.NewEngine(), memdb.NewTable[string, int](0)
	err := tx.InTx(context.Background(), func(ctx context.Context) error {
		if err := table.Put(ctx, "order", 1); err != nil {
			return err
		}
		bonus := tx.InTx(ctx, func(ctx context.Context) error {
			return errors.Join(table.Put(ctx, "bonus", 1), errors.New("no bonus today"))
		})
		fmt.Println(bonus)
		return nil // the order stands
	})
	fmt.Println(err, table.Len(context.Background()))
	// Output:
	// no bonus today
	// <nil> 1
}

// What belongs to a transaction as a whole is written once, just before it commits.
func ExampleBeforeCommit() {
	tx, table := memdb.NewEngine(), memdb.NewTable[string, int](0)
	sums := 0
	err := tx.InTx(context.Background(), func(ctx context.Context) error {
		for range 3 {
			if sums++; sums == 1 {
				if err := db.BeforeCommit(ctx, func(ctx context.Context) error { return table.Put(ctx, "sums", sums) }); err != nil {
					return err
				}
			}
		}
		return nil
	})
	n, _ := table.Get(context.Background(), "sums")
	fmt.Println(n, err)
	// Output: 3 <nil>
}
