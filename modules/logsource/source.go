package logsource

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// The pauses between two tries to own a reader double from the first to the last.
const firstPause, lastPause = 50 * time.Millisecond, 5 * time.Second

// Source hands out a reader of the log as one stream, for as long as this process owns it.
type Source struct {
	log    outbox.Log
	logger *zap.Logger
}

var _ event.Source = (*Source)(nil)

// New returns a source over log.
func New(log outbox.Log, logger *zap.Logger) *Source { return &Source{log, logger} }

// Open implements event.Source. The reader exists when it returns; its stream comes when no other process owns it, and again after it was lost.
// A stream that was handed out is its receiver's to release.
func (s *Source) Open(ctx context.Context, r event.Reader) (<-chan event.Stream, error) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	first, err := s.log.Own(ended, r) // makes the reader exist, and waits for nobody
	if err != nil && !errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("logsource: open reader %s: %w", r.Name, err)
	}
	streams := make(chan event.Stream)
	go s.run(ctx, r, first, streams)
	return streams, nil
}

// run hands the reader out again and again until ctx ends. stream, when there is one, is owned already.
func (s *Source) run(ctx context.Context, r event.Reader, stream event.Stream, streams chan<- event.Stream) {
	defer close(streams)
	for {
		if stream == nil {
			if stream = s.own(ctx, r); stream == nil {
				return
			}
		}
		select {
		case streams <- stream:
		case <-stream.Lost(): // before anybody took it
		case <-ctx.Done():
			s.release(ctx, r, stream)
			return
		}
		select {
		case <-stream.Lost():
			stream = nil
		case <-ctx.Done():
			return
		}
	}
}

// own waits for the reader. It returns nil when ctx ends.
func (s *Source) own(ctx context.Context, r event.Reader) event.Stream {
	for tries := 0; ctx.Err() == nil; tries++ {
		stream, err := s.log.Own(ctx, r)
		if err == nil {
			return stream
		}
		if ctx.Err() == nil {
			s.logger.Warn("reader could not be owned", zap.String("reader", r.Name), zap.Error(err))
			pause(ctx, tries)
		}
	}
	return nil
}

func (s *Source) release(ctx context.Context, r event.Reader, stream event.Stream) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPause)
	defer cancel()
	if err := stream.Release(ctx); err != nil {
		s.logger.Warn("reader could not be released", zap.String("reader", r.Name), zap.Error(err))
	}
}

// pause waits before the next try, by full jitter, or until ctx ends.
func pause(ctx context.Context, tries int) {
	upTo := min(firstPause<<min(tries, 10), lastPause)
	timer := time.NewTimer(rand.N(upTo)) //nolint:gosec // jitter is no secret
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
