package worker_test

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
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/worker"
)

func TestMain(m *testing.M) { fxcelltest.Main(m) }

var errDown = errors.New("the supplier is down")

// stock is a service with work of its own.
type stock struct{}

func newStock() *stock { return &stock{} }

// Sweep and Order are its workers.
func (*stock) Sweep(ctx context.Context) error { return ctx.Err() }

func (*stock) Order(context.Context) error { return errDown }

type workersIn struct {
	fx.In

	Workers []worker.Worker `group:"fxcell.workers"`
}

func cellWith(parts ...fxcell.Part) fx.Option {
	return fxcell.Assembly("shop", durability.Demo, fx.Provide(zap.NewNop),
		fxcell.Cell(fxcell.CellMeta{ID: "order", Level: level.L0}, fxcell.Slice(fxcell.SliceMeta{ID: "stock", Cell: "order"}, parts...)))
}

func TestRunFeedsAWorkerNamedAfterItsSlice(t *testing.T) {
	t.Parallel()
	var in workersIn
	fxcelltest.New(t, fx.Invoke(func(i workersIn) { in = i }), cellWith(fxcell.Provide(newStock),
		worker.Run("sweep", (*stock).Sweep), worker.Run("order-2", (*stock).Order, worker.Essential())))
	slices.SortFunc(in.Workers, func(a, b worker.Worker) int { return strings.Compare(a.Name, b.Name) })
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	type result struct {
		Name, Method string
		Essential    bool
		Err          error
	}
	var got []result
	for _, w := range in.Workers {
		got = append(got, result{w.Name, w.Method, w.Essential, w.Run(ended)})
	}
	want := []result{
		{"cells/order/stock/order-2", "fxcell.dev/fxcell/worker_test.(*stock).Order", true, errDown},
		{"cells/order/stock/sweep", "fxcell.dev/fxcell/worker_test.(*stock).Sweep", false, context.Canceled},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
		t.Errorf("workers (-want +got):\n%s", diff)
	}
}

func TestWorkerThatCannotRunDoesNotBuild(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		worker fxcell.Part
	}{
		{"no name", worker.Run("", (*stock).Sweep)},
		{"a name with a slash", worker.Run("a/b", (*stock).Sweep)},
		{"a name in upper case", worker.Run("Sweep", (*stock).Sweep)},
		{"a name that begins with a hyphen", worker.Run("-sweep", (*stock).Sweep)},
		{"no method", worker.Run[*stock]("sweep", nil)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := fxcelltest.Fault(cellWith(fxcell.Provide(newStock), tt.worker)); !errors.Is(err, worker.ErrWorker) {
				t.Errorf("got error %v, want %v", err, worker.ErrWorker)
			}
		})
	}
}
