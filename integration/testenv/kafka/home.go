package kafka

import (
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"fxcell.dev/integration/testenv/internal/local"
	"fxcell.dev/integration/testenv/internal/process"
)

//go:embed server.properties
var template string

//go:embed log4j2.yaml
var logging []byte

// The files in a broker's folder.
const (
	settings = "server.properties"
	logger   = "log4j2.yaml"
	logs     = "log" // the folder of its data
	meta     = "meta.properties"
	scratch  = "tmp"
)

// behind is a second listener, for clients that come by a proxy and are sent to it again. The zero value is none.
type behind struct {
	proxy string // host:port
	port  int    // where it listens
}

// furnish writes what a broker is started by, and the beginning of its data if there is none. It listens on the port if that is free.
func (d distribution) furnish(dir string, preferred int, second behind, options ...string) (process.Spec, error) {
	port, err1 := local.FreePort(preferred)
	controller, err2 := local.FreePort(0)
	if err := errors.Join(err1, err2, settle(dir, port, controller, second), d.begin(filepath.Join(dir, logs))); err != nil {
		return process.Spec{}, err
	}
	archive := filepath.Join(d.kept, classes)
	if _, err := os.Stat(archive); err == nil {
		options = append(options, "-XX:SharedArchiveFile="+archive)
	}
	args := append([]string{d.java}, options...)
	return process.Spec{Address: local.Address(port), Args: append(args, d.args("kafka.Kafka", settings)...)}, nil
}

// args are the arguments by which Java runs a class of the jars. Its optimising compiler stays off: a test broker lives for seconds, and for most of them the
// compiler would take a core from the tests.
func (d distribution) args(class string, args ...string) []string {
	return append([]string{
		"-XX:+IgnoreUnrecognizedVMOptions", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Djava.io.tmpdir=" + scratch, "-Dlog4j2.configurationFile=" + logger, "-cp", filepath.Join(d.libs, "*"), class,
	}, args...)
}

// settle writes the settings.
func settle(dir string, port, controller int, second behind) error {
	listen, proxy := "", ""
	if second.proxy != "" {
		listen, proxy = ",BEHIND://"+local.Address(second.port), ",BEHIND://"+second.proxy
	}
	text := strings.NewReplacer(
		"@PORT@", strconv.Itoa(port), "@CONTROLLER@", strconv.Itoa(controller), "@BEHIND@", listen, "@PROXY@", proxy,
	).Replace(template)
	return errors.Join(
		os.MkdirAll(filepath.Join(dir, scratch), 0o700),
		os.WriteFile(filepath.Join(dir, settings), []byte(text), 0o600),
		os.WriteFile(filepath.Join(dir, logger), logging, 0o600),
	)
}

// begin makes a formatted folder of data with a name of its own, where there is none.
func (d distribution) begin(data string) error {
	name := filepath.Join(data, meta)
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(d.kept, checkpoint), filepath.Join(data, checkpoint)); err != nil {
		return err
	}
	return os.WriteFile(name, fmt.Appendf(nil, "version=1\nnode.id=1\ncluster.id=%s\ndirectory.id=%s\n", identity(), identity()), 0o600)
}

// identity returns a new one in Kafka's form.
func identity() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// cluster returns the name of the cluster whose data the folder holds.
func cluster(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, logs, meta)) //nolint:gosec // of a folder of ours
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "cluster.id="); ok {
			return id, nil
		}
	}
	return "", fmt.Errorf("%s names no cluster", meta)
}
