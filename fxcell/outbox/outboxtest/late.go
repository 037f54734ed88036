package outboxtest

import (
	"context"
	"errors"
	"slices"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func lateCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "a commit that comes late is not passed over", Keep: lateCommit},
		{Name: "a rollback that comes late holds nobody up", Keep: lateRollback},
	}
}

// begun starts a transaction with one event, and returns when everything but its end is done. The end is what comes from the channel.
func (k *kit) begun(id string) (end chan<- error, ended <-chan error) {
	k.Helper()
	ready, ends, result := make(chan struct{}), make(chan error, 1), make(chan error, 1)
	go func() {
		result <- k.Tx.InTx(k.Outside, func(ctx context.Context) error {
			e := named(id)
			e.Key = id // no other transaction waits for its turn
			if err := k.Writer.Write(ctx, e); err != nil {
				return err
			}
			return db.BeforeCommit(ctx, func(ctx context.Context) error { // after what the writer does before the commit
				close(ready)
				select {
				case err := <-ends:
					return err
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			})
		})
	}()
	select {
	case <-ready:
	case err := <-result:
		k.Fatalf("a transaction with %s = %v", id, err)
	}
	return ends, result
}

// advancesOver reads and advances over what comes while it watches, n events at most, and returns what came.
func (k *kit) advancesOver(s event.Stream, watch time.Duration, n int) []string {
	k.Helper()
	var got []string
	timer := time.After(watch)
	for len(got) < n {
		if b := k.next(s, 1); len(b.Events) > 0 {
			k.advance(s, b)
			got = append(got, idsOf(b)...)
			continue
		}
		select {
		case <-s.Wake():
		case <-time.After(k.Quiet / 4):
		case <-timer:
			return got
		}
	}
	return got
}

func lateCommit(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	end, ended := k.begun("late")
	k.write("1", "2")
	early := k.advancesOver(s, k.Quiet, 3)
	end <- nil
	if err := <-ended; err != nil {
		k.Fatalf("InTx = %v, want a commit", err)
	}
	k.write("3")
	k.wantOnce(append(early, k.advancesOver(s, k.Patience/2, 4-len(early))...), "1", "2", "3", "late")
	k.readsNothing(s)
}

func lateRollback(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	end, ended := k.begun("undone")
	k.write("1", "2")
	early := k.advancesOver(s, k.Quiet, 3)
	end <- errTest
	if err := <-ended; !errors.Is(err, errTest) {
		k.Fatalf("InTx = %v, want a rollback", err)
	}
	k.write("3")
	k.wantOnce(append(early, k.advancesOver(s, k.Patience/2, 3-len(early))...), "1", "2", "3")
	k.readsNothing(s)
}

// wantOnce fails unless each of want has come once, and nothing else, in any order.
func (k *kit) wantOnce(got []string, want ...string) {
	k.Helper()
	if slices.Sort(got); !slices.Equal(got, want) {
		k.Errorf("read %q, want each of %q once", got, want)
	}
}
