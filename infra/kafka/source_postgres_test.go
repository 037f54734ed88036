package kafka

import (
	"context"
	"testing"
	"time"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
	"fxcell.dev/modules/consumer" //nolint:depguard // it is what a source is for
)

// chain is what the events of every partition are appended to, in a database. Its head, locked until the commit, puts those in line who append at the
// same time.
type chain struct{ *postgrestest.Database }

// link is one entry of a chain.
type link struct {
	Number int64  `db:"number"`
	Event  string `db:"event_id"`
	Key    string `db:"key"`
	Seq    int64  `db:"seq"`
}

func newChain(t *testing.T) chain {
	t.Helper()
	c := chain{postgrestest.Open(t, migrations.Of("fxcell"))}
	if err := c.Tx.InTx(t.Context(), func(ctx context.Context) error {
		for _, s := range []string{
			`CREATE TABLE head (number bigint NOT NULL)`,
			`INSERT INTO head VALUES (0)`,
			`CREATE TABLE chain (number bigint PRIMARY KEY, event_id text NOT NULL, key text NOT NULL, seq bigint NOT NULL)`, // an event could be in it twice
		} {
			if _, err := c.SQL.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c chain) append(ctx context.Context, ds []event.Delivery) error {
	var last int64
	if err := c.SQL.Get(ctx, &last, `SELECT number FROM head FOR UPDATE`); err != nil {
		return err
	}
	for _, e := range ds {
		last++
		if _, err := c.SQL.Exec(ctx, `INSERT INTO chain VALUES ($1, $2, $3, $4)`, last, e.ID, e.Key, e.Seq); err != nil {
			return err
		}
	}
	_, err := c.SQL.Exec(ctx, `UPDATE head SET number = $1`, last)
	return err
}

func (c chain) length(t *testing.T) (n int) {
	t.Helper()
	if err := c.SQL.Get(t.Context(), &n, `SELECT count(*) FROM chain`); err != nil {
		t.Fatal(err)
	}
	return n
}

// check fails unless n events are in the chain once each, those of a key in order.
func (c chain) check(t *testing.T, n int) {
	t.Helper()
	var links []link
	if err := c.SQL.Select(t.Context(), &links, `SELECT number, event_id, key, seq FROM chain ORDER BY number`); err != nil {
		t.Fatal(err)
	}
	seen, last := map[string]bool{}, map[string]int64{}
	for i, l := range links {
		if l.Number != int64(i+1) {
			t.Fatalf("entry %d has number %d", i+1, l.Number)
		}
		if seen[l.Event] {
			t.Errorf("%s is in the chain twice", l.Event)
		}
		if seen[l.Event] = true; l.Seq <= last[l.Key] {
			t.Errorf("%s has place %d after %d of its key", l.Event, l.Seq, last[l.Key])
		}
		last[l.Key] = l.Seq
	}
	if len(links) != n {
		t.Errorf("%d entries, want %d", len(links), n)
	}
}

// Members come and go, and a relay that took over publishes the last of what another one did again.
func TestChainIsAppendedToFromManyPartitions(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			cfg := brisk(fake(t).ListenAddrs()...)
			cfg.Topics.Partitions = 6
			rig, d := newSourceRig(t, cfg), newDatabase(t)
			d.Tx, d.Inbox, d.Parking = c.Tx, c.Inbox, c.Parking
			start := func() *process {
				return d.start(t, cfg, consumer.Config{}, contract.Subscription{Mode: mode, Handle: c.append})
			}
			l := startLoad(t, rig, 150*time.Millisecond)
			l.again.Store(true)
			longer := func(by int) {
				t.Helper()
				from := c.length(t)
				until(t, "the chain grows", func() bool { return c.length(t) >= from+by })
			}
			members := []*process{start()}
			longer(300)
			members = append(members, start(), start())
			longer(600)
			members[0].stop()
			longer(600)
			n := l.stop()
			until(t, "everything is in the chain", func() bool { return c.length(t) >= n })
			for i, m := range members {
				m.stop()
				t.Logf("%s: member %d was given %d", mode, i+1, m.handled.Load())
			}
			c.check(t, n)
			if list, err := c.Parking.List(t.Context(), "cells/suite/counter"); err != nil || len(list) > 0 {
				t.Errorf("%d events are parked, %v", len(list), err)
			}
		})
	}
}
