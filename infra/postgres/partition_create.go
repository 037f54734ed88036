package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// create makes a partition. It is a table of its own that only takes its ids until it is attached: so the log is locked for no reader and no writer.
// Rows come in through the log alone, for its lock is what tells which ids are on their way.
func create(ctx context.Context, conn *sqlx.Conn, p partition) error {
	tx, err := conn.BeginTxx(ctx, nil)
	if err == nil {
		_, err = tx.ExecContext(ctx, fmt.Sprintf(`CREATE TABLE %[1]s (LIKE fxcell.outbox INCLUDING ALL);
			ALTER TABLE %[1]s ADD CONSTRAINT range CHECK (id >= %[2]d AND id < %[3]d);
			REVOKE INSERT ON %[1]s FROM PUBLIC, CURRENT_USER;
			ALTER TABLE fxcell.outbox ATTACH PARTITION %[1]s FOR VALUES FROM (%[2]d) TO (%[3]d);
			ALTER TABLE %[1]s DROP CONSTRAINT range`, p.table(), p.from, p.to))
		if err == nil {
			err = tx.Commit()
		} else {
			_ = tx.Rollback() // what failed is undone
		}
	}
	if err != nil {
		return fmt.Errorf("create partition %s: %w", p.table(), translate(ctx, err))
	}
	return nil
}
