package store

import (
	"errors"
	"fmt"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/db"
)

var errNoRows = errors.New("audit: append: there are no rows")

// before returns the size and the last MAC of the chain that rows go on with, as their first one says.
func before(rows []domain.Row) (size int64, last domain.MAC, err error) {
	if len(rows) == 0 {
		return 0, last, errNoRows
	}
	s, err := domain.DecodeSeal(rows[0].Sealed)
	if err != nil {
		return 0, last, fmt.Errorf("audit: append entry %d: %w", rows[0].Seq, err)
	}
	return rows[0].Seq - 1, s.Prev, nil
}

func errMoved(rows []domain.Row) error {
	return fmt.Errorf("audit: append entry %d: it does not follow the head record: %w", rows[0].Seq, db.ErrStale)
}
