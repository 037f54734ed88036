package eventtest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

// fakeInbox keeps watermarks in a store. Its functions stand in for what it does; nil ones break nothing.
type fakeInbox struct {
	*store

	key  func(reader string, e event.Event) string
	seen func(ctx context.Context, f *fakeInbox, reader string, e event.Event) bool
	mark func(ctx context.Context, f *fakeInbox, reader string, e event.Event) error

	mu      sync.Mutex // for sabotage
	current string
	marking int
	met     chan struct{}
}

func (f *fakeInbox) at(reader string, e event.Event) string {
	if f.key != nil {
		return f.key(reader, e)
	}
	if e.Seq == 0 {
		return strings.Join([]string{reader, e.Topic, "", e.ID}, "\x00")
	}
	return strings.Join([]string{reader, e.Topic, e.Key}, "\x00")
}

func (f *fakeInbox) last(ctx context.Context, key string) int64 {
	last, _ := f.view(ctx)[key].(int64)
	return last
}

func (f *fakeInbox) Seen(ctx context.Context, reader string, e event.Event) (bool, error) {
	if f.seen != nil {
		return f.seen(ctx, f, reader, e), nil
	}
	last, known := f.view(ctx)[f.at(reader, e)].(int64)
	return known && e.Seq <= last, nil
}

func (f *fakeInbox) Mark(ctx context.Context, reader string, e event.Event) error {
	if f.mark != nil {
		return f.mark(ctx, f, reader, e)
	}
	key := f.at(reader, e)
	return f.put(ctx, key, max(e.Seq, f.last(ctx, key)))
}

func TestInboxSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	promise.Catch(t, inboxCases(), brokenInboxes(), func(t *promise.T, sabotage func(f *fakeInbox)) *inboxKit {
		f := &fakeInbox{store: newStore(), met: make(chan struct{})}
		if sabotage != nil {
			sabotage(f)
		}
		return &inboxKit{t, InboxSubject{f.store, f}}
	})
}

func TestInboxSuitePassesASoundAdapter(t *testing.T) {
	t.Parallel()
	RunInbox(t, func(*testing.T) InboxSubject {
		f := &fakeInbox{store: newStore()}
		return InboxSubject{f.store, f}
	})
}

func joins(parts func(reader string, e event.Event) []string) func(f *fakeInbox) {
	return func(f *fakeInbox) {
		f.key = func(reader string, e event.Event) string { return strings.Join(parts(reader, e), "\x00") }
	}
}

func brokenInboxes() []promise.Broken[func(f *fakeInbox)] {
	const apart = "readers, topics and keys are told apart"
	return []promise.Broken[func(f *fakeInbox)]{
		{Name: "says nothing of durability", Break: func(f *fakeInbox) { f.grade = durability.Unstated }, CaughtBy: "the inbox says what it keeps"},
		{Name: "forgets", Break: func(f *fakeInbox) { f.mark = marksNothing }, CaughtBy: "an event is seen when it was marked"},
		{Name: "shows marks before the commit", Break: func(f *fakeInbox) { f.mark = marksAhead }, CaughtBy: "an event is seen when it was marked"},
		{Name: "knows each event, not its key", Break: func(f *fakeInbox) { f.seen = seesItself }, CaughtBy: "earlier events of a key are seen with it, later ones are not"},
		{Name: "counts the next event as seen", Break: func(f *fakeInbox) { f.seen = seesTheNext }, CaughtBy: "earlier events of a key are seen with it, later ones are not"},
		{Name: "keeps the last mark", Break: func(f *fakeInbox) { f.mark = marksTheLast }, CaughtBy: "a watermark never goes back"},
		{
			Name: "knows events without a place by their key", CaughtBy: "events without a place and a key are known by their ids",
			Break: joins(func(r string, e event.Event) []string { return []string{r, e.Topic, e.Key} }),
		},
		{Name: "forgets the reader", Break: joins(func(_ string, e event.Event) []string { return []string{e.Topic, e.Key} }), CaughtBy: apart},
		{Name: "forgets the topic", Break: joins(func(r string, e event.Event) []string { return []string{r, e.Key} }), CaughtBy: apart},
		{Name: "forgets the key", Break: joins(func(r string, e event.Event) []string { return []string{r, e.Topic} }), CaughtBy: apart},
		{Name: "runs reader and topic together", Break: joins(func(r string, e event.Event) []string { return []string{r + "/" + e.Topic, e.Key} }), CaughtBy: apart},
		{Name: "runs topic and key together", Break: joins(func(r string, e event.Event) []string { return []string{r, e.Topic + ":" + e.Key} }), CaughtBy: apart},
		{Name: "folds keys", Break: joins(func(r string, e event.Event) []string { return []string{r, e.Topic, strings.ToLower(e.Key)} }), CaughtBy: apart},
		{Name: "keeps marks that were undone", Break: func(f *fakeInbox) { f.mark = marksAhead }, CaughtBy: "a mark goes with its transaction"},
		{Name: "keeps the marks of a savepoint", Break: func(f *fakeInbox) { f.keepSavepoints = true }, CaughtBy: "a mark goes with its transaction"},
		{Name: "marks without a transaction", Break: func(f *fakeInbox) { f.mark = marksAlone }, CaughtBy: "a mark needs a transaction"},
		{Name: "takes one caller for another", Break: func(f *fakeInbox) { f.mark = marksCurrent }, CaughtBy: "many mark at a time"},
	}
}

func marksNothing(context.Context, *fakeInbox, string, event.Event) error { return nil }

func marksAhead(ctx context.Context, f *fakeInbox, reader string, e event.Event) error {
	if !db.InTx(ctx) {
		return db.ErrNoTransaction
	}
	f.putAlone(f.at(reader, e), max(e.Seq, f.last(ctx, f.at(reader, e))))
	return nil
}

func marksAlone(ctx context.Context, f *fakeInbox, reader string, e event.Event) error {
	return f.InTx(ctx, func(ctx context.Context) error {
		return f.put(ctx, f.at(reader, e), max(e.Seq, f.last(ctx, f.at(reader, e))))
	})
}

func marksTheLast(ctx context.Context, f *fakeInbox, reader string, e event.Event) error {
	return f.put(ctx, f.at(reader, e), e.Seq)
}

func seesItself(ctx context.Context, f *fakeInbox, reader string, e event.Event) bool {
	return e.Seq == f.last(ctx, f.at(reader, e))
}

func seesTheNext(ctx context.Context, f *fakeInbox, reader string, e event.Event) bool {
	last := f.last(ctx, f.at(reader, e))
	return last > 0 && e.Seq <= last+1
}

// marksCurrent keeps what it marks beside itself. The first callers meet there.
func marksCurrent(ctx context.Context, f *fakeInbox, reader string, e event.Event) error {
	f.mu.Lock()
	f.current = f.at(reader, e)
	if f.marking++; f.marking == crowd {
		close(f.met)
	}
	f.mu.Unlock()
	select {
	case <-f.met:
	case <-ctx.Done():
	}
	f.mu.Lock()
	key := f.current
	f.mu.Unlock()
	return f.put(ctx, key, max(e.Seq, f.last(ctx, key)))
}
