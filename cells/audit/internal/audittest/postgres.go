package audittest

import (
	"context"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/db"
)

// postgres is the way around a store in PostgreSQL. A row's place is its column seq.
type postgres struct{ sql db.SQL }

var _ around = postgres{}

// unguard does what only the owner of the tables can do.
func (p postgres) unguard(ctx context.Context) error {
	for _, statement := range []string{
		"ALTER TABLE audit.entries DISABLE TRIGGER USER", "ALTER TABLE audit.heads DISABLE TRIGGER USER", "ALTER TABLE audit.keys DISABLE TRIGGER USER",
		"ALTER TABLE audit.entries DROP CONSTRAINT IF EXISTS entries_event_id_key",
		"GRANT ALL ON audit.entries, audit.heads, audit.keys TO CURRENT_USER",
		"DELETE FROM audit.entries", "DELETE FROM audit.keys",
		"UPDATE audit.heads SET size = 0, last = decode(repeat('00', 32), 'hex'), key_id = '', mac = NULL",
		"INSERT INTO audit.heads (chain, size, last, key_id) VALUES ('audit', 0, decode(repeat('00', 32), 'hex'), '') ON CONFLICT DO NOTHING",
	} {
		if _, err := p.sql.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (p postgres) putRow(ctx context.Context, place int64, r domain.Row) error {
	if err := p.deleteRow(ctx, place); err != nil {
		return err
	}
	const statement = `INSERT INTO audit.entries
		(chain, seq, at, event_id, event_type, actor_kind, actor_id, action, target, outcome, sealed, mac)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	_, err := p.sql.Exec(ctx, statement, domain.ChainID, place, r.Time, r.EventID, r.EventType, r.ActorKind, r.ActorID, r.Action, r.Target, r.Outcome,
		present(r.Sealed), present(r.MAC))
	return err
}

func (p postgres) deleteRow(ctx context.Context, place int64) error {
	_, err := p.sql.Exec(ctx, `DELETE FROM audit.entries WHERE chain = $1 AND seq = $2`, domain.ChainID, place)
	return err
}

func (p postgres) putHead(ctx context.Context, h domain.Head) error {
	const statement = `INSERT INTO audit.heads (chain, size, last, key_id, mac) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (chain) DO UPDATE SET size = excluded.size, last = excluded.last, key_id = excluded.key_id, mac = excluded.mac`
	_, err := p.sql.Exec(ctx, statement, domain.ChainID, h.Size, h.Last[:], h.KeyID, present(h.MAC))
	return err
}

func (p postgres) deleteHead(ctx context.Context) error {
	_, err := p.sql.Exec(ctx, `DELETE FROM audit.heads`)
	return err
}

// forgetEvent has nothing to do: the ids that the store knows are those of its rows.
func (postgres) forgetEvent(context.Context, string) error { return nil }

func (p postgres) deleteKey(ctx context.Context, number int64) error {
	_, err := p.sql.Exec(ctx, `DELETE FROM audit.keys WHERE number = $1`, number)
	return err
}

func (p postgres) spoilKey(ctx context.Context, number int64) error {
	const statement = `UPDATE audit.keys SET wrapped = set_bit(wrapped, 8 * length(wrapped) - 1, 1 - get_bit(wrapped, 8 * length(wrapped) - 1))
		WHERE number = $1`
	_, err := p.sql.Exec(ctx, statement, number)
	return err
}

// present returns b, also where there is none: nil would be NULL.
func present(b []byte) []byte { return append([]byte{}, b...) }
