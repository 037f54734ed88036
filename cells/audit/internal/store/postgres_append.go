package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/db"
)

// insertRows writes any number of rows in one statement, the same for all numbers.
const insertRows = `INSERT INTO audit.entries (chain, ` + columns + `)
SELECT $1, * FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
	$11::bytea[], $12::bytea[])`

// moveHead writes a head record over the one that it follows.
const moveHead = `UPDATE audit.heads SET size = $2, last = $3, key_id = $4, mac = $5 WHERE chain = $1 AND size = $6 AND last = $7`

// Append implements Store.
func (p postgres) Append(ctx context.Context, rows []domain.Row, head domain.Head) error {
	size, last, err := before(rows)
	if err != nil {
		return err
	}
	if _, err := p.sql.Exec(ctx, insertRows, arrays(rows)...); err != nil {
		return fmt.Errorf("audit: append entries from %d: %w", rows[0].Seq, named(err))
	}
	moved, err := p.sql.Exec(ctx, moveHead, domain.ChainID, head.Size, head.Last[:], head.KeyID, append([]byte{}, head.MAC...), size, last[:])
	switch {
	case err != nil:
		return fmt.Errorf("audit: write head: %w", err)
	case moved == 0:
		return errMoved(rows)
	}
	return nil
}

// named tells the two rules by which entries are unique from any other.
func named(err error) error {
	rule, ok := errors.AsType[*db.ConstraintError](err)
	if !ok {
		return err
	}
	switch rule.Constraint {
	case "entries_pkey":
		return fmt.Errorf("seq: %w", err)
	case "entries_event_id_key":
		return fmt.Errorf("event id: %w", err)
	default:
		return fmt.Errorf("a rule that the store does not know: %v", err) //nolint:errorlint // nothing that a caller could decide by
	}
}

// arrays returns the arguments of insertRows: a column each.
func arrays(rows []domain.Row) []any {
	seqs, times := make([]int64, len(rows)), make([]time.Time, len(rows))
	sealed, macs := make([][]byte, len(rows)), make([][]byte, len(rows))
	var texts [7][]string
	for i, r := range rows {
		seqs[i], times[i], sealed[i], macs[i] = r.Seq, r.Time, r.Sealed, r.MAC
		for j, text := range []string{r.EventID, r.EventType, r.ActorKind, r.ActorID, r.Action, r.Target, r.Outcome} {
			texts[j] = append(texts[j], text)
		}
	}
	args := []any{domain.ChainID, seqs, times}
	for _, column := range texts {
		args = append(args, column)
	}
	return append(args, sealed, macs)
}
