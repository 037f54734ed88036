package worker_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	port "fxcell.dev/fxcell/worker"
	"fxcell.dev/modules/worker"
)

// A worker that fails is run again after a pause. In an app the workers come by the group fxcell.workers, and Module calls the rest.
func ExampleSupervisor() {
	supervisor, err := worker.New(worker.Config{BackoffFrom: time.Millisecond}, zap.NewNop(), func() { fmt.Println("the process ends") })
	if err != nil {
		fmt.Println(err)
		return
	}
	runs, settled := 0, make(chan struct{})
	err = supervisor.Supervise([]port.Worker{{Name: "cells/shop/cart/expiry", Run: func(ctx context.Context) error {
		runs++
		fmt.Println("run", runs)
		if runs < 3 {
			return errors.New("the store does not answer")
		}
		close(settled)
		<-ctx.Done() // it works until the app stops
		return nil
	}}})
	fmt.Println(err)
	supervisor.Start(context.Background())
	<-settled
	fmt.Println(supervisor.Stop(context.Background()), supervisor.Err())
	// Output:
	// <nil>
	// run 1
	// run 2
	// run 3
	// <nil> <nil>
}
