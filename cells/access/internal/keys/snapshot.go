package keys

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/auth"
)

// snapshot is what a ring read from the store at one time. It does not change.
type snapshot struct {
	number int // of the reading: 0 before the first
	at     time.Time
	order  []string // ids, oldest key first
	keys   map[string]published
}

// published is a stored key as it is shown, or why it cannot be.
type published struct {
	stored domain.SigningKey // without its private half
	public auth.PublicKey
	fault  error
}

// known returns what the ring read last, and reads first when that is too old. While the store cannot be read, an older reading does as long as
// others may keep the key set.
func (r *Ring) known(ctx context.Context) (snapshot, error) {
	last := r.last()
	age := r.clock.Now().Sub(last.at)
	if last.number > 0 && age < ReloadEvery {
		return last, nil
	}
	read, err := r.reload(ctx, last.number)
	if err != nil && ctx.Err() == nil && last.number > 0 && age < MaxAge {
		return last, nil
	}
	return read, err
}

func (r *Ring) last() snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read
}

// Reload reads the ring from the store.
func (r *Ring) Reload(ctx context.Context) error {
	_, err := r.reload(ctx, r.last().number)
	return err
}

// readFault is the last reading that failed.
type readFault struct {
	number int
	err    error
}

func (r *Ring) faults() readFault {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault
}

func (r *Ring) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = readFault{r.fault.number + 1, err}
}

// reload reads the ring from the store, unless another call read it since the reading of that number: calls that come at once share one, or its
// failure, so that they do not queue before a store that is away.
func (r *Ring) reload(ctx context.Context, since int) (snapshot, error) {
	faults := r.faults().number
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return snapshot{}, context.Cause(ctx)
	}
	last := r.last()
	if last.number > since {
		return last, nil
	}
	if fault := r.faults(); fault.number > faults {
		return snapshot{}, fault.err
	}
	at := r.clock.Now()
	all, err := r.store.Keys(ctx)
	if err != nil {
		err = fmt.Errorf("keys: read: %w", err)
		if ctx.Err() == nil {
			r.fail(err)
		}
		return snapshot{}, err
	}
	read := snapshot{number: last.number + 1, at: at, keys: make(map[string]published, len(all))}
	for _, k := range all {
		read.order = append(read.order, k.ID)
		read.keys[k.ID] = last.show(k)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = read
	return read, nil
}

// show returns the key as it is shown. Its public half is looked at once: what an id names does not change.
func (s snapshot) show(k domain.SigningKey) published {
	k.Private.Data = nil
	p := published{stored: k}
	if seen, ok := s.keys[k.ID]; ok && seen.stored.Algorithm == k.Algorithm && bytes.Equal(seen.stored.Public, k.Public) {
		p.public, p.fault = seen.public, seen.fault
	} else {
		p.public, p.fault = public(k)
	}
	return p
}
