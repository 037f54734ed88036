package canary

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/fx"
)

type membersResult struct {
	fx.Out

	Members []member `group:"members"`
}

type softMembersIn struct {
	fx.In

	Members []member `group:"members,soft"`
}

// feed adds one member to the group.
func feed(label string) fx.Option {
	return fx.Provide(func() memberOut { return memberOut{Member: member{label}} })
}

// groupGuard refuses a group with a no-op in it, and notes what it was shown.
type groupGuard struct{ seen []string }

func (g *groupGuard) judge(in membersIn) (membersResult, error) {
	g.seen = append(g.seen, fmt.Sprint(in.Members))
	if slices.Contains(in.Members, member{"noop"}) {
		return membersResult{}, errNoop
	}
	return membersResult{Members: in.Members}, nil
}

// Falls with it: grouped ports need a guard of their own, a hard one (kernel.md section 4); claims are a group read by the audit.
func TestCanary03TypedDecoratorMissesGroupMembersAndAHardGroupDecoratorSeesThem(t *testing.T) {
	t.Parallel()

	t.Run("typed decorator", func(t *testing.T) {
		t.Parallel()
		var got []member
		calls := 0
		typed := fx.Decorate(func(m member) (member, error) { calls++; return m, errNoop })
		mustBuild(t, feed("noop"), typed, fx.Invoke(func(in membersIn) { got = in.Members }))
		expectString(t, "members", got, "[{noop}]")
		expectString(t, "calls", calls, 0)
	})

	t.Run("group decorator", func(t *testing.T) {
		t.Parallel()
		g := &groupGuard{}
		err := build(feed("noop"), fx.Decorate(g.judge), fx.Module("cell", fx.Invoke(func(membersIn) {})))
		if !errors.Is(err, errNoop) || !strings.Contains(err.Error(), `could not build value group canary.member[group="members"]`) {
			t.Errorf("err = %v, want the group refused", err)
		}
		expectString(t, "seen", g.seen, "[[{noop}]]")
	})

	t.Run("group decorator, group not consumed", func(t *testing.T) {
		t.Parallel()
		g := &groupGuard{}
		mustBuild(t, feed("noop"), fx.Decorate(g.judge))
		expectString(t, "seen", g.seen, "[]")
	})

	t.Run("a hard decorator makes a soft group hard", func(t *testing.T) {
		t.Parallel()
		var plain []member
		soft := fx.Invoke(func(in softMembersIn) { plain = in.Members })
		mustBuild(t, feed("noop"), soft)
		expectString(t, "members of the soft group", plain, "[]")

		g := &groupGuard{}
		if err := build(feed("noop"), fx.Decorate(g.judge), soft); !errors.Is(err, errNoop) {
			t.Errorf("err = %v, want %v: the producer is built and refused", err, errNoop)
		}
	})

	t.Run("one member cannot be decorated", func(t *testing.T) {
		t.Parallel()
		err := build(feed("pg"), fx.Decorate(func(m membersIn) memberOut { return memberOut{Member: m.Members[0]} }))
		if err == nil || !strings.Contains(err.Error(), "decorating a value group requires decorating the entire value group, not a single value") {
			t.Errorf("err = %v, want the rule about whole groups", err)
		}
	})
}

// Falls with it: no soft groups in decorators, and a member of a decorated group is never fx.Private (fx.md 1.2).
func TestCanary04SoftGroupDecoratorAndPrivateMemberLoseMembersWithoutAnError(t *testing.T) {
	t.Parallel()
	soft := fx.Decorate(func(in softMembersIn) membersResult { return membersResult{Members: in.Members} })
	hard := fx.Decorate(func(in membersIn) membersResult { return membersResult{Members: in.Members} })
	var into []member
	read := fx.Invoke(func(in membersIn) { into = in.Members })
	hidden := fx.Module("cell", fx.Provide(func() memberOut { return memberOut{Member: member{"hidden"}} }, fx.Private), read)

	for _, tt := range []struct {
		name, want string
		opts       []fx.Option
	}{
		{"hard consumer, no decorator", "[{pg}]", []fx.Option{feed("pg"), read}},
		{"hard consumer, hard decorator", "[{pg}]", []fx.Option{feed("pg"), hard, read}},
		{"hard consumer, soft decorator", "[]", []fx.Option{feed("pg"), soft, read}},
		{"private member, no decorator", "[{hidden}]", []fx.Option{hidden}},
		{"private member, group decorated above", "[]", []fx.Option{hard, hidden}},
	} {
		into = nil
		mustBuild(t, tt.opts...)
		if got := fmt.Sprint(into); got != tt.want {
			t.Errorf("%s: members = %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Falls with it: every reader of a group sorts by a stable key and refuses duplicates (fx.md decision 8).
func TestCanary26OrderOfAGroupVariesBetweenRuns(t *testing.T) {
	t.Parallel()
	var opts []fx.Option
	for _, label := range []string{"a", "b", "c", "d", "e", "f"} {
		opts = append(opts, feed(label))
	}
	orders := map[string]bool{}
	opts = append(opts, fx.Invoke(func(in membersIn) { orders[fmt.Sprint(in.Members)] = true }))
	const runs = 100 // that 100 shuffles of six give one order is out of the question
	for range runs {
		mustBuild(t, opts...)
		if len(orders) > 1 {
			return
		}
	}
	t.Errorf("%d runs gave one order: %v", runs, orders)
}
