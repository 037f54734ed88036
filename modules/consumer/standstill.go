package consumer

import (
	"errors"
	"fmt"
	"sync"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// blocked reports whether an error of a handler is none of its event's: then no attempt is counted, or an outage would park what is in order.
func blocked(err error) bool {
	return event.IsBlocked(err) || errors.Is(err, db.ErrUnavailable) || errors.Is(err, db.ErrSerialization)
}

// patienceTries is how often something is tried again before operators hear of it: a replica that leaves, or a conflict, passes sooner.
const patienceTries = 5

// standstills are the readers that cannot go on. It is safe for concurrent use.
type standstills struct {
	mu      sync.Mutex
	readers map[string]error
}

func newStandstills() *standstills { return &standstills{readers: map[string]error{}} }

// begin tells that a reader has tried in vain so many times.
func (w *standstills) begin(reader string, tries int, err error) {
	if tries < patienceTries {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readers[reader] = err
}

// end tells that a reader has gone on, after so many tries in vain.
func (w *standstills) end(reader string, tries int) {
	if tries < patienceTries {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.readers, reader)
}

// faults returns why readers cannot go on.
func (w *standstills) faults(readers []string) []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var faults []error
	for _, reader := range readers {
		if err := w.readers[reader]; err != nil {
			faults = append(faults, fmt.Errorf("consumer: %s waits: %w", reader, err))
		}
	}
	return faults
}
