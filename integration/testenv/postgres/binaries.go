package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Origin is where the binaries of a server come from.
type Origin string

const (
	// Auto takes those of this machine, else those of Maven.
	Auto Origin = "auto"
	// Machine takes the newest that is installed.
	Machine Origin = "machine"
	// Maven takes those of a jar, which is fetched once and then kept.
	Maven Origin = "maven"
)

var errNone = errors.New(
	"there is no PostgreSQL: give one by TESTENV_POSTGRES_DSN, install PostgreSQL (its initdb in the PATH), or install Maven (mvn), which brings one")

// binaries is a folder with initdb, pg_ctl and postgres.
type binaries struct {
	dir     string
	origin  Origin
	version string // e.g. 15.18
}

func (b binaries) String() string {
	if b.origin == Maven {
		return fmt.Sprintf("PostgreSQL %s from Maven", b.version)
	}
	return fmt.Sprintf("PostgreSQL %s of this machine (%s)", b.version, b.dir)
}

func find(ctx context.Context, o Origin) (binaries, error) {
	dir, origin := "", Machine
	if o == Auto || o == Machine {
		dir = installed("/usr/lib/postgresql/*/bin")
	}
	if dir == "" && (o == Auto || o == Maven) {
		fetched, err := fromMaven(ctx)
		if err != nil {
			return binaries{}, err
		}
		dir, origin = fetched, Maven
	}
	if dir == "" {
		return binaries{}, errNone
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, fmt.Errorf("%s/postgres --version: %w", dir, err)
	}
	version := regexp.MustCompile(`[0-9]+(\.[0-9]+)*`).FindString(string(out))
	return binaries{dir, origin, version}, nil
}

// installed returns the folder of the newest installation that the pattern finds, else the one in the PATH.
func installed(pattern string) string {
	newest, at := -1, ""
	dirs, _ := filepath.Glob(pattern)
	for _, dir := range dirs {
		major, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if _, missing := os.Stat(filepath.Join(dir, "initdb")); err == nil && missing == nil && major > newest {
			newest, at = major, dir
		}
	}
	if at != "" {
		return at
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return ""
	}
	if resolved, err := filepath.EvalSymlinks(initdb); err == nil {
		initdb = resolved // a link stands apart from what it needs
	}
	return filepath.Dir(initdb)
}

// major returns the major version.
func (b binaries) major() string {
	major, _, _ := strings.Cut(b.version, ".")
	return major
}
