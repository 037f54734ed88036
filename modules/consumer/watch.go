package consumer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
)

// watch tells how many keys are parked. It learns of the readers when they are known.
type watch struct {
	parking event.Parking
	readers atomic.Pointer[[]string]
}

func newWatch(parking event.Parking) *watch { return &watch{parking: parking} }

func (w *watch) follow(readers []string) { w.readers.Store(&readers) }

func (w *watch) check() health.Check {
	return health.Check{Name: "modules/consumer", Probe: w.probe}
}

// probe fails while a key is parked: its events wait for somebody to decide.
func (w *watch) probe(ctx context.Context) error {
	readers := w.readers.Load()
	if readers == nil {
		return nil
	}
	var faults []error
	var parts []string
	total := 0
	for _, reader := range *readers {
		parked, err := w.parking.List(ctx, reader)
		if err != nil {
			faults = append(faults, fmt.Errorf("consumer: count parked keys of %s: %w", reader, err))
			continue
		}
		keys := map[string]struct{}{}
		for _, p := range parked {
			keys[keyOf(p.Event)] = struct{}{}
		}
		if len(keys) > 0 {
			total += len(keys)
			parts = append(parts, fmt.Sprintf("%s %d", reader, len(keys)))
		}
	}
	if total > 0 {
		faults = append(faults, fmt.Errorf("consumer: %d parked keys: %s", total, strings.Join(parts, ", ")))
	}
	return errors.Join(faults...)
}
