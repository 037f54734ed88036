package configpublish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/configtest"
	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

type fixture struct {
	*configtest.Fixture

	service *Service
}

func setup(tb testing.TB) fixture {
	tb.Helper()
	return setupIn(configtest.New(tb))
}

func onPostgres(tb testing.TB) fixture {
	tb.Helper()
	d := postgrestest.Open(tb, migrations.Of("config"))
	return setupIn(configtest.NewPostgres(tb, d.Tx, d.SQL))
}

// stores are where settings may lie.
var stores = map[string]func(tb testing.TB) fixture{"memory": setup, "postgres": onPostgres}

func setupIn(f *configtest.Fixture) fixture {
	return fixture{f, New(f.Tx, f.Store, f.Clock, f.Changed.Publisher(), f.RolledBack.Publisher())}
}

func (f fixture) add(tb testing.TB, key, value string, rules domain.Rules) domain.Entry {
	tb.Helper()
	e, err := domain.Create(domain.Draft{Key: key, Value: secret.NewText(value), Rules: rules}, f.Clock.Now())
	if err == nil {
		err = f.Tx.InTx(tb.Context(), func(ctx context.Context) error {
			e, err = f.Store.Insert(ctx, e)
			return err
		})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func (f fixture) change(tb testing.TB, e domain.Entry, c domain.Change) domain.Entry {
	tb.Helper()
	e, err := e.Change(c, f.Clock.Now())
	if err == nil {
		err = f.Tx.InTx(tb.Context(), func(ctx context.Context) error { return f.Store.Update(ctx, e) })
	}
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func (f fixture) publish(tb testing.TB, key, ifMatch string) (configapi.PublishResponse, error) {
	tb.Helper()
	return f.service.Publish(tb.Context(), configapi.PublishRequest{Key: key, IfMatch: ifMatch})
}

func (f fixture) rollback(tb testing.TB, key string, version int64, ifMatch string) (configapi.RollbackResponse, error) {
	tb.Helper()
	return f.service.Rollback(tb.Context(), configapi.RollbackRequest{Key: key, Version: version, IfMatch: ifMatch})
}

func TestPublishAnswersThePublicationAndPublishesIt(t *testing.T) {
	t.Parallel()
	f := setup(t)
	e := f.add(t, "a", "v", domain.Rules{})
	res, err := f.publish(t, "a", `"1"`)
	if err != nil {
		t.Fatal(err)
	}
	want := configapi.PublishResponse{ID: res.ID, ConfigID: e.ID, Version: 1, Value: "v", Revision: 1, PublishedAt: f.Clock.Now()}
	if diff := cmp.Diff(want, res); diff != "" || res.ID == "" || res.ID == e.ID {
		t.Error(diff, res.ID)
	}
	event := configapi.Changed{Action: "published", Key: "a", Version: 1, Value: new("v"), ConfigID: e.ID, Revision: 1}
	if diff := cmp.Diff([]configapi.Changed{event}, f.Changed.All()); diff != "" {
		t.Error(diff)
	}
}

func TestPublishingAVersionAgainAnswersTheSame(t *testing.T) {
	t.Parallel()
	f := setup(t)
	e := f.add(t, "a", "v", domain.Rules{})
	first, err := f.publish(t, "a", "")
	f.Clock.Advance(5)
	again, againErr := f.publish(t, "a", "*")
	if diff := cmp.Diff(first, again); err != nil || againErr != nil || diff != "" {
		t.Error(err, againErr, diff)
	}
	if got := f.Published(); got != 1 {
		t.Errorf("events: got %d, want 1", got)
	}
	f.change(t, e, domain.Change{Value: secret.NewText("w")})
	next, err := f.publish(t, "a", "")
	if err != nil || next.ID == first.ID || next.Revision != 2 || next.Version != 2 {
		t.Errorf("the next version: got %+v, %v", next, err)
	}
}

func TestRevisionsCountAllSettings(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i := range 3 {
		key := fmt.Sprint("k", i)
		f.add(t, key, "v", domain.Rules{})
		if res, err := f.publish(t, key, ""); err != nil || res.Revision != int64(i+1) {
			t.Errorf("%s: revision %d, %v", key, res.Revision, err)
		}
	}
}

func TestPublishAndRollbackHonourAConditionAndNameWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.change(t, f.add(t, "a", "1", domain.Rules{}), domain.Change{Value: secret.NewText("2")})
	for _, c := range []struct {
		key, header string
		want        problem.Code
	}{
		{"a", `"1"`, configapi.ErrStale},
		{"a", `W/"2"`, problem.Invalid},
		{"a", `2`, problem.Invalid},
		{"b", ``, configapi.ErrNotFound},
		{"b", `*`, configapi.ErrNotFound},
	} {
		_, err := f.publish(t, c.key, c.header)
		configtest.WantCode(t, err, c.want)
		_, err = f.rollback(t, c.key, 1, c.header)
		configtest.WantCode(t, err, c.want)
	}
	for _, version := range []int64{3, 0, -1, 1 << 60} {
		_, err := f.rollback(t, "a", version, `"2"`)
		configtest.WantCode(t, err, configapi.ErrVersionNotFound)
	}
	if got := f.Published(); got != 0 {
		t.Errorf("events: got %d, want none", got)
	}
}

func TestRollbackMakesANewVersionOfAnOldValue(t *testing.T) {
	t.Parallel()
	f := setup(t)
	e := f.change(t, f.add(t, "a", "one", domain.Rules{}), domain.Change{Value: secret.NewText("two")})
	f.Clock.Advance(5)
	res, err := f.rollback(t, "a", 1, `"2"`)
	if err != nil {
		t.Fatal(err)
	}
	want := configapi.RollbackResponse{ETag: `"3"`, Entry: configapi.Entry{
		ID: e.ID, Key: "a", Value: "one", Type: "string", Version: 3, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}}
	if diff := cmp.Diff(want, res); diff != "" {
		t.Error(diff)
	}
	stored, err := f.Store.Version(t.Context(), "a", 3)
	if err != nil || stored.RollbackOf != 1 {
		t.Errorf("stored: rollback of %d, %v", stored.RollbackOf, err)
	}
	event := configapi.RolledBack{Action: "rollback", Key: "a", TargetVersion: 1, NewVersion: 3}
	if diff := cmp.Diff([]configapi.RolledBack{event}, f.RolledBack.All()); diff != "" || len(f.Changed.All()) != 0 {
		t.Error(diff, f.Changed.All())
	}
}

func TestRollbackHoldsTheValueAgainstTheSchemaOfNow(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.change(t, f.add(t, "a", "hunter2", domain.Rules{}), domain.Change{Value: secret.NewText("2"), Type: domain.TypeInteger})
	_, err := f.rollback(t, "a", 1, "")
	configtest.WantCode(t, err, configapi.ErrValueInvalid)
	if got := problem.From(err).Faults[0].Pointer; got != "/value" {
		t.Errorf("pointer %q, want /value", got)
	}
	if got, err := f.Store.Get(t.Context(), "a"); err != nil || got.Version != 2 || f.Published() != 0 {
		t.Errorf("version %d, %d events, %v: something happened", got.Version, f.Published(), err)
	}
}

func TestASensitiveValueIsShownNowhere(t *testing.T) {
	t.Parallel()
	f := setup(t)
	yes := true
	f.change(t, f.add(t, "a", "hunter2", domain.Rules{}), domain.Change{Value: secret.NewText("hunter3"), Sensitive: &yes})
	back, err := f.rollback(t, "a", 1, "")
	if err != nil || back.Value != domain.Mask || !back.Sensitive {
		t.Errorf("rollback: got %+v, %v", back, err)
	}
	published, err := f.publish(t, "a", "")
	if err != nil || published.Value != domain.Mask || !published.Sensitive || f.Changed.All()[0].Value != nil {
		t.Errorf("publish: got %+v, %v", published, err)
	}
}

func TestWhatCannotBePublishedIsUndone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.add(t, "a", "v", domain.Rules{})
	broken := errors.New("broken")
	f.FailPublishing(broken)
	_, publishErr := f.publish(t, "a", "")
	_, rollbackErr := f.rollback(t, "a", 1, "")
	if !errors.Is(publishErr, broken) || !errors.Is(rollbackErr, broken) {
		t.Errorf("got %v and %v, want the publisher's error", publishErr, rollbackErr)
	}
	f.FailPublishing(nil)
	if res, err := f.publish(t, "a", `"1"`); err != nil || res.Revision != 1 {
		t.Errorf("after it: revision %d, %v", res.Revision, err)
	}
}

func TestAHundredPublicationsMakeOneOrder(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			for i := range 50 {
				f.add(t, fmt.Sprint("k", i), "v", domain.Rules{})
			}
			answers := make([]configapi.PublishResponse, 100)
			for _, err := range configtest.Parallel(100, func(i int) error { // each of the fifty twice
				var err error
				answers[i], err = f.publish(t, fmt.Sprint("k", i%50), "")
				return err
			}) {
				if err != nil {
					t.Fatal(err)
				}
			}
			var revisions []int64
			for i := range 50 {
				if answers[i] != answers[i+50] {
					t.Errorf("k%d has two publications", i)
				}
			}
			for _, e := range f.Changed.All() {
				revisions = append(revisions, e.Revision)
			}
			slices.Sort(revisions) // the recorder hears of two commits in either order
			if len(slices.Compact(revisions)) != 50 || revisions[0] != 1 || revisions[49] != 50 {
				t.Errorf("events with the revisions %v, want 1 to 50", revisions)
			}
		})
	}
}

func TestOfAHundredRollbacksWithOneETagOneWins(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			f.add(t, "a", "v", domain.Rules{})
			won := 0
			for _, err := range configtest.Parallel(100, func(i int) error {
				if i%2 == 0 {
					_, err := f.publish(t, "a", "") // beside them, of whatever version there is
					return err
				}
				_, err := f.rollback(t, "a", 1, `"1"`)
				if err == nil {
					return nil
				}
				if !problem.Has(err, configapi.ErrStale) {
					return err
				}
				return errLost
			}) {
				switch {
				case err == nil:
					won++
				case !errors.Is(err, errLost):
					t.Error(err)
				}
			}
			if got := len(f.RolledBack.All()); won != 51 || got != 1 {
				t.Errorf("got %d successes and %d rollbacks, want the 50 publications and 1 rollback", won, got)
			}
			if got := len(f.Changed.All()); got < 1 || got > 2 {
				t.Errorf("got %d publications, want one per version at most", got)
			}
		})
	}
}

var errLost = errors.New("another one won")
