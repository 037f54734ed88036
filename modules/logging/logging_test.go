package logging_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/dig"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/modules/logging"
)

// sink remembers what was written, and how often it was synced.
type sink struct {
	bytes.Buffer

	syncs int
}

func (s *sink) Sync() error {
	s.syncs++
	return nil
}

func newLogger(t *testing.T, c logging.Config) (*zap.Logger, *sink) {
	t.Helper()
	out := &sink{}
	logger, err := logging.New(c, out)
	if err != nil {
		t.Fatal(err)
	}
	return logger, out
}

func TestALineForPeople(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the clock of a bubble stands at 2000-01-01
		logger, out := newLogger(t, logging.Config{})
		logger.Named("core").Info("started", zap.Int("slices", 3), zap.Duration("took", time.Second), zap.Error(errors.New("a\nb")))
		got := out.String()
		clock := time.Now().Format("15:04:05.000")
		if want := clock + "  INFO  core  started  {\"slices\": 3, \"took\": \"1s\", \"error\": \"a\\nb\"}\n"; got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestALineForMachines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, out := newLogger(t, logging.Config{Format: logging.JSON})
		logger.With(zap.String("cell", "order")).Error("failed", zap.Int("slices", 3))
		want := `{"level":"error","time":"2000-01-01T00:00:00Z","message":"failed","cell":"order","slices":3}` + "\n"
		if got := out.String(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if !json.Valid(out.Bytes()) {
			t.Error("the line is no JSON")
		}
	})
}

func TestOnlyTheLevelAndAboveAreWritten(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]string{"debug": "d i w e", "info": "i w e", "": "i w e", "warn": "w e", "error": "e"} {
		t.Run("level "+level, func(t *testing.T) {
			t.Parallel()
			logger, out := newLogger(t, logging.Config{Level: level, Format: logging.JSON})
			logger.Debug("d")
			logger.Info("i")
			logger.Warn("w")
			logger.Error("e")
			var got []string
			for line := range strings.Lines(out.String()) {
				var entry struct{ Message string }
				if err := json.Unmarshal([]byte(line), &entry); err != nil {
					t.Fatal(err)
				}
				got = append(got, entry.Message)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("got %q, want %s", got, want)
			}
		})
	}
}

func TestSyncingTheLoggerFlushesWhatItWritesTo(t *testing.T) {
	t.Parallel()
	logger, out := newLogger(t, logging.Config{})
	if err := logger.Sync(); err != nil || out.syncs != 1 {
		t.Errorf("got %d syncs, %v; want 1", out.syncs, err)
	}
}

func TestNoLineHasAStackTrace(t *testing.T) {
	t.Parallel()
	for _, format := range []string{logging.Console, logging.JSON} {
		logger, out := newLogger(t, logging.Config{Format: format})
		logger.Error("failed")
		if got := out.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, ".go") {
			t.Errorf("%s: got %q", format, got)
		}
	}
}

func TestASecretIsNotShown(t *testing.T) {
	t.Parallel()
	hidden := secret.NewText("hunter2")
	type inside struct {
		Exported secret.Text
		hidden   secret.Text
	}
	for _, format := range []string{logging.Console, logging.JSON} {
		logger, out := newLogger(t, logging.Config{Format: format})
		logger.Info("x", zap.Any("a", hidden), zap.Any("b", &hidden), zap.Stringer("c", hidden), zap.Any("d", inside{hidden, hidden}), zap.Inline(hidden),
			zap.Any("e", []secret.Text{hidden}), zap.Any("f", map[string]any{"k": hidden}), zap.Object("g", hidden), zap.Reflect("h", hidden))
		if got := out.String(); strings.Contains(got, "hunter2") || strings.Count(got, "[redacted]") < 8 {
			t.Errorf("%s: got %s", format, got)
		}
	}
}

func TestAConfigIsCheckedWithAllItsFaults(t *testing.T) {
	t.Parallel()
	const (
		level  = "modules/logging: logging.level must be debug, info, warn or error: set it in the file or FXCELL_LOGGING__LEVEL"
		format = "modules/logging: logging.format must be console or json: set it in the file or FXCELL_LOGGING__FORMAT"
	)
	for _, c := range []struct {
		config logging.Config
		want   string
	}{
		{logging.Config{Level: "INFO"}, level},
		{logging.Config{Level: "fatal"}, level},
		{logging.Config{Format: "text"}, format},
		{logging.Config{Level: "loud", Format: "text"}, level + "\n" + format},
	} {
		if _, err := logging.New(c.config, &sink{}); err == nil || err.Error() != c.want {
			t.Errorf("%+v: got %v\nwant %s", c.config, err, c.want)
		}
	}
}

func TestTheLoggerIsMadeByItsSection(t *testing.T) {
	t.Parallel()
	var logger *zap.Logger
	app := fxtest.New(t, fx.NopLogger, logging.Module, fx.Provide(func() config.Source { return source{"level": "warn"} }), fx.Populate(&logger))
	app.RequireStart().RequireStop()
	if logger.Core().Enabled(zapcore.InfoLevel) || !logger.Core().Enabled(zapcore.WarnLevel) {
		t.Error("the level is not that of the section")
	}
}

func TestAWrongSectionEndsTheStart(t *testing.T) {
	t.Parallel()
	app := fx.New(fx.NopLogger, logging.Module, fx.Provide(func() config.Source { return source{"level": "loud"} }), fx.Invoke(func(*zap.Logger) {}))
	want := "modules/logging: logging.level must be debug, info, warn or error: set it in the file or FXCELL_LOGGING__LEVEL"
	if err := dig.RootCause(app.Err()); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// source answers the section logging.
type source map[string]string

func (s source) Decode(section string, into any) error {
	c, ok := into.(*logging.Config)
	if !ok || section != "logging" {
		return errors.New("not the section that was asked for")
	}
	c.Level, c.Format = s["level"], s["format"]
	return nil
}
