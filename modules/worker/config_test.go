package worker_test

import (
	"testing"
	"time"

	"go.uber.org/zap"

	port "fxcell.dev/fxcell/worker"
	"fxcell.dev/modules/worker"
)

func TestConfigIsHeldToItsBounds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		config worker.Config
		want   string // "" means that it is good
	}{
		{"the defaults", worker.Config{}, ""},
		{"a partial one", worker.Config{BackoffFrom: time.Second}, ""},
		{"one pause only", worker.Config{BackoffFrom: time.Minute, BackoffTo: time.Minute}, ""},
		{"negative times", worker.Config{BackoffFrom: -1, HealthyAfter: -1, StopTimeout: -1}, "modules/worker: worker.backoff_from must be more than 0s: set it in the file or FXCELL_WORKER__BACKOFF_FROM\n" +
			"modules/worker: worker.healthy_after must be more than 0s: set it in the file or FXCELL_WORKER__HEALTHY_AFTER\n" +
			"modules/worker: worker.stop_timeout must be more than 0s: set it in the file or FXCELL_WORKER__STOP_TIMEOUT"},
		{"a limit below the first pause", worker.Config{BackoffFrom: time.Minute}, "modules/worker: worker.backoff_to must not be less than worker.backoff_from: set it in the file or FXCELL_WORKER__BACKOFF_TO"},
		{"a limit of less than nothing", worker.Config{BackoffTo: -1}, "modules/worker: worker.backoff_to must be more than 0s: set it in the file or FXCELL_WORKER__BACKOFF_TO"},
		{"no attempt", worker.Config{Attempts: -1}, "modules/worker: worker.attempts must be 1 or more: set it in the file or FXCELL_WORKER__ATTEMPTS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := worker.New(tt.config, zap.NewNop(), func() {})
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || err.Error() != tt.want):
				t.Errorf("got error\n%v, want\n%s", err, tt.want)
			}
		})
	}
}

func TestWorkersHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	s, err := worker.New(worker.Config{}, zap.NewNop(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Supervise([]port.Worker{
		{Name: "b", Run: waits, Method: "order.(*Service).Sweep"},
		{Name: "a", Run: waits},
		{Name: "b", Run: waits, Method: "order.(*Service).Renew"},
		{Name: "", Run: waits, Method: "order.(*Service).Poll"},
		{Name: "c"},
	})
	want := "modules/worker: the worker \"\" (order.(*Service).Poll) has no name or nothing to run\n" +
		"modules/worker: two workers are named b: order.(*Service).Renew and order.(*Service).Sweep: rename one\n" +
		"modules/worker: the worker \"c\" (an unnamed function) has no name or nothing to run"
	if err == nil || err.Error() != want {
		t.Errorf("got error\n%v, want\n%s", err, want)
	}
}
