package postgres

import (
	"archive/zip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"fxcell.dev/integration/testenv/internal/local"
	"fxcell.dev/integration/testenv/internal/maven"
)

//go:embed pom.xml
var pom []byte

// jarVersion is the version of the jar, which is that of its server.
const jarVersion = "18.4.0"

var errJar = errors.New("the jar holds no PostgreSQL")

// fromMaven returns the folder of the binaries that Maven brings. They are kept: the next run finds them.
func fromMaven(ctx context.Context) (string, error) {
	cache, err := local.Cache()
	if err != nil {
		return "", err
	}
	platform := runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "arm64", "arm64v8", 1)
	properties := []string{"-Dplatform=" + platform, "-Dversion=" + jarVersion}
	dist, err := maven.Keep(ctx, cache, "postgres-"+jarVersion+"-"+platform, pom, properties, func(jars, to string) error {
		return unpack(ctx, filepath.Join(jars, "embedded-postgres-binaries-"+platform+"-"+jarVersion+".jar"), to)
	})
	if errors.Is(err, maven.ErrMissing) {
		return "", errNone
	}
	return filepath.Join(dist, "bin"), err
}

// unpack writes the archive in the jar to a folder that everybody may read.
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
