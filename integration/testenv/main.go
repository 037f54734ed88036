// Command testenv runs a command with the servers that tests need, and stops them afterwards, whatever happens:
//
//	testenv [--postgres=auto|machine|maven] [--fsync=off] -- command args…
//
// It exports TESTENV_POSTGRES_DSN; a server that this variable names already is used as it is. TESTENV=1 tells the tests that a server which they miss is
// a failure. The exit code is the command's.
//
// testenv up starts a PostgreSQL for a person and prints its address; testenv down stops it and keeps its data. What is kept stands in TESTENV_CACHE, by
// default in a folder of the user's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"fxcell.dev/integration/testenv/postgres"
)

const variable = "TESTENV_POSTGRES_DSN"

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

var errUsage = errors.New("usage: testenv [--postgres=auto|machine|maven] [--fsync=on|off] -- command args…, testenv up, testenv down")

func parse(args []string) (o postgres.Options, command []string, err error) {
	flags := flag.NewFlagSet("testenv", flag.ContinueOnError)
	flags.SetOutput(&strings.Builder{})
	origin := flags.String("postgres", string(postgres.Auto), "")
	fsync := flags.String("fsync", "on", "")
	known := []postgres.Origin{postgres.Auto, postgres.Machine, postgres.Maven}
	o.Origin = postgres.Auto
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 ||
		!slices.Contains(known, postgres.Origin(*origin)) || !slices.Contains([]string{"on", "off"}, *fsync) {
		return o, nil, errUsage
	}
	return postgres.Options{Origin: postgres.Origin(*origin), NoSync: *fsync == "off"}, flags.Args(), nil
}

func start(args []string) (int, error) {
	o, command, err := parse(args)
	if err != nil {
		return 2, err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	switch {
	case slices.Equal(command, []string{"up"}):
		return up(o)
	case slices.Equal(command, []string{"down"}):
		return down()
	}
	env := append(os.Environ(), "TESTENV=1")
	if given := os.Getenv(variable); given != "" {
		say("postgres: given by " + variable + ", " + address(given))
	} else {
		server, err := postgres.Start(context.Background(), o)
		if err != nil {
			return broken, err
		}
		defer func() {
			if err := server.Stop(); err != nil {
				say(err.Error())
			}
		}()
		say("postgres: " + server.Text)
		env = append(env, variable+"="+server.DSN)
	}
	select {
	case s := <-signals: // while the server started
		return 128 + number(s), nil
	default:
	}
	code, err := run(command, env, signals)
	if err != nil {
		return broken, err
	}
	return code, nil
}

func number(s os.Signal) int {
	n, _ := s.(syscall.Signal)
	return int(n)
}

// address is what a DSN may show.
func address(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil || u.Host == "" {
		return "whose address cannot be shown"
	}
	return u.Host + u.Path
}

func up(o postgres.Options) (int, error) {
	dsn, text, err := postgres.Up(context.Background(), o)
	if err != nil {
		return broken, err
	}
	say("postgres: " + text)
	_, err = fmt.Println(dsn)
	return 0, err
}

func down() (int, error) {
	dirs, err := postgres.Down()
	for _, dir := range dirs {
		say("postgres: stopped, its data stays in " + dir)
	}
	if err != nil {
		return broken, err
	}
	if len(dirs) == 0 {
		say("postgres: there is none to stop")
	}
	return 0, nil
}
