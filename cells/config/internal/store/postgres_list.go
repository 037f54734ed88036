package store

import (
	"context"
	"fmt"
	"unicode/utf8"

	"fxcell.dev/cells/config/internal/domain"
)

// A list is a stretch of the index over the keys, which sorts them by bytes as Go does.
const (
	selectFrom  = `SELECT ` + columns + ` FROM config.settings WHERE id IS NOT NULL AND key > $1 AND key >= $2 ORDER BY key LIMIT $3`
	selectRange = `SELECT ` + columns + ` FROM config.settings WHERE id IS NOT NULL AND key > $1 AND key >= $2 AND key < $4 ORDER BY key LIMIT $3`
)

func (p postgres) List(ctx context.Context, q Query) ([]domain.Entry, error) {
	if !storable(q.Prefix) {
		return nil, nil
	}
	statement, args := q.statement()
	var rows []row
	if err := p.sql.Select(ctx, &rows, statement, args...); err != nil {
		return nil, fmt.Errorf("config: list settings: %w", err)
	}
	found := make([]domain.Entry, 0, len(rows))
	for _, r := range rows {
		found = append(found, r.entry())
	}
	return found, nil
}

func (q Query) statement() (text string, args []any) {
	args = []any{q.After, q.Prefix, q.Limit}
	if end := end(q.Prefix); end != "" {
		return selectRange, append(args, end)
	}
	return selectFrom, args
}

// end returns the first text behind all that begin with prefix, "" when there is none: the prefix with its last character replaced by the next one.
func end(prefix string) string {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch next := last + 1; {
		case next > utf8.MaxRune:
		case utf8.ValidRune(next):
			return prefix + string(next)
		default: // surrogates stand for no characters
			return prefix + "\uE000"
		}
	}
	return ""
}
