package storetest

import (
	"context"
	"fmt"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/auth"
)

var start = time.Date(2030, time.May, 6, 7, 8, 9, 123456000, time.UTC)

// chain returns a chain that entries are made with, before the first one.
func chain(t tester) *domain.Chain {
	t.Helper()
	return domain.Extend(domain.Head{}, key(t))
}

func key(t tester) *domain.Key {
	t.Helper()
	k, err := newKey()
	must(t, err)
	return k
}

func newKey() (*domain.Key, error) { return domain.NewKey(1, make([]byte, domain.KeySize)) }

// entry returns the n-th entry: actors, actions and targets repeat, times are a minute apart.
func entry(n int) domain.Entry {
	at := start.Add(time.Duration(n) * time.Minute)
	return domain.Entry{
		Time: at, EventTime: at, EventID: fmt.Sprintf("event-%d", n), EventType: "event.user.created.v1",
		Actor:  auth.Actor{Kind: auth.User, ID: fmt.Sprintf("actor-%d", n%2)},
		Action: fmt.Sprintf("action_%d", n%3), Target: fmt.Sprintf("user:%d", n%4), Outcome: domain.Success,
	}
}

// fill appends count entries and returns their rows and the head.
func fill(t tester, b Backend, count int) ([]domain.Row, domain.Head) {
	t.Helper()
	var entries []domain.Entry
	for n := 1; n <= count; n++ {
		entries = append(entries, entry(n))
	}
	return fillWith(t, b, entries...)
}

func fillWith(t tester, b Backend, entries ...domain.Entry) ([]domain.Row, domain.Head) {
	t.Helper()
	rows, head := sealed(t, chain(t), entries...)
	must(t, b.Tx.InTx(t.Context(), func(ctx context.Context) error { return b.Store.Append(ctx, rows, head) }))
	return rows, head
}

// sealed adds entries to a chain.
func sealed(t tester, c *domain.Chain, entries ...domain.Entry) ([]domain.Row, domain.Head) {
	t.Helper()
	var rows []domain.Row
	for _, e := range entries {
		row, err := c.Add(e)
		must(t, err)
		rows = append(rows, row)
	}
	return rows, c.Head()
}
