package fxcell

import (
	"errors"
	"fmt"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/internal/relax"
)

type relaxIn struct {
	fx.In

	Token *relax.Token `optional:"true"`
}

func (in relaxIn) relaxed() bool { return in.Token != nil && in.Token.Err == nil }

type auditIn struct {
	fx.In

	Judge    judgeIn
	Claims   []durability.Claim `group:"fxcell.claims"` // reading the group builds every claimant, consumed or not
	Recorder *inspect.Recorder
	Report   *inspect.Report
	Relax    relaxIn
}

// audit judges every claim and refuses what decorators cannot see; all shortfalls come in one error.
func audit(own string, mode durability.Mode, in auditIn) error {
	if err := requireAssembly(in.Judge); err != nil {
		return err
	}
	claimed, err := durability.JudgeClaims(in.Judge.Judge, in.Claims)
	for _, c := range in.Claims {
		if c.Subject != nil && c.Subject.Durability() == durability.Volatile {
			in.Report.Volatile = append(in.Report.Volatile, inspect.Volatile{Port: c.Port, Module: c.Module})
		}
	}
	if mode != durability.Durable || in.Relax.relaxed() {
		return err
	}
	guarded := []string{"*durability.Judge"} // one of them: durability.Wrap asks it
	for _, p := range ports() {
		guarded = append(guarded, p.Name)
	}
	errs := []error{err}
	for _, err := range in.Recorder.Swaps(own, guarded) {
		errs = append(errs, fmt.Errorf("durability: in mode durable %w: use durability.Wrap, or list another module", err))
	}
	for _, m := range in.Recorder.Unclaimed(func(m string) bool { return claimed[m] }, "infra/", "stores/") {
		errs = append(errs, fmt.Errorf("durability: module %q provides something and makes no claim", m))
	}
	return errors.Join(errs...)
}

// made is the judge that the assembly made. Nobody outside can name the type, and so replace or decorate it.
type made struct{ judge *durability.Judge }

type judgeIn struct {
	fx.In

	Judge *durability.Judge `optional:"true"`
	Made  made              `optional:"true"`
}

var errForeignJudge = errors.New("durability: *durability.Judge was replaced or decorated: an app is judged by its own assembly's judge only")

// requireAssembly refuses a scope without a judge, or with one that this app's assembly did not make: a judge can be taken from another app.
func requireAssembly(in judgeIn) error {
	switch in.Judge {
	case nil:
		return durability.ErrNoAssembly
	case in.Made.judge:
		return nil
	default:
		return errForeignJudge
	}
}
