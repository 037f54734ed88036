package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"fxcell.dev/fxcell/app"
)

// verb is the program's migrate: it works on connections of its own, whether or not the pool is open.
func (p *pool) verb() app.Command {
	return app.Command{
		Name: "migrate", Short: "bring the schemas of the database up, take steps of one back, or show their versions: up, down OWNER COUNT, status",
		Run: func(ctx context.Context, args []string, out io.Writer) error {
			if err := p.migrate(ctx, args, out); err != nil {
				return fmt.Errorf("postgres: migrate: %w", err)
			}
			return nil
		},
	}
}

func (p *pool) migrate(ctx context.Context, args []string, out io.Writer) error {
	switch words := slices.Concat(args, []string{""}); {
	case words[0] == "up" && len(args) == 1:
		changes, err := p.up(ctx)
		return errors.Join(tell(out, changes...), err)
	case words[0] == "down" && len(args) == 3:
		return p.takeBack(ctx, args[1], args[2], out)
	case words[0] == "status" && len(args) == 1:
		return p.status(ctx, out)
	default:
		return fmt.Errorf("it takes up, down OWNER COUNT, or status, such as %s, not %q", migrateCommand("down access 1"), strings.Join(args, " "))
	}
}

func (p *pool) takeBack(ctx context.Context, owner, count string, out io.Writer) error {
	i := slices.IndexFunc(p.schemas, func(s schema) bool { return s.owner == owner })
	if i < 0 {
		return fmt.Errorf("down: there is no owner %q, but %s", owner, strings.Join(p.owners(), ", "))
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return fmt.Errorf("down: %q is no count of steps to take back: give a number from 1", count)
	}
	made, err := p.down(ctx, p.schemas[i], n)
	return errors.Join(tell(out, made), err)
}

func (p *pool) owners() []string {
	if len(p.schemas) == 0 {
		return []string{"none at all: no module of the assembly feeds migrations"}
	}
	names := make([]string, 0, len(p.schemas))
	for _, s := range p.schemas {
		names = append(names, s.owner)
	}
	return names
}

// tell says what became of schemas.
func tell(out io.Writer, changes ...change) error {
	for _, c := range changes {
		line := fmt.Sprintf("%s: version %d, nothing to do", c.owner, c.from)
		if c.to != c.from {
			line = fmt.Sprintf("%s: version %d, was %d", c.owner, c.to, c.from)
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
	}
	return nil
}

// status prints the version of every schema, and why those that cannot be read have none.
func (p *pool) status(ctx context.Context, out io.Writer) (err error) {
	opened := sql.OpenDB(p.connector)
	defer func() { err = errors.Join(err, opened.Close()) }()
	if err := opened.PingContext(ctx); err != nil {
		return fmt.Errorf("connect to %v: %w", p.target, translate(ctx, err))
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "OWNER\tVERSION\tLATEST\tDIRTY") // Flush reports what cannot be written
	var faults []error
	for _, s := range p.schemas {
		now, err := s.state(ctx, opened)
		if err != nil {
			faults = append(faults, p.about(s, 0, err))
			continue
		}
		dirty := "no"
		if now.Dirty {
			dirty = "yes"
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%s\n", s.owner, now.Version, s.latest(), dirty)
	}
	if err := table.Flush(); err != nil {
		faults = append(faults, fmt.Errorf("write the answer: %w", err))
	}
	return errors.Join(faults...)
}
