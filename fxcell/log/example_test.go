package log_test

import (
	"context"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/log"
)

// A line tells which request it belongs to, and who causes it.
func ExampleFor() {
	ctx := log.WithIDs(context.Background(), log.IDs{Request: "req-2", Correlation: "req-1"})
	ctx = auth.WithPrincipal(ctx, auth.Principal{Kind: auth.User, ID: "42"})
	log.For(ctx, zap.NewExample()).Info("order placed", zap.Int("items", 3))
	// Output: {"level":"info","msg":"order placed","request_id":"req-2","correlation_id":"req-1","actor":"user:42","items":3}
}
