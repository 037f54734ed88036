package logsource_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/fx"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/modules/logsource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errTest = errors.New("test")

// log is an outbox.Log of readers without events.
type log struct {
	mu      sync.Mutex
	faults  []error // what the next calls of Own answer
	calls   int
	turn    chan struct{}
	granted bool // even when the context has ended
	made    []*stream
}

func newLog() *log { return &log{turn: make(chan struct{}, 1)} }

func (*log) Durability() durability.Grade { return durability.Persistent }

func (l *log) Own(ctx context.Context, _ event.Reader) (event.Stream, error) {
	l.mu.Lock()
	l.calls++
	var err error
	if len(l.faults) > 0 {
		err, l.faults = l.faults[0], l.faults[1:]
	}
	granted := l.granted
	l.mu.Unlock()
	if err == nil && !granted {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	s := &stream{log: l, lost: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made = append(l.made, s)
	return s, nil
}

func (l *log) called() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

type stream struct {
	event.Stream

	log  *log
	lost chan struct{}
	err  error
}

func (s *stream) Lost() <-chan struct{} { return s.lost }

func (s *stream) Release(context.Context) error {
	close(s.lost)
	<-s.log.turn
	return s.err
}

func open(ctx context.Context, t *testing.T, l *log, logger *zap.Logger) <-chan event.Stream {
	t.Helper()
	streams, err := logsource.New(l, logger).Open(ctx, event.Reader{Name: "r"})
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	return streams
}

func TestOpenHandsOutTheReaderAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLog()
		ctx, cancel := context.WithCancel(t.Context())
		streams := open(ctx, t, l, zap.NewNop())
		if l.called() == 0 {
			t.Error("Own was not called when Open returned: the reader does not exist")
		}
		s := <-streams
		cancel()
		if _, open := <-streams; open {
			t.Error("a second stream, though the first was not lost")
		}
		if err := s.Release(t.Context()); err != nil {
			t.Errorf("Release = %v, want the receiver to own the stream still", err)
		}
	})
}

func TestStreamComesAgainAfterItWasLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLog()
		ctx, cancel := context.WithCancel(t.Context())
		streams := open(ctx, t, l, zap.NewNop())
		first := <-streams
		_ = first.Release(t.Context())
		second := <-streams
		if second == first {
			t.Error("the stream that was lost came again")
		}
		_ = second.Release(t.Context())
		synctest.Wait()
		_ = l.made[2].Release(t.Context()) // lost before anybody took it
		third := <-streams
		if third != event.Stream(l.made[3]) {
			t.Error("a stream came that was lost already")
		}
		cancel()
		_ = third.Release(t.Context())
		if _, open := <-streams; open {
			t.Error("a stream came after the end")
		}
	})
}

func TestOwnIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, lines := observer.New(zap.WarnLevel)
		l := newLog()
		l.faults = []error{context.Canceled, errTest, errTest, errTest}
		ctx, cancel := context.WithCancel(t.Context())
		s := <-open(ctx, t, l, zap.New(core))
		if got := lines.FilterMessage("reader could not be owned").FilterField(zap.String("reader", "r")).Len(); got != 3 {
			t.Errorf("%d lines, want 3", got)
		}
		cancel()
		_ = s.Release(t.Context())
	})
}

func TestOpenReportsAReaderThatCannotBeMade(t *testing.T) {
	t.Parallel()
	l := newLog()
	l.faults = []error{errTest}
	if _, err := logsource.New(l, zap.NewNop()).Open(t.Context(), event.Reader{Name: "r"}); !errors.Is(err, errTest) {
		t.Errorf("Open = %v, want the log's error", err)
	}
}

func TestStreamThatNobodyTookIsReleased(t *testing.T) {
	t.Parallel()
	for name, granted := range map[string]bool{"owned later": false, "owned by the first call": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				core, lines := observer.New(zap.WarnLevel)
				l := newLog()
				l.granted = granted
				ctx, cancel := context.WithCancel(t.Context())
				streams := open(ctx, t, l, zap.New(core))
				synctest.Wait()
				l.made[0].err = errTest
				cancel()
				for range streams {
					t.Error("a stream came after the end")
				}
				select {
				case <-l.made[0].Lost():
				default:
					t.Error("the stream is still owned")
				}
				if len(l.made) != 1 || lines.Len() != 1 {
					t.Errorf("%d streams, %d lines, want one and one about the release", len(l.made), lines.Len())
				}
			})
		})
	}
}

func TestOpenWaitsForNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLog()
		l.turn <- struct{}{} // another owner
		ctx, cancel := context.WithCancel(t.Context())
		streams := open(ctx, t, l, zap.NewNop())
		synctest.Wait()
		select {
		case <-streams:
			t.Error("a stream came though another owner has it")
		default:
		}
		cancel()
		for range streams {
			t.Error("a stream came after the end")
		}
	})
}

func TestModuleProvidesTheSource(t *testing.T) {
	t.Parallel()
	var got event.Source
	app := fx.New(logsource.Module, fx.NopLogger, fx.Populate(&got), fx.Provide(
		func() outbox.Log { return newLog() },
		zap.NewNop,
	))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	if _, ok := got.(*logsource.Source); !ok {
		t.Errorf("event.Source is a %T", got)
	}
}
