package main

import (
	"context"
	"time"
)

// lane is one way from a transaction to a handler.
type lane interface {
	// open connects to the database. prepare comes once, before everything else.
	open(ctx context.Context, dsn string) error
	prepare(ctx context.Context) error
	// write inserts an order and the events in one transaction, through the way's own API. committing is called just before the COMMIT is sent.
	write(ctx context.Context, items []item, committing func()) error
	// read starts to call handle, maybe in many goroutines, for what is there and for what comes. stop returns when all that was handled is recorded.
	read(ctx context.Context, handle func(item)) (stop func() error, err error)
	close() error
}

// connections are those of a peer's pool.
const connections = 20

// lanes are the ways that are measured, ours first.
var lanes = []struct {
	name    string
	ours    bool
	ordered bool // order per key is promised
	make    func() lane
}{
	{"fxcell", true, true, func() lane { return &logLane{} }},
	{"fxcell consumer", true, true, func() lane { return &consumerLane{} }},
	{"watermill-sql", false, true, func() lane { return &watermillLane{} }},
	{"watermill-sql queue", false, true, func() lane { return &watermillLane{queue: true} }},
	{"river", false, false, func() lane { return &riverLane{} }},
}

func laneNames() []string {
	names := make([]string, len(lanes))
	for i, l := range lanes {
		names[i] = l.name
	}
	return names
}

// newLane returns nil for a name that is none.
func newLane(name string) lane {
	for _, l := range lanes {
		if l.name == name {
			return l.make()
		}
	}
	return nil
}

// ordersTable is the business part of each transaction.
const ordersTable = `CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer text NOT NULL, amount numeric(12,2) NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`

const insertOrder = `INSERT INTO orders (customer, amount) VALUES ($1, 19.99)`

// traceParent is the trace header of each event.
const traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// The tuned settings of the peers that poll.
const (
	pollInterval = 10 * time.Millisecond
	pollBatch    = 500
)
