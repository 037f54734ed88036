// Command bench runs the same jobs through the outbox log and through what others use instead, in one run on one server, and prints the table.
//
//	go run ./bench [-short] [-duration 10s] [-events 50000] [-rounds 3] [-lanes fxcell,river] [-jobs P1,P4] [-quiet=false] [-cpuprofile FILE]
//
// The server is the one that TESTENV_POSTGRES_DSN names; nothing else should use it, nor the machine. What stood open there stays as it was: each job has
// a database of its own, which is dropped afterwards.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

const variable = "TESTENV_POSTGRES_DSN"

var errNoServer = errors.New(variable + " is empty: name a server by it, or run bin/testenv -- go -C integration run ./bench")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	run := start
	if os.Getenv(childVariable) != "" {
		run = readForParent
	}
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:forbidigo,gocritic // it is main that ends the process
	}
}

// options say how much is run.
type options struct {
	server   string
	duration time.Duration // of each timed part
	events   int           // of P1
	rounds   int
	lanes    []string
	jobs     []string
	grace    time.Duration // how long delivery may take after the last commit
	profile  string        // file of a CPU profile, if any
	quiet    bool          // waits until nobody else uses the machine
}

func parse(args []string) (options, error) {
	o := options{server: os.Getenv(variable), grace: 2 * time.Minute}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	short := flags.Bool("short", false, "shows that it works: parts of 3 s, 5 000 events, one round")
	flags.DurationVar(&o.duration, "duration", 10*time.Second, "of each timed part")
	flags.IntVar(&o.events, "events", 50_000, "that P1 reads")
	flags.IntVar(&o.rounds, "rounds", 3, "whose medians are shown")
	flags.BoolVar(&o.quiet, "quiet", true, "waits before each job until others leave the machine alone, up to 10 s")
	flags.StringVar(&o.profile, "cpuprofile", "", "the file that a CPU profile of this process goes to: of one lane and one job it shows where their time goes")
	lanes := flags.String("lanes", strings.Join(laneNames(), ","), "that are measured")
	jobs := flags.String("jobs", "P1,P2,P4,P4c,P5,P5b", "that are run; P3 is the CPU of P2")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *short {
		o.duration, o.events, o.rounds, o.quiet = 3*time.Second, 5_000, 1, false
	}
	o.lanes, o.jobs = strings.Split(*lanes, ","), strings.Split(*jobs, ",")
	for _, name := range o.lanes {
		if newLane(name) == nil {
			return o, fmt.Errorf("there is no lane %q, but %s", name, strings.Join(laneNames(), ", "))
		}
	}
	if o.server == "" {
		return o, errNoServer
	}
	return o, nil
}

func start(ctx context.Context, args []string, out io.Writer) (err error) {
	o, err := parse(args)
	if err != nil {
		return err
	}
	s, err := connect(ctx, o.server)
	if err != nil {
		return err
	}
	defer s.close(ctx)
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return errors.Join(err, f.Close())
		}
		defer func() {
			pprof.StopCPUProfile()
			err = errors.Join(err, f.Close())
		}()
	}
	all, err := measureAll(ctx, s, o, func(line string) { _, _ = fmt.Fprintln(os.Stderr, line) })
	if err != nil {
		return err
	}
	return report(out, s.text, all)
}
