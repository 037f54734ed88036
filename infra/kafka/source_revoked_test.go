package kafka

import (
	"errors"
	"testing"
	"time"

	"fxcell.dev/fxcell/event"
)

// Who works on a partition is told at once that it is given up: what he reads or passes from then on is the next owner's.
func TestStreamIsLostWhenItsPartitionIsGivenUp(t *testing.T) {
	t.Parallel()
	c, marks, _ := loose(4)
	c.add(recordAt(0, 1))
	ended, streams, left := make(chan struct{}), make(chan event.Stream), make(chan *stream, 1)
	go func() { left <- c.serve(ended, streams) }()
	s := <-streams
	b, err := s.Next(t.Context(), 1)
	if err != nil || len(b.Events) != 1 {
		t.Fatalf("Next = %v, %v", b, err)
	}
	close(ended)
	select {
	case <-s.Lost():
	case <-time.After(10 * time.Second):
		t.Error("Lost stays open")
	}
	if got := <-left; got == nil {
		t.Error("serve = nil, want the stream that is to be waited for")
	}
	if _, err := s.Next(t.Context(), 1); !errors.Is(err, event.ErrLost) {
		t.Errorf("Next = %v, want ErrLost", err)
	}
	if err := s.Advance(t.Context(), b); !errors.Is(err, event.ErrLost) || len(*marks) != 0 {
		t.Errorf("Advance = %v and marked %v, want ErrLost and no mark", err, *marks)
	}
}
