package postgres

import (
	"errors"
	"fmt"

	"github.com/lib/pq/pqerror"

	"fxcell.dev/fxcell/db"
)

// cured says behind an error of the start what its reader can do about it.
func cured(err error) error {
	state, answered := errors.AsType[*stateError](err)
	switch {
	case answered && state.code.Class() == "28": // invalid authorization specification
		return fmt.Errorf("%w: check user and password in postgres.dsn", err)
	case answered && state.code == pqerror.InvalidCatalogName:
		return fmt.Errorf("%w: create the database, or name another one in postgres.dsn", err)
	case !answered && errors.Is(err, db.ErrUnavailable):
		return fmt.Errorf("%w: start the server, or set postgres.dsn to where it listens", err)
	default:
		return err
	}
}
