package postgres

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
)

// stmt is a prepared statement of the driver.
type stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// statements are those that one connection keeps prepared, by their text: the ones that were used last.
type statements struct {
	limit  int
	byText map[string]*list.Element
	recent *list.List // of prepared, the newest first
}

type prepared struct {
	text string
	stmt stmt
}

func newStatements(limit int) *statements {
	return &statements{limit: limit, byText: map[string]*list.Element{}, recent: list.New()}
}

var errStatement = errors.New("postgres: a statement of the driver cannot be run")

func (s *statements) prepare(ctx context.Context, on driver.ConnPrepareContext, text string) (stmt, error) {
	if e, ok := s.byText[text]; ok {
		s.recent.MoveToFront(e)
		known, _ := e.Value.(prepared) // the list holds nothing else
		return known.stmt, nil
	}
	made, err := on.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	full, ok := made.(stmt)
	if !ok {
		return nil, errStatement
	}
	for s.recent.Len() >= s.limit {
		oldest, _ := s.recent.Back().Value.(prepared)
		s.forget(oldest.text)
	}
	s.byText[text] = s.recent.PushFront(prepared{text, full})
	return full, nil
}

// forget closes a statement. One that cannot be closed is lost with its connection.
func (s *statements) forget(text string) {
	e, ok := s.byText[text]
	if !ok {
		return
	}
	delete(s.byText, text)
	if old, ok := s.recent.Remove(e).(prepared); ok {
		_ = old.stmt.Close()
	}
}
