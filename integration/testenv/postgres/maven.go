package postgres

import (
	"archive/zip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

//go:embed pom.xml
var pom []byte

// jarVersion is the version of the jar, which is that of its server.
const jarVersion = "18.4.0"

var errJar = errors.New("the jar holds no PostgreSQL")

// fromMaven returns the folder of the binaries that Maven brings. They are kept: the next run finds them.
func fromMaven(ctx context.Context) (string, error) {
	kept, err := cache()
	if err != nil {
		return "", err
	}
	platform := runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "arm64", "arm64v8", 1)
	dist := filepath.Join(kept, "postgres-"+jarVersion+"-"+platform)
	bin := filepath.Join(dist, "bin")
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err == nil {
		return bin, nil
	}
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return "", errNone
	}
	work, err := os.MkdirTemp(kept, "fetch-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	file := filepath.Join(work, "pom.xml")
	if err := os.WriteFile(file, pom, 0o600); err != nil {
		return "", err
	}
	fetch := exec.CommandContext(ctx, mvn, "-q", "-B", "-f", file, "-Dplatform="+platform, "-Dversion="+jarVersion, //nolint:gosec // mvn of the PATH
		"dependency:copy-dependencies", "-DoutputDirectory="+work)
	if out, err := fetch.CombinedOutput(); err != nil {
		return "", fmt.Errorf("mvn: %w\n%s", err, out)
	}
	unpacked := filepath.Join(work, "dist")
	if err := unpack(ctx, filepath.Join(work, "embedded-postgres-binaries-"+platform+"-"+jarVersion+".jar"), unpacked); err != nil {
		return "", err
	}
	if err := os.Rename(unpacked, dist); err != nil && !errors.Is(err, os.ErrExist) { // another run may have been faster
		return "", err
	}
	return bin, nil
}

// unpack writes the archive in the jar to a new folder that everybody may read.
func unpack(ctx context.Context, jar, to string) error {
	archive, err := zip.OpenReader(jar)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, ".txz") {
			continue
		}
		text, err := f.Open()
		if err != nil {
			return err
		}
		if err := os.Mkdir(to, 0o755); err != nil { //nolint:gosec // the server's user reads it
			return errors.Join(err, text.Close())
		}
		tar := exec.CommandContext(ctx, "tar", "-xJ", "--no-same-owner", "-C", to) //nolint:gosec // a folder of ours
		tar.Stdin = text
		out, err := tar.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("tar: %w\n%s", err, out)
		}
		return errors.Join(err, text.Close())
	}
	return errJar
}
