package health_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/level"
)

func TestMain(m *testing.M) { fxcelltest.Main(m) }

// stock is a service that knows whether it works.
type stock struct{ err error }

// Backlog and Disk are its probes.
func (s *stock) Backlog(context.Context) error { return s.err }

func (s *stock) Disk(ctx context.Context) error { return ctx.Err() }

type checksIn struct {
	fx.In

	Checks []health.Check `group:"fxcell.checks"`
}

func cellWith(parts ...fxcell.Part) fx.Option {
	return fxcell.Assembly("shop", durability.Demo, fx.Provide(zap.NewNop),
		fxcell.Cell(fxcell.CellMeta{ID: "order", Level: level.L0}, fxcell.Slice(fxcell.SliceMeta{ID: "stock", Cell: "order"}, parts...)))
}

func TestProbeFeedsACheckNamedAfterItsSlice(t *testing.T) {
	t.Parallel()
	behind := errors.New("two thousand orders behind")
	var in checksIn
	fxcelltest.New(t, fx.Invoke(func(i checksIn) { in = i }), cellWith(
		fxcell.Provide(func() *stock { return &stock{behind} }),
		health.Probe("backlog", true, (*stock).Backlog),
		health.Probe("disk-2", false, (*stock).Disk),
	))
	type result struct {
		Name     string
		Critical bool
		Failing  bool
	}
	var got []result
	for _, c := range in.Checks {
		got = append(got, result{c.Name, c.Critical, c.Probe(t.Context()) != nil})
	}
	slices.SortFunc(got, func(a, b result) int { return strings.Compare(a.Name, b.Name) })
	want := []result{{"cells/order/stock/backlog", true, true}, {"cells/order/stock/disk-2", false, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}

func TestProbeIsGivenTheContextAndItsErrorIsKept(t *testing.T) {
	t.Parallel()
	var in checksIn
	fxcelltest.New(t, fx.Invoke(func(i checksIn) { in = i }), cellWith(
		fxcell.Provide(func() *stock { return &stock{} }), health.Probe("disk", false, (*stock).Disk)))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := in.Checks[0].Probe(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want that of the context", err)
	}
}

func TestProbeThatCannotBeAskedDoesNotBuild(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		probe fxcell.Part
	}{
		{"no name", health.Probe("", false, (*stock).Disk)},
		{"a name with a slash", health.Probe("a/b", false, (*stock).Disk)},
		{"a name in upper case", health.Probe("Disk", false, (*stock).Disk)},
		{"a name that ends with a hyphen", health.Probe("disk-", false, (*stock).Disk)},
		{"no method", health.Probe[*stock]("disk", false, nil)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := fxcelltest.Fault(cellWith(fxcell.Provide(func() *stock { return &stock{} }), tt.probe))
			if !errors.Is(err, health.ErrProbe) || !strings.Contains(err.Error(), "health: a probe has a method and a name") {
				t.Errorf("got error %v, want %v", err, health.ErrProbe)
			}
		})
	}
}
