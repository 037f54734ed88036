package contract

import (
	"sync"
	"time"
)

// telling spares the log what happens again and again. It is safe for concurrent use.
type telling struct {
	mu    sync.Mutex
	last  time.Time // when the log was told
	since int64     // what happened after that
}

// tell counts one more, and returns how many the log is to be told of: those since it was told last, 0 when that is less than silence ago.
func (t *telling) tell(silence time.Duration) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.since++
	now := time.Now()
	if !t.last.IsZero() && now.Sub(t.last) < silence {
		return 0
	}
	n := t.since
	t.last, t.since = now, 0
	return n
}
