package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/lib/pq"
)

// Partitions of the log fxcell.outbox: each holds the rows of a range of ids.
const (
	partitionSize   = 1_000_000 // ids of each
	partitionsAhead = 3         // kept beyond the one in use
	partitionsFew   = 2         // fewer ahead than this are an alarm
)

// partition is a table of the log. It has no range when it is not attached to it any more.
type partition struct {
	name     string
	from, to int64 // the ids that it takes, without to
	attached bool
	leaving  bool // its detaching was interrupted
	dropped  bool // noted as to be dropped
}

// table returns the name as it stands in a statement.
func (p partition) table() string { return "fxcell." + pq.QuoteIdentifier(p.name) }

// looker reads: a pool, or one connection.
type looker interface {
	SelectContext(ctx context.Context, into any, query string, args ...any) error
	GetContext(ctx context.Context, into any, query string, args ...any) error
}

// partitionTables finds the log's partitions, and the tables that were ones.
const partitionTables = `SELECT c.relname AS name, coalesce(pg_get_expr(c.relpartbound, c.oid), '') AS bounds, i.inhrelid IS NOT NULL AS attached,
		coalesce(i.inhdetachpending, false) AS leaving, coalesce(obj_description(c.oid, 'pg_class') = $1, false) AS dropped
	FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'fxcell.outbox'::regclass
	WHERE i.inhrelid IS NOT NULL OR c.relnamespace = 'fxcell'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^outbox_[0-9]+$'`

// shelf is what there is of the log.
type shelf struct {
	tables []partition // those that are attached first, by their ids
	last   int64       // the last id that was given out, 0 without one
}

func look(ctx context.Context, on looker) (shelf, error) {
	var s shelf
	var rows []struct {
		Name, Bounds               string
		Attached, Leaving, Dropped bool
	}
	const last = `SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM fxcell.outbox_id_seq`
	err := on.SelectContext(ctx, &rows, partitionTables, partitionNote)
	if err == nil {
		err = on.GetContext(ctx, &s.last, last)
	}
	if err != nil {
		return shelf{}, fmt.Errorf("look at the partitions of fxcell.outbox: %w", translate(ctx, err))
	}
	for _, r := range rows {
		if r.Attached && r.Bounds == "" {
			continue // dropped since the statement began: what has a range has bounds
		}
		p := partition{name: r.Name, attached: r.Attached, leaving: r.Leaving, dropped: r.Dropped}
		if p.attached {
			if p.from, p.to, err = parseBounds(r.Bounds); err != nil {
				return shelf{}, fmt.Errorf("partition fxcell.%s: %w", r.Name, err)
			}
		}
		s.tables = append(s.tables, p)
	}
	slices.SortFunc(s.tables, func(a, b partition) int {
		switch {
		case a.attached != b.attached && a.attached, a.attached == b.attached && a.from < b.from:
			return -1
		case a.attached != b.attached || a.from > b.from:
			return 1
		default:
			return 0
		}
	})
	return s, nil
}

var (
	boundsPattern = regexp.MustCompile(`^FOR VALUES FROM \('?(-?\d+)'?\) TO \('?(-?\d+)'?\)$`)
	errBounds     = errors.New("its bounds are no range of ids: the log keeps no default partition and no open one")
)

func parseBounds(text string) (from, to int64, err error) {
	parts := boundsPattern.FindStringSubmatch(text)
	if parts == nil {
		return 0, 0, errBounds
	}
	from, errFrom := strconv.ParseInt(parts[1], 10, 64)
	to, errTo := strconv.ParseInt(parts[2], 10, 64)
	if errFrom != nil || errTo != nil || from >= to {
		return 0, 0, errBounds
	}
	return from, to, nil
}

// ahead returns how many partitions follow without a hole on the one that takes the next id, -1 when there is none.
func (s shelf) ahead() int {
	n := -1
	for at := s.last + 1; ; n++ {
		p, ok := s.taking(at)
		if !ok {
			return n
		}
		at = p.to
	}
}

// taking returns the partition that takes an id.
func (s shelf) taking(id int64) (partition, bool) {
	i := slices.IndexFunc(s.tables, func(p partition) bool { return p.attached && !p.leaving && p.from <= id && id < p.to })
	if i < 0 {
		return partition{}, false
	}
	return s.tables[i], true
}

// missing returns the partitions that lack for the next id and those ahead of it.
func (s shelf) missing(size int64) []partition {
	var out []partition
	number := s.nextNumber()
	for at, n := s.last+1, 0; n <= partitionsAhead; n++ {
		p, ok := s.taking(at)
		if !ok {
			p = s.fitting(at, size)
			p.name = "outbox_" + strconv.FormatInt(number, 10)
			number++
			out = append(out, p)
			s.tables = append(slices.Clone(s.tables), p)
		}
		at = p.to
	}
	return out
}

// fitting returns a partition that takes an id, between those that are there.
func (s shelf) fitting(id, size int64) partition {
	var below, above int64
	for _, p := range s.tables {
		switch {
		case !p.attached:
		case p.to <= id:
			below = max(below, p.to)
		case above == 0 || p.from < above:
			above = p.from
		}
	}
	from := below + (id-below)/size*size // in the steps of the partition before, so that the sequence may jump
	p := partition{from: from, to: from + size, attached: true}
	if above > 0 {
		p.to = min(p.to, above)
	}
	return p
}

// nextNumber returns the number for the name of the next partition: one that no table has.
func (s shelf) nextNumber() int64 {
	next := int64(0)
	for _, p := range s.tables {
		if n, err := strconv.ParseInt(p.name[min(len("outbox_"), len(p.name)):], 10, 64); err == nil {
			next = max(next, n+1)
		}
	}
	return next
}
