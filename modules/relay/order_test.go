package relay

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// refusingLog refuses the positions of its first owner by an error, and says nothing by Lost.
type refusingLog struct {
	outbox.Log

	err    error
	owners int
}

type refusingStream struct {
	event.Stream

	err error
}

func (l *refusingLog) Own(ctx context.Context, r event.Reader) (event.Stream, error) {
	s, err := l.Log.Own(ctx, r)
	if err != nil {
		return nil, err
	}
	if l.owners++; l.owners > 1 {
		return s, nil
	}
	return &refusingStream{s, l.err}, nil
}

func (s *refusingStream) Advance(context.Context, event.Batch) error { return s.err }

// A position that is another's, or out of turn, is not tried again: the next tenure begins where the log stands.
func TestAPositionThatIsRefusedEndsTheTenure(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]error{"lost": event.ErrLost, "out of turn": event.ErrOrder} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				refusing := &refusingLog{Log: w.log, err: refusal}
				w.log = refusing
				w.publish(1, 3, "a")
				r, _ := w.start()
				w.after(10 * time.Second)
				if refusing.owners != 2 {
					t.Errorf("the log was owned %d times, want given up and owned again", refusing.owners)
				}
				if err := r.check().Probe(t.Context()); err != nil {
					t.Errorf("check = %v, want everything passed by the second tenure", err)
				}
			})
		})
	}
}
