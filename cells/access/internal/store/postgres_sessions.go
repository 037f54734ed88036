package store

import (
	"context"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
)

const (
	insertSession = `INSERT INTO access.sessions (id, user_id, started_at, ends_at, revoked_at) VALUES ($1, $2, $3, $4, $5)`
	selectSession = `SELECT id, user_id, started_at, ends_at, revoked_at FROM access.sessions WHERE id = $1`
	revokeSession = `UPDATE access.sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`
	// Those that another login is clearing away are left to it, so that logins never wait for each other.
	purgeSessions = `DELETE FROM access.sessions WHERE id = ANY (ARRAY(
	SELECT id FROM access.sessions WHERE ends_at <= $1 ORDER BY ends_at, id LIMIT $2 FOR UPDATE SKIP LOCKED))`
)

// InsertSession implements Sessions.
func (p *postgres) InsertSession(ctx context.Context, s domain.Session) error {
	_, err := p.sql.Exec(ctx, insertSession, s.ID, s.User, s.StartedAt, s.EndsAt, orNull(s.RevokedAt))
	return err
}

// Session implements Sessions.
func (p *postgres) Session(ctx context.Context, id string) (domain.Session, error) {
	if !isText(id) {
		return domain.Session{}, db.ErrNotFound
	}
	return one(ctx, p.sql, scanSession, selectSession, id)
}

func scanSession(row db.Row) (s domain.Session, err error) {
	var revoked *time.Time
	err = row.Scan(&s.ID, &s.User, &s.StartedAt, &s.EndsAt, &revoked)
	s.StartedAt, s.EndsAt, s.RevokedAt = s.StartedAt.UTC(), s.EndsAt.UTC(), utc(revoked)
	return s, err
}

// RevokeSession implements Sessions.
func (p *postgres) RevokeSession(ctx context.Context, id string, at time.Time) error {
	if !isText(id) {
		return db.ErrNotFound
	}
	return conditional(ctx, p.sql, db.ErrNotFound, revokeSession, id, at)
}

// PurgeSessions implements Sessions.
func (p *postgres) PurgeSessions(ctx context.Context, endedBy time.Time, limit int) error {
	_, err := p.sql.Exec(ctx, purgeSessions, endedBy, limit)
	return err
}
