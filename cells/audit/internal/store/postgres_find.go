package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
)

// Find implements Store.
func (p postgres) Find(ctx context.Context, q Query) ([]domain.Row, error) {
	if texts := []string{q.Actor, q.Action, q.Target}; len(storable(texts)) < len(texts) {
		return nil, nil
	}
	statement, args := q.statement(time.Now())
	var rows []entryRow
	if err := p.sql.Select(ctx, &rows, statement, args...); err != nil {
		return nil, fmt.Errorf("audit: find entries: %w", err)
	}
	var found []domain.Row
	for _, r := range rows {
		found = append(found, r.row())
	}
	return found, nil
}

// statement returns the query as SQL: what it does not ask for is not in it, so that the server plans each kind of query for itself.
func (q Query) statement(now time.Time) (text string, args []any) {
	var b strings.Builder
	b.WriteString(`SELECT ` + columns + ` FROM audit.entries WHERE chain = $1`)
	args = []any{domain.ChainID}
	for _, c := range []struct {
		asked bool
		where string
		value any
	}{
		{q.Actor != "", ` AND actor_id = $`, q.Actor},
		{q.Action != "", ` AND action = $`, q.Action},
		{q.Target != "", ` AND target = $`, q.Target},
		{!q.From.IsZero(), ` AND at >= $`, atLeast(q.From)},
		{!q.To.IsZero(), ` AND at < $`, atLeast(q.To)},
		{q.Before != 0, ` AND seq < $`, q.Before},
		{true, ` ORDER BY ` + q.order(now) + ` DESC LIMIT $`, q.Limit},
	} {
		if c.asked {
			args = append(args, c.value)
			b.WriteString(c.where + strconv.Itoa(len(args)))
		}
	}
	return b.String(), args
}

// order returns by what the rows are sorted. To go back by seq from the newest row on is best as long as there are fewer rows younger than the time
// asked for than there are in it. Else what cannot be read off an index in order makes the server collect those rows, by the index that leaves the
// fewest, and sort them. Times follow seq so closely that the one is a measure of the other, which the server cannot know.
func (q Query) order(now time.Time) string {
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Sub(q.From) < now.Sub(q.To) {
		return `seq + 0`
	}
	return `seq`
}

// atLeast returns the first time at t or later that the table can hold: the server would round.
func atLeast(t time.Time) time.Time {
	if cut := t.Truncate(domain.Precision); !cut.Equal(t) {
		return cut.Add(domain.Precision)
	}
	return t
}
