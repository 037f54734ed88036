package auditquery

import (
	"context"
	"fmt"
	"strconv"

	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/page"
)

// Service reads the trail.
type Service struct {
	tx      db.Transactor
	store   store.Store
	clock   clock.Clock
	queried contract.Publisher[auditapi.Queried]
}

// New returns a service that reads from a store and tells who has read.
func New(tx db.Transactor, s store.Store, c clock.Clock, queried contract.Publisher[auditapi.Queried]) *Service {
	return &Service{tx, s, c, queried}
}

// List returns a page of entries, newest first. Nobody sees one without the event that says so.
func (s *Service) List(ctx context.Context, req auditapi.ListRequest) (auditapi.ListResponse, error) {
	q, err := s.query(req)
	if err != nil {
		return auditapi.ListResponse{}, err
	}
	var res auditapi.ListResponse
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.store.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("audit: list: %w", err)
		}
		items := make([]auditapi.Entry, 0, len(rows))
		for _, r := range rows {
			items = append(items, entryOf(r))
		}
		res.Page = page.Of(items, req.Size(), func(e auditapi.Entry) string { return strconv.FormatInt(e.Seq, 10) })
		return s.queried.Publish(ctx, auditapi.Queried{
			ActorID: domain.Text(auth.ActorOf(ctx).ID), Actor: req.Actor, Action: req.Action, Target: req.Target, From: req.From, To: req.To,
			Before: q.Before, Entries: len(res.Data),
		})
	})
	if err != nil {
		return auditapi.ListResponse{}, err
	}
	return res, nil
}

// entryOf shows a row. What of it can be read comes from the sealed bytes; the columns only stand in where those are damaged.
func entryOf(r domain.Row) auditapi.Entry {
	seal, e, err := r.Open()
	if err != nil || !r.Agrees(seal, e) {
		return auditapi.Entry{
			ID: idOf(r.Seq), Seq: r.Seq, EventID: domain.Text(r.EventID), EventType: domain.Text(r.EventType),
			ActorID: domain.Text(r.ActorID), ActorKind: domain.Text(r.ActorKind), Timestamp: r.Time,
			Action: domain.Text(r.Action), Target: domain.Text(r.Target), Outcome: domain.Text(r.Outcome), Damaged: true,
		}
	}
	return auditapi.Entry{
		ID: idOf(seal.Seq), Seq: seal.Seq, EventID: e.EventID, EventType: e.EventType,
		ActorID: e.Actor.ID, ActorKind: string(e.Actor.Kind), ActorSession: e.Actor.Session, ActorAddress: e.Actor.Address,
		Timestamp: e.Time, EventTime: e.EventTime, Action: e.Action, Target: e.Target, Outcome: e.Outcome, Reason: e.Reason,
		RequestID: e.RequestID, CorrelationID: e.CorrelationID, TraceID: e.TraceID, Payload: e.Data,
	}
}

func idOf(seq int64) string { return domain.ChainID + "-" + strconv.FormatInt(seq, 10) }
