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
	over    func(r route) lane // through Kafka: read calls its handler where the route ends; nil when there is no such way
}{
	{
		"fxcell", true, true, func() lane { return &logLane{} },
		func(r route) lane { return &kafkaLane{route: r} },
	},
	{
		"fxcell consumer", true, true, func() lane { return &consumerLane{} },
		func(r route) lane {
			if !r.handled {
				return nil // it would be the first lane again
			}
			return &kafkaConsumerLane{kafkaLane{route: r}}
		},
	},
	{
		"watermill-sql", false, true, func() lane { return &watermillLane{} },
		func(r route) lane { return &watermillKafkaLane{route: r} },
	},
	{
		"watermill-sql queue", false, true, func() lane { return &watermillLane{queue: true} },
		func(r route) lane { return &watermillKafkaLane{watermillLane: watermillLane{queue: true}, route: r} },
	},
	{"river", false, false, func() lane { return &riverLane{} }, nil},
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

// newLaneOver returns nil for a lane that does not go through Kafka.
func newLaneOver(name string, r route) lane {
	for _, l := range lanes {
		if l.name == name && l.over != nil {
			return l.over(r)
		}
	}
	return nil
}

// goes reports whether a lane can do a job.
func goes(name string, j job) bool {
	return j.link == noKafka || newLaneOver(name, route{handled: j.handled}) != nil
}

func isOurs(name string) bool {
	for _, l := range lanes {
		if l.name == name {
			return l.ours
		}
	}
	return false
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
