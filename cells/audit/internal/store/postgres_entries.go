package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fxcell.dev/cells/audit/internal/domain"
)

// pageRows is how many rows a walk holds at a time.
const pageRows = 256

const columns = `seq, at, event_id, event_type, actor_kind, actor_id, action, target, outcome, sealed, mac`

// entryRow is a row of audit.entries.
type entryRow struct {
	Seq       int64     `db:"seq"`
	At        time.Time `db:"at"`
	EventID   string    `db:"event_id"`
	EventType string    `db:"event_type"`
	ActorKind string    `db:"actor_kind"`
	ActorID   string    `db:"actor_id"`
	Action    string    `db:"action"`
	Target    string    `db:"target"`
	Outcome   string    `db:"outcome"`
	Sealed    []byte    `db:"sealed"`
	MAC       []byte    `db:"mac"`
}

func (r entryRow) row() domain.Row {
	return domain.Row{
		Columns: domain.Columns{
			Seq: r.Seq, Time: r.At.UTC(), EventID: r.EventID, EventType: r.EventType, ActorKind: r.ActorKind, ActorID: r.ActorID,
			Action: r.Action, Target: r.Target, Outcome: r.Outcome,
		},
		Sealed: r.Sealed, MAC: r.MAC,
	}
}

// Walk implements Store, a page at a time: between two pages nothing is held, so that fn may use the transaction of ctx.
func (p postgres) Walk(ctx context.Context, from int64, fn func(domain.Row) error) error {
	const statement = `SELECT ` + columns + ` FROM audit.entries WHERE chain = $1 AND seq >= $2 ORDER BY seq LIMIT $3`
	for {
		var rows []entryRow
		if err := p.sql.Select(ctx, &rows, statement, domain.ChainID, from, pageRows); err != nil {
			return fmt.Errorf("audit: read entries: %w", err)
		}
		for _, r := range rows {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			if err := fn(r.row()); err != nil {
				return err
			}
			from = r.Seq + 1
		}
		if len(rows) < pageRows {
			return nil
		}
	}
}

// storable returns those texts that a table can hold: no other is in one.
func storable(texts []string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return !utf8.ValidString(s) || strings.ContainsRune(s, 0) })
}
