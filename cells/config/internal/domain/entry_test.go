package domain

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

var (
	before = time.Date(2026, 5, 4, 3, 2, 1, 123456789, time.FixedZone("", 3600))
	later  = before.Add(time.Minute)
)

func create(t *testing.T, d Draft) Entry {
	t.Helper()
	e, err := Create(d, before)
	if err != nil {
		t.Fatal(err)
	}
	e.Version = 1
	return e
}

func TestANewSettingIsAStringUnlessItSaysOtherwise(t *testing.T) {
	t.Parallel()
	e := create(t, Draft{Key: "a", Value: secret.NewText("v")})
	want := time.Date(2026, 5, 4, 2, 2, 1, 123456000, time.UTC)
	if e.Type != TypeString || e.CreatedAt != want || e.UpdatedAt != want || e.ID == "" || e.Sensitive {
		t.Errorf("got %+v", e)
	}
	if other := create(t, Draft{Key: "b"}); other.ID == e.ID {
		t.Error("two settings have one id")
	}
}

func TestASettingNeedsAKeyOfTheGrammar(t *testing.T) {
	t.Parallel()
	_, err := Create(Draft{Key: "../x"}, before)
	if !problem.Has(err, problem.Invalid) || problem.From(err).Faults[0].Pointer != "/key" {
		t.Errorf("got %v, want a fault at /key", err)
	}
}

func TestAChangeKeepsWhatItDoesNotName(t *testing.T) {
	t.Parallel()
	e := create(t, Draft{Key: "a", Value: secret.NewText("1"), Rules: Rules{Type: TypeInteger, Schema: `{"maximum": 9}`, Sensitive: true}})
	next, err := e.Change(Change{Value: secret.NewText("2")}, later)
	if err != nil {
		t.Fatal(err)
	}
	want := e
	want.Value, want.Version, want.UpdatedAt = secret.NewText("2"), 2, e.UpdatedAt.Add(time.Minute)
	if diff := cmp.Diff(want, next); diff != "" {
		t.Error(diff)
	}
	if _, err := e.Change(Change{Value: secret.NewText("10")}, later); !problem.Has(err, configapi.ErrValueInvalid) {
		t.Errorf("a value beyond the schema: got %v", err)
	}
	free, err := e.Change(Change{Value: secret.NewText("x"), Type: TypeString, Schema: `{}`}, later)
	if err != nil || free.Type != TypeString || free.Schema != `{}` {
		t.Errorf("with rules of its own: got %+v, %v", free.Rules, err)
	}
}

func TestASensitiveSettingStaysSensitive(t *testing.T) {
	t.Parallel()
	no, yes := false, true
	plain := create(t, Draft{Key: "a", Value: secret.NewText("v")})
	hidden, err := plain.Change(Change{Value: secret.NewText("w"), Sensitive: &yes}, later)
	if err != nil || !hidden.Sensitive {
		t.Fatalf("to sensitive: got %v, %v", hidden.Sensitive, err)
	}
	_, err = hidden.Change(Change{Value: secret.NewText("w"), Sensitive: &no}, later)
	if !problem.Has(err, configapi.ErrSensitive) || problem.From(err).Faults[0].Pointer != "/sensitive" {
		t.Errorf("to plain: got %v, want ERR_CONFIG_SENSITIVE", err)
	}
	back, err := hidden.RollBack(plain, later)
	if err != nil || !back.Sensitive {
		t.Errorf("rolled back to a plain version: sensitive %v, %v", back.Sensitive, err)
	}
	if next, err := plain.Change(Change{Value: secret.NewText("w"), Sensitive: &no}, later); err != nil || next.Sensitive {
		t.Errorf("a plain one that stays plain: got %v, %v", next.Sensitive, err)
	}
}

func TestARollbackMakesTheNextVersionUnderTheRulesOfNow(t *testing.T) {
	t.Parallel()
	first := create(t, Draft{Key: "a", Value: secret.NewText("one")})
	second, err := first.Change(Change{Value: secret.NewText("2"), Schema: `{"maxLength": 3}`}, later)
	if err != nil {
		t.Fatal(err)
	}
	third, err := second.RollBack(first, later)
	if err != nil {
		t.Fatal(err)
	}
	want := second
	want.Version, want.RollbackOf, want.Value = 3, 1, first.Value
	if diff := cmp.Diff(want, third); diff != "" {
		t.Error(diff)
	}
	strict, err := third.Change(Change{Value: secret.NewText("2"), Type: TypeInteger}, later)
	if err != nil || strict.RollbackOf != 0 {
		t.Fatalf("the change after it: rollback of %d, %v", strict.RollbackOf, err)
	}
	if _, err := strict.RollBack(first, later); !problem.Has(err, configapi.ErrValueInvalid) {
		t.Errorf("a value that fits no longer: got %v, want an invalid value", err)
	}
}

func TestNeitherAnswersNorEventsShowASensitiveValue(t *testing.T) {
	t.Parallel()
	e := create(t, Draft{Key: "a", Value: secret.NewText("hunter2"), Rules: Rules{Sensitive: true}})
	p, err := e.Publish(later)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Shown().Value; got != Mask {
		t.Errorf("entry: %q", got)
	}
	if got := p.Shown().Value; got != Mask {
		t.Errorf("publication: %q", got)
	}
	for _, event := range []configapi.Changed{e.Created(), e.Updated(), e.Deleted(), p.Published()} {
		if event.Value != nil {
			t.Errorf("%s: %q", event.Action, *event.Value)
		}
	}
}

func TestAnEmptyValueIsAValue(t *testing.T) {
	t.Parallel()
	e := create(t, Draft{Key: "a"})
	if got := e.Created().Value; got == nil || *got != "" {
		t.Errorf("got %v, want an empty text", got)
	}
}

func TestAPublicationIsOfAValueThatFits(t *testing.T) {
	t.Parallel()
	e := create(t, Draft{Key: "a", Value: secret.NewText("1"), Rules: Rules{Type: TypeInteger}})
	p, err := e.Publish(later)
	if err != nil {
		t.Fatal(err)
	}
	if p.ConfigID != e.ID || p.ID == e.ID || p.Version != 1 || p.Key != "a" || p.Shown().Value != "1" {
		t.Errorf("got %+v", p)
	}
	e.Value = secret.NewText(strings.Repeat("x", 10))
	if _, err := e.Publish(later); !problem.Has(err, configapi.ErrValueInvalid) {
		t.Errorf("a value that fits no longer: got %v", err)
	}
}
