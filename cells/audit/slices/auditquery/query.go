package auditquery

import (
	"fmt"
	"strconv"
	"time"

	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/problem"
)

// maxRange is how much time one list may span, in days and as such.
const (
	maxDays  = 366
	maxRange = maxDays * 24 * time.Hour
)

// query returns what to find for a request, one more than fits the page, or what is wrong with it.
func (s *Service) query(req auditapi.ListRequest) (store.Query, error) {
	before, err := position(req)
	if err != nil {
		return store.Query{}, err
	}
	from, err := s.start(req.From, req.To)
	if err != nil {
		return store.Query{}, err
	}
	return store.Query{
		Actor: domain.Text(req.Actor), Action: domain.Text(req.Action), Target: domain.Text(req.Target), // as entries hold them
		From: from, To: req.To, Before: before, Limit: req.Size() + 1,
	}, nil
}

// position returns the seq below which the page starts, 0 for the first page.
func position(req auditapi.ListRequest) (int64, error) {
	after, err := req.After()
	if err != nil || after == "" {
		return 0, err
	}
	seq, err := strconv.ParseInt(after, 10, 64)
	if err != nil || seq < 1 || strconv.FormatInt(seq, 10) != after {
		return 0, page.Foreign()
	}
	return seq, nil
}

// start returns from when on entries are found. Without a from, that is as far back as one list may go.
func (s *Service) start(from, to time.Time) (time.Time, error) {
	end := to
	if end.IsZero() {
		end = s.clock.Now()
	}
	switch {
	case from.IsZero():
		return end.Add(-maxRange), nil
	case !to.IsZero() && from.After(to):
		return time.Time{}, problem.BadInput(problem.Fault{In: "query", Name: "from", Rule: "range", Message: "must not be after to"})
	case end.Sub(from) > maxRange:
		name, message := "from", fmt.Sprintf("must be at most %d days before to, or before now where to is not given", maxDays)
		return time.Time{}, problem.BadInput(problem.Fault{In: "query", Name: name, Rule: "range", Message: message})
	default:
		return from, nil
	}
}
