package postgres

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/golang-migrate/migrate/v4/source"

	"fxcell.dev/fxcell/db"
)

// step is one change of a schema, and the way back.
type step struct {
	version  int
	up, down string // the names of the files
}

// schema is what an owner's files make of its schema.
type schema struct {
	owner string
	files fs.FS
	steps []step // by version
}

// framework is the owner whose schema comes first: the others may count on it.
const framework = "fxcell"

// ownerPattern is what a schema can be named without quotes; the server cuts names after 63 bytes.
var ownerPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// readSchemas reads the files of all owners: fxcell first, the others by name. It reports every fault at once.
func readSchemas(list []db.Migrations) ([]schema, error) {
	var faults []error
	schemas := make([]schema, 0, len(list))
	for _, m := range list {
		s, err := readSchema(m)
		if err != nil {
			faults = append(faults, fmt.Errorf("infra/postgres: migrations of owner %q: %w", m.Owner, err))
		}
		schemas = append(schemas, s)
	}
	slices.SortFunc(schemas, inOrder)
	for i := 1; i < len(schemas); i++ {
		if owner := schemas[i].owner; owner == schemas[i-1].owner {
			faults = append(faults, fmt.Errorf("infra/postgres: migrations of owner %q are fed more than once: let one module feed them", owner))
		}
	}
	return schemas, errors.Join(faults...)
}

func inOrder(a, b schema) int {
	switch {
	case a.owner == b.owner:
		return 0
	case a.owner == framework:
		return -1
	case b.owner == framework:
		return 1
	default:
		return strings.Compare(a.owner, b.owner)
	}
}

func readSchema(m db.Migrations) (schema, error) {
	s := schema{owner: m.Owner, files: m.Files}
	if !ownerPattern.MatchString(m.Owner) || strings.HasPrefix(m.Owner, "pg_") || slices.Contains([]string{"public", "information_schema"}, m.Owner) {
		return s, errors.New("the owner names a schema of its own: at most 63 lower-case letters, digits and underscores, a letter first, " +
			"and neither public, information_schema nor pg_…")
	}
	if m.Files == nil {
		return s, errors.New("there are no files")
	}
	entries, err := fs.ReadDir(m.Files, ".")
	if err != nil {
		return s, fmt.Errorf("read the files: %w", err)
	}
	steps := map[uint]step{}
	var faults []error
	for _, e := range entries {
		if err := s.read(e, steps); err != nil {
			faults = append(faults, fmt.Errorf("%s %w", e.Name(), err))
		}
	}
	for _, one := range steps {
		if one.up == "" || one.down == "" {
			faults = append(faults, fmt.Errorf("%s lacks the other half of its pair, NNNN_what.up.sql and NNNN_what.down.sql", cmp.Or(one.up, one.down)))
		}
		s.steps = append(s.steps, one)
	}
	if len(s.steps) == 0 && len(faults) == 0 {
		faults = append(faults, errors.New("there is no NNNN_what.up.sql in the root of the files: fs.Sub takes a folder out of an embed.FS"))
	}
	slices.SortFunc(s.steps, func(a, b step) int { return cmp.Compare(a.version, b.version) })
	return s, errors.Join(faults...)
}

// read adds the file of a step.
func (s schema) read(e fs.DirEntry, steps map[uint]step) error {
	parsed, err := source.Parse(e.Name())
	switch isSQL := strings.HasSuffix(e.Name(), ".sql"); {
	case e.IsDir() || err != nil && !isSQL:
		return nil // such as the Go file that embeds the others
	case err != nil || !isSQL || parsed.Version < 1 || uint64(parsed.Version) > math.MaxInt64:
		return errors.New("is not of the form NNNN_what.up.sql or NNNN_what.down.sql, with a number from 1")
	}
	text, err := fs.ReadFile(s.files, e.Name())
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return errors.New("is empty")
	}
	one := steps[parsed.Version]
	one.version = int(parsed.Version)
	half := &one.up
	if parsed.Direction == source.Down {
		half = &one.down
	}
	if *half != "" {
		return fmt.Errorf("has the number of %s", *half)
	}
	*half = e.Name()
	steps[parsed.Version] = one
	return nil
}

// latest returns the version that the files lead to.
func (s schema) latest() int { return s.steps[len(s.steps)-1].version }

// applied returns how many steps a version stands for; without an error it is one of the files'.
func (s schema) applied(version int) (int, error) {
	if version <= 0 {
		return 0, nil
	}
	i, found := slices.BinarySearchFunc(s.steps, version, func(one step, v int) int { return cmp.Compare(one.version, v) })
	switch {
	case found:
		return i + 1, nil
	case version > s.latest():
		return 0, fmt.Errorf("the schema is newer than this program, whose files end at version %d: run the program that is as new as the schema, "+
			"or let that one take its steps back by %s", s.latest(), migrateCommand("down "+s.owner+" COUNT"))
	default:
		return 0, fmt.Errorf("the schema is at a version that is not among the files of this program (1 to %d): "+
			"run the program that made it", s.latest())
	}
}
