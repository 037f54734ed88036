package domain

import "time"

// Session is one login of a user.
type Session struct {
	ID        string
	User      string
	StartedAt time.Time
	EndsAt    time.Time // absolute: nothing prolongs a session
	RevokedAt time.Time // zero while nobody ended it
}

// Stands reports whether the session is neither revoked nor past its end.
func (s Session) Stands(now time.Time) bool { return s.RevokedAt.IsZero() && now.Before(s.EndsAt) }
