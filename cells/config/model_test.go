package config_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/configtest"
	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/cells/config/slices/configpublish"
	"fxcell.dev/cells/config/slices/configread"
	"fxcell.dev/cells/config/slices/configwrite"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

// setting is what the model knows of one setting.
type setting struct {
	values    map[int64]string
	version   int64
	max       int // values are as long at most
	sensitive bool
	published configapi.PublishResponse
}

// model says what the cell must do.
type model struct {
	*configtest.Fixture

	writer    *configwrite.Service
	reader    *configread.Service
	publisher *configpublish.Service

	settings map[string]*setting
	last     map[string]int64 // the highest version that a key ever had
	revision int64
	events   int
	failing  bool
}

var errBroken = errors.New("broken")

func newModel(f *configtest.Fixture) *model {
	return &model{
		Fixture: f, settings: map[string]*setting{}, last: map[string]int64{},
		writer:    configwrite.New(f.Tx, f.Store, f.Clock, f.Changed.Publisher()),
		reader:    configread.New(f.Store),
		publisher: configpublish.New(f.Tx, f.Store, f.Clock, f.Changed.Publisher(), f.RolledBack.Publisher()),
	}
}

// drawn are the inputs of one step.
type drawn struct {
	key, value, match string
	max               int
	sensitive         bool
}

func (m *model) draw(t *rapid.T) drawn {
	d := drawn{
		key:   rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"),
		value: strings.Repeat("x", rapid.IntRange(0, 4).Draw(t, "length")),
		max:   rapid.IntRange(1, 4).Draw(t, "max"), sensitive: rapid.Bool().Draw(t, "sensitive"),
	}
	current := int64(0)
	if s := m.settings[d.key]; s != nil {
		current = s.version
	}
	d.match = rapid.SampledFrom([]string{
		"", "*", domain.ETag(current), domain.ETag(current), domain.ETag(current - 1), domain.ETag(current + 1), `W/` + domain.ETag(current),
	}).Draw(t, "match")
	return d
}

// refusal returns why a request for a setting must fail before its value is looked at, in the order of the checks.
func (m *model) refusal(d drawn, required bool) (s *setting, code problem.Code, refused bool) {
	s = m.settings[d.key]
	switch {
	case d.match == "" && required:
		return s, configapi.ErrNoMatch, true
	case strings.HasPrefix(d.match, "W/"):
		return s, problem.Invalid, true
	case s == nil:
		return s, configapi.ErrNotFound, true
	case d.match != "" && d.match != "*" && d.match != domain.ETag(s.version):
		return s, configapi.ErrStale, true
	}
	return s, problem.Code{}, false
}

// judge holds an error against what must have happened, and reports whether the step was committed.
func (m *model) judge(t *rapid.T, err error, code problem.Code, refused bool) bool {
	switch {
	case refused:
		if !problem.Has(err, code) {
			t.Fatalf("got %v, want %s", err, code.Name)
		}
		return false
	case m.failing:
		if !errors.Is(err, errBroken) {
			t.Fatalf("got %v, want the publisher's error", err)
		}
		return false
	case err != nil:
		t.Fatal(err)
	}
	m.events++
	return true
}

func (m *model) advance(t *rapid.T, key string, s *setting, got int64, value string) {
	if got <= m.last[key] || got != s.version+1 {
		t.Fatalf("version %d of %s follows %d, the highest was %d", got, key, s.version, m.last[key])
	}
	s.version, m.last[key], s.values[got] = got, got, value
}

func (m *model) Create(t *rapid.T) {
	d := m.draw(t)
	res, err := m.writer.Create(t.Context(), configapi.WriteRequest{
		Key: d.key, Value: secret.NewText(d.value), Sensitive: d.sensitive, Schema: jsontext.Value(fmt.Sprintf(`{"maxLength": %d}`, d.max)),
	})
	code, refused := problem.Code{}, true
	switch {
	case len(d.value) > d.max:
		code = configapi.ErrValueInvalid
	case m.settings[d.key] != nil:
		code = configapi.ErrExists
	default:
		refused = false
	}
	if !m.judge(t, err, code, refused) {
		return
	}
	s := &setting{values: map[int64]string{}, version: m.last[d.key], max: d.max, sensitive: d.sensitive}
	m.settings[d.key] = s
	m.advance(t, d.key, s, res.Version, d.value)
}

