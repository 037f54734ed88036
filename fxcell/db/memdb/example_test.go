package memdb_test

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/fxcell/db/memdb"
)

// A failed transaction leaves no trace, and readers outside of one see what was committed.
func ExampleTable() {
	engine, stock := memdb.NewEngine(), memdb.NewTable[string, int](100)
	ctx := context.Background()
	fmt.Println(engine.InTx(ctx, func(ctx context.Context) error { return stock.Put(ctx, "chair", 3) }))
	fmt.Println(engine.InTx(ctx, func(ctx context.Context) error {
		return errors.Join(stock.Put(ctx, "chair", 2), errors.New("nobody paid"))
	}))
	left, _ := stock.Get(ctx, "chair")
	fmt.Println(left)
	// Output:
	// <nil>
	// nobody paid
	// 3
}
