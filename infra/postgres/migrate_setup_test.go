package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/app"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/postgres"
	"fxcell.dev/infra/postgres/postgrestest"
)

// program is one that lists infra/postgres.
type program struct {
	*fx.App

	t        *testing.T
	dsn      secret.Text
	tx       db.Transactor
	sql      db.SQL
	commands []app.Command
}

type settings struct{ cfg postgres.Config }

func (s settings) Decode(_ string, into any) error {
	*into.(*postgres.Config) = s.cfg
	return nil
}

// build builds a program on a database, by postgres.migrate as mode says.
func build(t *testing.T, dsn secret.Text, mode string, owners ...db.Migrations) *program {
	t.Helper()
	p := &program{t: t, dsn: dsn}
	var in struct {
		fx.In

		Commands []app.Command `group:"fxcell.commands"`
	}
	options := []fx.Option{
		postgres.Module, fx.NopLogger, fx.Populate(&p.tx, &p.sql, &in),
		fx.Provide(func() config.Source {
			return settings{postgres.Config{DSN: dsn, MaxConns: 2, Migrate: mode}}
		}),
	}
	for _, m := range owners {
		options = append(options, fxcell.Migrations(m.Owner, m.Files))
	}
	p.App = fx.New(options...)
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	p.commands = in.Commands
	return p
}

// empty opens a database that nobody has migrated.
func empty(t *testing.T) *program {
	t.Helper()
	return build(t, postgrestest.Empty(t), "").start()
}

// start starts the program, which stops with its test.
func (p *program) start() *program {
	p.t.Helper()
	if err := p.Start(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			p.t.Error(err)
		}
	})
	return p
}

// refuses starts the program and fails unless it tells all parts, and no password, instead of starting.
func (p *program) refuses(parts ...string) {
	p.t.Helper()
	err := p.Start(p.t.Context())
	if err == nil {
		_ = p.Stop(context.Background())
		p.t.Fatalf("it started, want %q", parts)
	}
	p.says(err, parts...)
}

// says fails unless the text of err has all parts and not the password.
func (p *program) says(err error, parts ...string) {
	p.t.Helper()
	text := fmt.Sprint(err)
	for _, part := range parts {
		if !strings.Contains(text, part) {
			p.t.Errorf("error %q lacks %q", text, part)
		}
	}
	u, _ := url.Parse(p.dsn.Reveal())
	if word, ok := u.User.Password(); ok && strings.Contains(text, word) {
		p.t.Errorf("error %q tells the password", text)
	}
}

// verb runs migrate and returns what it prints.
func (p *program) verb(words ...string) (string, error) {
	p.t.Helper()
	if len(p.commands) != 1 || p.commands[0].Name != "migrate" || p.commands[0].Short == "" {
		p.t.Fatalf("the commands are %+v, want migrate", p.commands)
	}
	var out strings.Builder
	err := p.commands[0].Run(p.t.Context(), words, &out)
	return out.String(), err
}

// text returns the one text that a statement reads on the database.
func text(t *testing.T, on db.SQL, statement string) string {
	t.Helper()
	var s string
	if err := on.Get(t.Context(), &s, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return s
}

func exec(t *testing.T, d *program, statement string) {
	t.Helper()
	err := d.tx.InTx(t.Context(), func(ctx context.Context) error {
		_, err := d.sql.Exec(ctx, statement)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// owner makes migrations of files: their name without .sql, and their text.
func owner(name string, files ...string) db.Migrations {
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]+".sql"] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return db.Migrations{Owner: name, Files: fsys}
}

// tables makes n steps of an owner that make one table each, t1, t2, ….
func tables(name string, n int) db.Migrations {
	var files []string
	for i := 1; i <= n; i++ {
		files = append(
			files, fmt.Sprintf("%04d_table.up", i), fmt.Sprintf("CREATE TABLE %s.t%d (id int)", name, i),
			fmt.Sprintf("%04d_table.down", i), fmt.Sprintf("DROP TABLE %s.t%d", name, i),
		)
	}
	return owner(name, files...)
}

// made lists the tables of an owner.
func made(name string) string {
	return "SELECT coalesce(string_agg(tablename, ' ' ORDER BY tablename), '') FROM pg_tables WHERE schemaname = '" + name + "' AND tablename <> 'schema_migrations'"
}

// versions lists what the history of an owner says.
func versions(name string) string {
	return "SELECT coalesce(string_agg(version || CASE WHEN dirty THEN ' dirty' ELSE '' END, ' '), 'none') FROM " + name + ".schema_migrations"
}
