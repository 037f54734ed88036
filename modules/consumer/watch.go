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

// watch tells how many keys are parked, and which readers cannot go on. It learns of the readers when they are known.
type watch struct {
	parking  event.Parking
	consumer atomic.Pointer[Consumer]
}

func newWatch(parking event.Parking) *watch { return &watch{parking: parking} }

func (w *watch) follow(c *Consumer) { w.consumer.Store(c) }

func (w *watch) check() health.Check {
	return health.Check{Name: "modules/consumer", Probe: w.probe}
}

// probe fails while a key is parked, whose events wait for somebody to decide, and while a reader cannot go on.
func (w *watch) probe(ctx context.Context) error {
	consumer := w.consumer.Load()
	if consumer == nil {
		return nil
	}
	readers := consumer.Readers()
	faults := consumer.standstills.faults(readers)
	var parts []string
	total := 0
	for _, reader := range readers {
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
