// Command testenv runs a command with the servers that tests need, and stops them afterwards, whatever happens:
//
//	testenv [--only=postgres,redis,kafka] [--postgres=auto|machine|maven] [--fsync=on|off] -- command args…
//
// It exports TESTENV_POSTGRES_DSN, TESTENV_REDIS_ADDR (host:port) and TESTENV_KAFKA_BROKERS (host:port); a server that such a variable names already is used
// as it is. TESTENV=1 tells the tests that a server which they miss is a failure. The exit code is the command's, or 125 when a server cannot be had.
//
// testenv up starts the servers for a person and prints a line VARIABLE=address for each; export $(testenv up) gives them to a shell's commands. testenv down
// stops them and keeps their data. What is kept stands in TESTENV_CACHE, by default in a folder of the user's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"fxcell.dev/integration/testenv/postgres"
)

// broken is the exit code when the command could not be run.
const broken = 125

func main() {
	code, err := start(os.Args[1:])
	if err != nil {
		say(err.Error())
	}
	os.Exit(code) //nolint:forbidigo // it is main that ends the process
}

func say(line string) { _, _ = fmt.Fprintln(os.Stderr, "testenv:", line) }

var errUsage = errors.New(
	"usage: testenv [--only=postgres,redis,kafka] [--postgres=auto|machine|maven] [--fsync=on|off] -- command args…, testenv up, testenv down")

// options are what the flags say.
type options struct {
	kinds    []kind
	postgres postgres.Options
}

func parse(args []string) (o options, command []string, err error) {
	flags := flag.NewFlagSet("testenv", flag.ContinueOnError)
	flags.SetOutput(&strings.Builder{})
	only := flags.String("only", "", "")
	origin := flags.String("postgres", string(postgres.Auto), "")
	fsync := flags.String("fsync", "on", "")
	origins := []postgres.Origin{postgres.Auto, postgres.Machine, postgres.Maven}
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 ||
		!slices.Contains(origins, postgres.Origin(*origin)) || !slices.Contains([]string{"on", "off"}, *fsync) {
		return o, nil, errUsage
	}
	o.postgres = postgres.Options{Origin: postgres.Origin(*origin), NoSync: *fsync == "off"}
	o.kinds, err = choose(*only)
	return o, flags.Args(), err
}

// choose returns the kinds of the names, all of them for none.
func choose(only string) ([]kind, error) {
	if only == "" {
		return kinds, nil
	}
	names := strings.Split(only, ",")
	chosen := slices.DeleteFunc(slices.Clone(kinds), func(k kind) bool { return !slices.Contains(names, k.name) })
	if len(chosen) != len(names) {
		return nil, errUsage
	}
	return chosen, nil
}

func start(args []string) (code int, err error) {
	o, command, err := parse(args)
	if err != nil {
		return 2, err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ctx, stopped := interruptible(signals)
	switch {
	case slices.Equal(command, []string{"up"}):
		code, err = up(ctx, o)
	case slices.Equal(command, []string{"down"}):
		return down(o)
	default:
		return with(ctx, o, command, signals, stopped)
	}
	if s := stopped(); s != 0 {
		return 128 + int(s), nil
	}
	return code, err
}

// with runs the command with the servers.
func with(ctx context.Context, o options, command []string, signals <-chan os.Signal, stopped func() syscall.Signal) (int, error) {
	env, stop, err := bring(ctx, o)
	defer func() {
		if err := stop(); err != nil {
			say(err.Error())
		}
	}()
	if s := stopped(); s != 0 {
		return 128 + int(s), nil
	}
	if err != nil {
		return broken, err
	}
	code, err := run(command, slices.Concat(os.Environ(), []string{"TESTENV=1"}, env), signals)
	if err != nil {
		return broken, err
	}
	return code, nil
}

// interruptible returns a context that the first signal ends, until stopped is called: that returns this signal, 0 if there was none, and leaves the later
// ones to others.
func interruptible(signals <-chan os.Signal) (ctx context.Context, stopped func() syscall.Signal) {
	ctx, cancel := context.WithCancel(context.Background())
	enough, got := make(chan struct{}), make(chan syscall.Signal, 1)
	go func() {
		defer cancel()
		select {
		case s := <-signals:
			number, _ := s.(syscall.Signal)
			got <- number
		case <-enough:
			got <- 0
		}
	}()
	return ctx, func() syscall.Signal {
		close(enough)
		return <-got
	}
}
