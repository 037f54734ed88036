package logging_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"fxcell.dev/fxcell/log"
	"fxcell.dev/modules/logging"
)

// A line has the ids of the request that it is about when it is written by log.For. An app gets its logger by listing Module, which writes to stderr.
func ExampleNew() {
	var out strings.Builder
	logger, err := logging.New(logging.Config{Format: logging.JSON, Level: "warn"}, zapcore.AddSync(&out))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := log.WithIDs(context.Background(), log.IDs{Request: "r-1", Correlation: "c-1"})
	logger.Info("below the level")
	log.For(ctx, logger).Warn("stock is low", zap.String("item", "pencil"), zap.Int("left", 3))
	fmt.Print(regexp.MustCompile(`"time":"[^"]*"`).ReplaceAllString(out.String(), `"time":"…"`))

	_, err = logging.New(logging.Config{Level: "loud"}, os.Stderr)
	fmt.Println(err)
	// Output:
	// {"level":"warn","time":"…","message":"stock is low","request_id":"r-1","correlation_id":"c-1","item":"pencil","left":3}
	// modules/logging: logging.level must be debug, info, warn or error: set it in the file or FXCELL_LOGGING__LEVEL
}
