package logging

import (
	"io"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// New returns a logger that writes to out, one line an entry, without stack traces and without sampling. Zero fields of c take their defaults.
func New(c Config, out zapcore.WriteSyncer) (*zap.Logger, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		return nil, errLevel
	}
	out = zapcore.Lock(out)
	return zap.New(zapcore.NewCore(encoder(c.Format), out, level), zap.ErrorOutput(out)), nil
}

func encoder(format string) zapcore.Encoder {
	e := zapcore.EncoderConfig{
		TimeKey: "time", LevelKey: "level", NameKey: "logger", MessageKey: "message",
		EncodeLevel: zapcore.LowercaseLevelEncoder, EncodeDuration: zapcore.StringDurationEncoder, EncodeTime: utc,
	}
	if format == JSON {
		return zapcore.NewJSONEncoder(e)
	}
	e.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
	e.EncodeLevel = zapcore.CapitalLevelEncoder
	e.ConsoleSeparator = "  "
	return zapcore.NewConsoleEncoder(e)
}

func utc(t time.Time, e zapcore.PrimitiveArrayEncoder) {
	e.AppendString(t.UTC().Format(time.RFC3339Nano))
}

// stderr has nothing to flush, and syncing a terminal or a pipe is an error: so the file's own Sync is hidden.
func stderr() zapcore.WriteSyncer { return zapcore.AddSync(struct{ io.Writer }{os.Stderr}) }