func (m *model) Update(t *rapid.T) {
	d := m.draw(t)
	req := configapi.UpdateRequest{Key: d.key, Value: secret.NewText(d.value), IfMatch: d.match}
	if rapid.Bool().Draw(t, "says whether sensitive") {
		req.Sensitive = &d.sensitive
	}
	withSchema := rapid.Bool().Draw(t, "brings a schema")
	if withSchema {
		req.Schema = jsontext.Value(fmt.Sprintf(`{"maxLength": %d}`, d.max))
	}
	res, err := m.writer.Update(t.Context(), req)
	s, code, refused := m.refusal(d, true)
	switch {
	case refused:
	case req.Sensitive != nil && s.sensitive && !d.sensitive:
		code, refused = configapi.ErrSensitive, true
	case len(d.value) > s.max && !withSchema, withSchema && len(d.value) > d.max:
		code, refused = configapi.ErrValueInvalid, true
	}
	if !m.judge(t, err, code, refused) {
		return
	}
	if withSchema {
		s.max = d.max
	}
	s.sensitive = s.sensitive || req.Sensitive != nil && d.sensitive
	m.advance(t, d.key, s, res.Version, d.value)
}

func (m *model) Delete(t *rapid.T) {
	d := m.draw(t)
	_, err := m.writer.Delete(t.Context(), configapi.DeleteRequest{Key: d.key, IfMatch: d.match})
	_, code, refused := m.refusal(d, true)
	if m.judge(t, err, code, refused) {
		delete(m.settings, d.key)
	}
}

func (m *model) Rollback(t *rapid.T) {
	d := m.draw(t)
	target := rapid.Int64Range(0, 8).Draw(t, "target")
	res, err := m.publisher.Rollback(t.Context(), configapi.RollbackRequest{Key: d.key, Version: target, IfMatch: d.match})
	s, code, refused := m.refusal(d, false)
	if !refused {
		value, ok := s.values[target]
		switch {
		case !ok:
			code, refused = configapi.ErrVersionNotFound, true
		case len(value) > s.max:
			code, refused = configapi.ErrValueInvalid, true
		}
	}
	if m.judge(t, err, code, refused) {
		m.advance(t, d.key, s, res.Version, s.values[target])
	}
}

func (m *model) Publish(t *rapid.T) {
	d := m.draw(t)
	res, err := m.publisher.Publish(t.Context(), configapi.PublishRequest{Key: d.key, IfMatch: d.match})
	s, code, refused := m.refusal(d, false)
	if !refused && s.published.Version == s.version { // again
		if err != nil || res != s.published {
			t.Fatalf("got %+v and %v, want the publication that there is", res, err)
		}
		return
	}
	if !m.judge(t, err, code, refused) {
		return
	}
	if m.revision++; res.Revision != m.revision || res.Version != s.version {
		t.Fatalf("got revision %d of version %d, want %d of %d", res.Revision, res.Version, m.revision, s.version)
	}
	s.published = res
}

func (m *model) Break(t *rapid.T) {
	m.failing = rapid.Bool().Draw(t, "failing")
	if m.failing {
		m.FailPublishing(errBroken)
		return
	}
	m.FailPublishing(nil)
}

// Check compares what is read with the model after each step.
func (m *model) Check(t *rapid.T) {
	if got := m.Published(); got != m.events {
		t.Fatalf("%d events, want %d", got, m.events)
	}
	list, err := m.reader.List(t.Context(), configapi.ListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range list.Data {
		keys = append(keys, e.Key)
	}
	if want := slices.Sorted(maps.Keys(m.settings)); !slices.Equal(keys, want) {
		t.Fatalf("keys %q, want %q", keys, want)
	}
	for key, s := range m.settings {
		got, err := m.reader.Get(t.Context(), configapi.GetRequest{Key: key})
		want := s.values[s.version]
		if s.sensitive {
			want = domain.Mask
		}
		if err != nil || got.Version != s.version || got.Value != want || got.Sensitive != s.sensitive || got.ETag != domain.ETag(s.version) {
			t.Fatalf("%s: got %+v and %v, want version %d, %q", key, got, err, s.version, want)
		}
	}
}

func TestTheCellDoesAsItsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { newModel(configtest.New(t)).run(t) })
}

func TestTheCellDoesAsItsModelInPostgres(t *testing.T) {
	t.Parallel()
	d := postgrestest.Open(t, migrations.Of("config"))
	rapid.Check(t, func(r *rapid.T) {
		if err := d.Tx.InTx(t.Context(), func(ctx context.Context) error {
			_, err := d.SQL.Exec(ctx, "TRUNCATE config.settings, config.versions, config.publications; UPDATE config.revisions SET last = 0")
			return err
		}); err != nil {
			r.Fatal(err)
		}
		newModel(configtest.NewPostgres(r, d.Tx, d.SQL)).run(r)
	})
}

func (m *model) run(t *rapid.T) {
	t.Repeat(map[string]func(*rapid.T){
		"create": m.Create, "update": m.Update, "delete": m.Delete, "rollback": m.Rollback, "publish": m.Publish, "break": m.Break,
		"": m.Check,
	})
}
