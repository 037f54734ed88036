package kafka

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"fxcell.dev/integration/testenv/internal/process"
)

// The files that go with the jars and a Java: what a formatted folder of the cluster's metadata holds beside its name, and the classes of a broker that has
// started, in the form in which Java reads them fastest: half of a start's work is theirs.
const (
	checkpoint = "bootstrap.checkpoint"
	classes    = "classes.jsa"
)

// prepare runs a broker once, and keeps what makes the start of the next ones cheap.
func (d distribution) prepare(ctx context.Context) error {
	work, err := os.MkdirTemp(filepath.Dir(d.kept), "prepare-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.Chmod(work, 0o755); err != nil { //nolint:gosec // others start servers of it
		return err
	}
	if err := d.format(ctx, work); err != nil {
		return err
	}
	if err := d.dump(ctx, work); err != nil {
		return err
	}
	if err := os.Rename(work, d.kept); err != nil && !errors.Is(err, os.ErrExist) { // another run may have been faster
		return err
	}
	return nil
}

// format lets the jars' own tool say what the cluster's metadata begins with.
func (d distribution) format(ctx context.Context, to string) error {
	dir, err := os.MkdirTemp("", "testenv-kafka-format-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := settle(dir, 1, 2, behind{}); err != nil { // nobody listens
		return err
	}
	c := exec.CommandContext(ctx, d.java, d.args("kafka.tools.StorageTool", "format", "-t", identity(), "-c", settings)...) //nolint:gosec // java of the PATH
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return copyFile(filepath.Join(dir, logs, checkpoint), filepath.Join(to, checkpoint))
}

// dump runs a broker that leaves its classes behind. A Java that cannot do that leaves none.
func (d distribution) dump(ctx context.Context, to string) error {
	d.kept = to
	var dir string
	p, err := process.Start(ctx, "kafka", answers, func(in string) (process.Spec, error) {
		dir = in
		return d.furnish(in, 0, behind{}, "-XX:ArchiveClassesAtExit="+classes)
	})
	if err != nil {
		return err
	}
	err = p.End()
	if err == nil {
		err = copyFile(filepath.Join(dir, classes), filepath.Join(to, classes))
	}
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, p.Stop())
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from) //nolint:gosec // of a folder of ours
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644) //nolint:gosec // others start servers of it
}
