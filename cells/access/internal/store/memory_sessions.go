package store

import (
	"context"
	"fmt"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
)

// endKey sorts sessions by their end.
func endKey(s domain.Session) string { return fmt.Sprintf("%020d/%s", s.EndsAt.UnixNano(), s.ID) }

// InsertSession implements Sessions.
func (m *memory) InsertSession(ctx context.Context, s domain.Session) error {
	if err := m.sessions.Insert(ctx, s.ID, s); err != nil {
		return err
	}
	return m.ends.Insert(ctx, endKey(s), s.ID)
}

// Session implements Sessions.
func (m *memory) Session(ctx context.Context, id string) (domain.Session, error) {
	s, ok := m.sessions.Get(ctx, id)
	if !ok {
		return domain.Session{}, db.ErrNotFound
	}
	return s, nil
}

// RevokeSession implements Sessions.
func (m *memory) RevokeSession(ctx context.Context, id string, at time.Time) error {
	if err := writing(ctx); err != nil {
		return err
	}
	s, ok := m.sessions.Get(ctx, id)
	if !ok || !s.RevokedAt.IsZero() {
		return db.ErrNotFound
	}
	s.RevokedAt = at
	return m.sessions.Put(ctx, id, s)
}

// PurgeSessions implements Sessions.
func (m *memory) PurgeSessions(ctx context.Context, endedBy time.Time, limit int) error {
	if err := writing(ctx); err != nil {
		return err
	}
	var ended []domain.Session
	m.ends.Ascend(ctx, "", func(_, id string) bool {
		s, _ := m.sessions.Get(ctx, id)
		if len(ended) == limit || s.EndsAt.After(endedBy) {
			return false
		}
		ended = append(ended, s)
		return true
	})
	for _, s := range ended {
		if _, err := m.sessions.Delete(ctx, s.ID); err != nil {
			return err
		}
		if _, err := m.ends.Delete(ctx, endKey(s)); err != nil {
			return err
		}
	}
	return nil
}
