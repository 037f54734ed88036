package kafka

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"fxcell.dev/integration/testenv/internal/local"
	"fxcell.dev/integration/testenv/internal/maven"
)

//go:embed pom.xml
var pom []byte

const (
	version = "4.3.1" // of Kafka
	oldest  = 17      // the Java that it needs
)

var errNone = errors.New(
	"there is no Kafka: name one by TESTENV_KAFKA_BROKERS, or install Java 17 or newer (java) and Maven (mvn), which brings one")

// distribution is what a broker is run by.
type distribution struct {
	java string // the program
	jre  string // its version, e.g. 17.0.15
	libs string // the folder of the jars
	kept string // the folder of what goes with these jars and this Java
}

func (d distribution) String() string {
	return fmt.Sprintf("Apache Kafka %s from Maven, on Java %s", version, d.jre)
}

// find returns what a broker is run by. It is kept: the next run finds it.
func find(ctx context.Context) (distribution, error) {
	java, jre, err := runtime(ctx)
	if err != nil {
		return distribution{}, err
	}
	cache, err := local.Cache()
	if err != nil {
		return distribution{}, err
	}
	dist, err := maven.Keep(ctx, cache, "kafka-"+version, pom, []string{"-Dversion=" + version}, func(jars, to string) error {
		return os.Rename(jars, filepath.Join(to, "libs"))
	})
	if errors.Is(err, maven.ErrMissing) {
		return distribution{}, errNone
	}
	if err != nil {
		return distribution{}, err
	}
	if dist, err = filepath.EvalSymlinks(dist); err != nil { // Java's archive of classes knows the jars by their path
		return distribution{}, err
	}
	d := distribution{java: java, jre: jre, libs: filepath.Join(dist, "libs"), kept: filepath.Join(dist, "java-"+jre)}
	if _, err := os.Stat(d.kept); err == nil {
		return d, nil
	}
	return d, d.prepare(ctx)
}

// runtime returns the Java of JAVA_HOME, else of the PATH, and its version.
func runtime(ctx context.Context) (java, jre string, err error) {
	java = "java"
	if home := os.Getenv("JAVA_HOME"); home != "" {
		java = filepath.Join(home, "bin", "java")
	}
	java, err = exec.LookPath(java)
	if err != nil {
		return "", "", errNone
	}
	out, err := exec.CommandContext(ctx, java, "-version").CombinedOutput() //nolint:gosec // java of the PATH
	if err != nil {
		return "", "", fmt.Errorf("%s -version: %w\n%s", java, err, out)
	}
	found := regexp.MustCompile(`version "([0-9][0-9A-Za-z._+-]*)"`).FindSubmatch(out)
	if found == nil {
		return "", "", fmt.Errorf("%s -version says no version: %q", java, out)
	}
	jre = string(found[1])
	major, _, _ := strings.Cut(jre, ".")
	if n, err := strconv.Atoi(major); err == nil && n < oldest {
		return "", "", fmt.Errorf("%w; %s is Java %s", errNone, java, jre)
	}
	return java, jre, nil
}
