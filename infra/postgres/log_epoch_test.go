package postgres

import (
	"testing"

	"fxcell.dev/fxcell/event"
)

func TestEachOwnerHasAnEpochOfItsOwn(t *testing.T) {
	t.Parallel()
	p := soleProcess(t)
	first := p.own(event.Reader{Name: "r"})
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if second := p.own(event.Reader{Name: "r"}); second.epoch != first.epoch+1 {
		t.Errorf("epoch %d follows on %d", second.epoch, first.epoch)
	}
}
