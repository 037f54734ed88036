package memory

import (
	"context"
	"fmt"

	"fxcell.dev/fxcell/health"
)

// nearlyFull reports whether more than nine tenths of a bound are used.
func nearlyFull(used, capacity int) bool { return int64(used)*10 > int64(capacity)*9 }

// check fails while the log is nearly full: soon nothing can be published any more.
func (l *eventLog) check() health.Check {
	return health.Check{Name: module + "/log", Probe: func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.readers) == 0 || !nearlyFull(len(l.events), l.capacity) {
			return nil // without readers the oldest events make room
		}
		last, behind := "", int64(-1)
		for name, r := range l.readers {
			if n := l.last - r.passed; n > behind || n == behind && name < last {
				last, behind = name, n
			}
		}
		return fmt.Errorf("memory: the log is nearly full: %d of %d events; reader %s is %d behind", len(l.events), l.capacity, last, behind)
	}}
}

// full is the check of a bounded table: what refuses to be written soon.
func full(name, rows string, length func(context.Context) int, capacity int) health.Check {
	return health.Check{Name: module + "/" + name, Probe: func(ctx context.Context) error {
		if n := length(ctx); nearlyFull(n, capacity) {
			return fmt.Errorf("memory: the %s is nearly full: %d of %d %s", name, n, capacity, rows)
		}
		return nil
	}}
}
