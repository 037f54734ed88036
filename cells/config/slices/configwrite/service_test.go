package configwrite

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/configtest"
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
	return fixture{f, New(f.Tx, f.Store, f.Clock, f.Changed.Publisher())}
}

// create stores a setting and returns its ETag.
func (f fixture) create(tb testing.TB, key, value string) string {
	tb.Helper()
	res, err := f.service.Create(tb.Context(), configapi.WriteRequest{Key: key, Value: secret.NewText(value)})
	if err != nil {
		tb.Fatal(err)
	}
	return res.ETag
}

func (f fixture) update(tb testing.TB, key, value, ifMatch string) (configapi.UpdateResponse, error) {
	tb.Helper()
	return f.service.Update(tb.Context(), configapi.UpdateRequest{Key: key, Value: secret.NewText(value), IfMatch: ifMatch})
}

func (f fixture) remove(tb testing.TB, key, ifMatch string) error {
	tb.Helper()
	_, err := f.service.Delete(tb.Context(), configapi.DeleteRequest{Key: key, IfMatch: ifMatch})
	return err
}

func TestCreateAnswersTheSettingAndPublishesIt(t *testing.T) {
	t.Parallel()
	f := setup(t)
	res, err := f.service.Create(t.Context(), configapi.WriteRequest{Key: "a", Value: secret.NewText("7"), Type: "integer", Schema: jsontext.Value(`{"minimum": 1}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := configapi.WriteResponse{ETag: `"1"`, Location: "/api/v1/config/a", Entry: configapi.Entry{
		ID: res.ID, Key: "a", Value: "7", Type: "integer", Version: 1, CreatedAt: f.Clock.Now(), UpdatedAt: f.Clock.Now(),
	}}
	if diff := cmp.Diff(want, res); diff != "" || res.ID == "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]configapi.Changed{{Action: "created", Key: "a", Version: 1, Value: new("7")}}, f.Changed.All()); diff != "" {
		t.Error(diff)
	}
}

func TestCreateRefusesAKeyInUse(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.create(t, "a", "1")
	for header, want := range map[string]problem.Code{"": configapi.ErrExists, "*": configapi.ErrStale} {
		_, err := f.service.Create(t.Context(), configapi.WriteRequest{Key: "a", Value: secret.NewText("2"), IfNoneMatch: header})
		configtest.WantCode(t, err, want)
	}
	if got := f.Published(); got != 1 {
		t.Errorf("events: got %d, want 1", got)
	}
	if _, err := f.service.Create(t.Context(), configapi.WriteRequest{Key: "b", IfNoneMatch: "*"}); err != nil {
		t.Errorf("a free key: %v", err)
	}
}

func TestCreateRefusesWhatBreaksARule(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		req  configapi.WriteRequest
		want problem.Code
	}{
		"a key":    {configapi.WriteRequest{Key: "../x"}, problem.Invalid},
		"a type":   {configapi.WriteRequest{Key: "a", Value: secret.NewText("hunter2"), Type: "integer"}, configapi.ErrValueInvalid},
		"a schema": {configapi.WriteRequest{Key: "a", Value: secret.NewText("hunter2"), Schema: jsontext.Value(`{"maxLength": 3}`)}, configapi.ErrValueInvalid},
		"a size":   {configapi.WriteRequest{Key: "a", Value: secret.NewText(strings.Repeat("hunter2", 10_000))}, configapi.ErrValueInvalid},
		"no schema": {
			configapi.WriteRequest{Key: "a", Value: secret.NewText("hunter2"), Schema: jsontext.Value(`{"type": "hunter2"}`)}, configapi.ErrSchemaInvalid,
		},
		"a remote schema": {
			configapi.WriteRequest{Key: "a", Value: secret.NewText("x"), Schema: jsontext.Value(`{"$ref": "http://127.0.0.1/hunter2"}`)}, configapi.ErrSchemaInvalid,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			_, err := f.service.Create(t.Context(), c.req)
			configtest.WantCode(t, err, c.want)
			if p := problem.From(err); strings.Contains(err.Error()+p.Detail+p.Faults[0].Message+p.Faults[0].Pointer, "hunter2") {
				t.Errorf("the error shows the value: %v %+v", err, p.Faults)
			}
			if f.Published() != 0 {
				t.Error("an event was published")
			}
			f.create(t, "a", "1") // nothing holds the key
		})
	}
}

func TestUpdateAnswersTheNextVersion(t *testing.T) {
	t.Parallel()
	f := setup(t)
	tag := f.create(t, "a", "1")
	f.Clock.Advance(5)
	for i, header := range []string{tag, "*", `"9", "3"`} {
		res, err := f.update(t, "a", "new", header)
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(i + 2); res.Version != want || res.Value != "new" || res.ETag != `"`+string(rune('0'+want))+`"` {
			t.Errorf("got %+v, want version %d", res, want)
		}
	}
	if diff := cmp.Diff(configapi.Changed{Action: "updated", Key: "a", Version: 4, Value: new("new")}, f.Changed.All()[3]); diff != "" {
		t.Error(diff)
	}
}

func TestUpdateAndDeleteAreConditional(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.create(t, "a", "1")
	if _, err := f.update(t, "a", "2", `"1"`); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		key, header string
		want        problem.Code
	}{
		{"a", "", configapi.ErrNoMatch},
		{"a", `"1"`, configapi.ErrStale},
		{"a", `"3"`, configapi.ErrStale},
		{"a", `W/"2"`, problem.Invalid},
		{"a", `2`, problem.Invalid},
		{"b", `*`, configapi.ErrNotFound},
		{"b", `"1"`, configapi.ErrNotFound},
		{"b", ``, configapi.ErrNoMatch},
	}
	for _, c := range cases {
		_, err := f.update(t, c.key, "x", c.header)
		configtest.WantCode(t, err, c.want)
		configtest.WantCode(t, f.remove(t, c.key, c.header), c.want)
	}
	if got := f.Published(); got != 2 {
		t.Errorf("events: got %d, want 2", got)
	}
	if err := f.remove(t, "a", `"2"`); err != nil {
		t.Error(err)
	}
}

func TestAnETagOfADeletedSettingFitsNoneLater(t *testing.T) {
	t.Parallel()
	f := setup(t)
	old := f.create(t, "a", "1")
	if err := f.remove(t, "a", old); err != nil {
		t.Fatal(err)
	}
	if tag := f.create(t, "a", "2"); tag != `"2"` {
		t.Errorf("ETag of the next setting: got %s, want \"2\"", tag)
	}
	configtest.WantCode(t, f.remove(t, "a", old), configapi.ErrStale)
	if diff := cmp.Diff(configapi.Changed{Action: "deleted", Key: "a", Version: 1}, f.Changed.All()[1]); diff != "" {
		t.Error(diff)
	}
}

func TestASensitiveValueIsShownNowhere(t *testing.T) {
	t.Parallel()
	f := setup(t)
	created, err := f.service.Create(t.Context(), configapi.WriteRequest{Key: "a", Value: secret.NewText("hunter2"), Sensitive: true})
	if err != nil || created.Value == "hunter2" || !created.Sensitive {
		t.Fatalf("create: %q, %v", created.Value, err)
	}
	updated, err := f.update(t, "a", "hunter3", "*")
	if err != nil || updated.Value != created.Value || !updated.Sensitive {
		t.Fatalf("update: %q, %v", updated.Value, err)
	}
	_, err = f.update(t, "a", updated.Value, "*")
	configtest.WantCode(t, err, configapi.ErrValueInvalid)
	plain := false
	_, err = f.service.Update(t.Context(), configapi.UpdateRequest{Key: "a", Value: secret.NewText("x"), Sensitive: &plain, IfMatch: "*"})
	configtest.WantCode(t, err, configapi.ErrSensitive)
	for _, e := range f.Changed.All() {
		if e.Value != nil {
			t.Errorf("%s: the event holds %q", e.Action, *e.Value)
		}
	}
}

func TestAWriteThatCannotBePublishedIsUndone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.create(t, "a", "1")
	broken := errors.New("broken")
	f.FailPublishing(broken)
	_, createErr := f.service.Create(t.Context(), configapi.WriteRequest{Key: "b"})
	_, updateErr := f.update(t, "a", "2", "*")
	for _, err := range []error{createErr, updateErr, f.remove(t, "a", "*")} {
		if !errors.Is(err, broken) {
			t.Errorf("got %v, want the publisher's error", err)
		}
	}
	f.FailPublishing(nil)
	if res, err := f.update(t, "a", "2", `"1"`); err != nil || res.Version != 2 {
		t.Errorf("after it: version %d, %v", res.Version, err)
	}
	if tag := f.create(t, "b", ""); tag != `"1"` {
		t.Errorf("the key that was not created: ETag %s", tag)
	}
}

func TestOfAHundredEditorsWithOneETagOneWins(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			tag := f.create(t, "a", "1")
			won := 0
			for _, err := range configtest.Parallel(100, func(int) error {
				_, err := f.update(t, "a", "2", tag)
				return err
			}) {
				if err == nil {
					won++
					continue
				}
				configtest.WantCode(t, err, configapi.ErrStale)
			}
			if got := f.Published(); won != 1 || got != 2 {
				t.Errorf("got %d winners and %d events, want 1 and 2", won, got)
			}
		})
	}
}
