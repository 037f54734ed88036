package postgres

import (
	"context"
	"fmt"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
)

// parking keeps the events that readers gave up on, with all their attributes: they outlive the log.
type parking struct{ sql db.SQL }

var _ event.Parking = parking{}

// Durability is Persistent: what was committed is the server's.
func (parking) Durability() durability.Grade { return durability.Persistent }

const parkedColumns = `reader, id, event_id, kind, topic, key, source, subject, created_at, actor_kind, actor_id, actor_session, actor_address,
	request, correlation, traceparent, tracestate, payload, attempts, reason, held`

// Park implements event.Parking. An event that is parked already stays as it was.
func (k parking) Park(ctx context.Context, p event.Parked) error {
	const add = `INSERT INTO fxcell.outbox_dead (` + parkedColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) ON CONFLICT DO NOTHING`
	payload := p.Payload
	if payload == nil {
		payload = []byte{}
	}
	_, err := k.sql.Exec(ctx, add, p.Reader, p.Seq, p.ID, p.Contract, p.Topic, p.Key, p.Source, p.Subject, p.Time,
		string(p.Actor.Kind), p.Actor.ID, p.Actor.Session, p.Actor.Address, p.Request, p.Correlation, p.TraceParent, p.TraceState,
		payload, p.Attempts, p.Reason, p.Held)
	if err != nil {
		return fmt.Errorf("postgres: park an event: %w", err)
	}
	return nil
}

// Holds implements event.Parking.
func (k parking) Holds(ctx context.Context, reader, topic, key string) (held bool, err error) {
	const find = `SELECT EXISTS (
		SELECT FROM fxcell.outbox_dead WHERE reader = $1 AND topic = $2 AND hashtextextended(key, 0) = hashtextextended($3, 0) AND key = $3)`
	if err := k.sql.Get(ctx, &held, find, reader, topic, key); err != nil {
		return false, fmt.Errorf("postgres: look for parked events: %w", err)
	}
	return held, nil
}

// List implements event.Parking.
func (k parking) List(ctx context.Context, reader string) ([]event.Parked, error) {
	const all = `SELECT ` + parkedColumns + ` FROM fxcell.outbox_dead WHERE reader = $1 ORDER BY id, event_id`
	var out []event.Parked
	for row, err := range k.sql.Query(ctx, all, reader) {
		var p event.Parked
		if err == nil {
			err = row.Scan(&p.Reader, &p.Seq, &p.ID, &p.Contract, &p.Topic, &p.Key, &p.Source, &p.Subject, &p.Time,
				&p.Actor.Kind, &p.Actor.ID, &p.Actor.Session, &p.Actor.Address, &p.Request, &p.Correlation, &p.TraceParent, &p.TraceState,
				&p.Payload, &p.Attempts, &p.Reason, &p.Held)
		}
		if err != nil {
			return nil, fmt.Errorf("postgres: list parked events: %w", err)
		}
		p.Time = p.Time.UTC()
		out = append(out, p)
	}
	return out, nil
}
