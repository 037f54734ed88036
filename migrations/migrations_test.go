package migrations_test

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/app"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/postgres"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

func TestMain(m *testing.M) { fxcelltest.Main(m) }

// catalog lists what the schemas of an owner hold, each object in a line that describes it, but for the history of its steps.
const catalog = `
WITH mine AS (SELECT oid FROM pg_namespace WHERE nspname = $1),
relations AS (
	SELECT c.* FROM pg_class c JOIN mine ON c.relnamespace = mine.oid
	WHERE c.relname NOT IN ('schema_migrations', 'schema_migrations_pkey')
)
SELECT format('relation %s %s %s %s %s %s %s', relname, relkind, relpersistence, relrowsecurity, relacl, reloptions, pg_get_expr(relpartbound, oid)) FROM relations
UNION ALL SELECT format('column %s %s %s %s %s %s %s %s', relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
	attgenerated, pg_get_expr(adbin, adrelid))
	FROM relations JOIN pg_attribute a ON attrelid = relations.oid LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
	WHERE attnum > 0 AND NOT attisdropped
UNION ALL SELECT format('index %s %s', pg_get_indexdef(indexrelid), indisvalid) FROM relations JOIN pg_index ON indexrelid = relations.oid
UNION ALL SELECT format('partition key %s %s', relname, pg_get_partkeydef(oid)) FROM relations WHERE relkind = 'p'
UNION ALL SELECT format('sequence %s %s %s %s %s', relname, seqstart, seqincrement, seqcache, seqcycle) FROM relations JOIN pg_sequence ON seqrelid = oid
UNION ALL SELECT format('view %s %s', relname, pg_get_viewdef(oid)) FROM relations WHERE relkind IN ('v', 'm')
UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(c.oid)) FROM pg_constraint c JOIN mine ON connamespace = mine.oid
	WHERE conname !~ '^schema_migrations_' -- PostgreSQL 18 lists what is NOT NULL, too
UNION ALL SELECT format('trigger %s %s', pg_get_triggerdef(t.oid), tgenabled) FROM pg_trigger t JOIN relations ON tgrelid = relations.oid WHERE NOT tgisinternal
UNION ALL SELECT format('policy %s %s %s %s', relname, polname, polcmd, pg_get_expr(polqual, polrelid)) FROM pg_policy JOIN relations ON polrelid = relations.oid
UNION ALL SELECT format('rule %s', pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN relations ON ev_class = relations.oid WHERE rulename <> '_RETURN'
UNION ALL SELECT format('function %s %s %s', p.oid::regprocedure, CASE WHEN prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) END, proacl)
	FROM pg_proc p JOIN mine ON pronamespace = mine.oid
UNION ALL SELECT format('type %s %s %s', typname, typtype, (SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
	FROM pg_type t JOIN mine ON typnamespace = mine.oid WHERE typname !~ '^_?schema_migrations$'
ORDER BY 1`

// elsewhere lists the schemas that somebody else than the owner has objects in, and which no step may touch.
const elsewhere = `
SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace n ON relnamespace = n.oid
WHERE nspname <> $1 AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`

func list(t *testing.T, on db.SQL, query, owner string) []string {
	t.Helper()
	lines := []string{}
	if err := on.Select(t.Context(), &lines, query, owner); err != nil {
		t.Fatal(err)
	}
	return lines
}

// settings is the configuration of the program under test.
type settings struct{ dsn secret.Text }

func (s settings) Decode(_ string, into any) error {
	*into.(*postgres.Config) = postgres.Config{DSN: s.dsn}
	return nil
}

// program returns the verb of a program that lists the database with steps, and the owners of those.
func program(t *testing.T, dsn secret.Text, steps fx.Option) (migrate func(words ...string), owners []string) {
	t.Helper()
	var in struct {
		fx.In

		Migrations []db.Migrations `group:"fxcell.migrations"`
		Commands   []app.Command   `group:"fxcell.commands"`
	}
	err := fx.New(fx.NopLogger, postgres.Module, steps, fx.Provide(func() config.Source { return settings{dsn} }), fx.Populate(&in)).Err()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range in.Migrations {
		owners = append(owners, m.Owner)
	}
	return func(words ...string) {
		t.Helper()
		if err := in.Commands[0].Run(t.Context(), words, t.Output()); err != nil {
			t.Fatalf("migrate %s: %v", strings.Join(words, " "), err)
		}
	}, owners
}

// ways returns the names of an owner's steps up, in order.
func ways(t *testing.T, owner string) []string {
	t.Helper()
	names, err := fs.Glob(migrations.Of(owner).Files, "*.up.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%s has the steps %v, %v", owner, names, err)
	}
	return names
}

// first feeds the first n steps of an owner.
func first(t *testing.T, owner string, n int) fx.Option {
	t.Helper()
	all := migrations.Of(owner).Files
	some := fstest.MapFS{}
	for _, up := range ways(t, owner)[:n] {
		for _, name := range []string{up, strings.TrimSuffix(up, ".up.sql") + ".down.sql"} {
			text, err := fs.ReadFile(all, name)
			if err != nil {
				t.Fatal(err)
			}
			some[name] = &fstest.MapFile{Data: text}
		}
	}
	return fxcell.Migrations(owner, some)
}

func TestEveryStepIsTakenBackToWhatWasBeforeItAndTakenAgain(t *testing.T) {
	t.Parallel()
	for _, owner := range []string{"fxcell", "access", "audit", "config"} {
		t.Run(owner, func(t *testing.T) {
			t.Parallel()
			d := postgrestest.Open(t)
			shapes := [][]string{{}} // after as many steps
			for n := range ways(t, owner) {
				migrate, _ := program(t, d.DSN, first(t, owner, n+1))
				migrate("up")
				shape := list(t, d.SQL, catalog, owner)
				shapes = append(shapes, shape)
			}
			if got := list(t, d.SQL, elsewhere, owner); len(got) > 0 {
				t.Errorf("the steps make objects in schemas of others: %v", got)
			}
			last := len(shapes) - 1
			migrate, _ := program(t, d.DSN, first(t, owner, last))
			for n := last - 1; n >= 0; n-- {
				migrate("down", owner, "1")
				if diff := cmp.Diff(shapes[n], list(t, d.SQL, catalog, owner)); diff != "" {
					t.Errorf("the way back to step %d leads elsewhere (-before +after):\n%s", n, diff)
				}
			}
			migrate("up")
			if diff := cmp.Diff(shapes[last], list(t, d.SQL, catalog, owner)); diff != "" || len(shapes[last]) == 0 {
				t.Errorf("the second way up leads elsewhere (-first +second):\n%s", diff)
			}
		})
	}
}

func TestModuleFeedsEveryFolderOfSteps(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range folders {
		folders[i] = filepath.Dir(file)
	}
	d := postgrestest.Open(t)
	migrate, owners := program(t, d.DSN, migrations.Module)
	slices.Sort(owners)
	if diff := cmp.Diff(slices.Compact(folders), owners); diff != "" {
		t.Errorf("owners (-folders +fed):\n%s", diff)
	}
	migrate("up") // together, and each of them without the others' help in the test of its own
	migrate("up")
}

func TestOwnerWithoutStepsIsRefused(t *testing.T) {
	t.Parallel()
	for _, owner := range []string{"nobody", "", "../migrations"} {
		m := migrations.Of(owner)
		fault := fxcelltest.Fault(
			postgres.Module, fxcell.Migrations(m.Owner, m.Files),
			fx.Provide(func() config.Source { return settings{secret.NewText("postgres://u@localhost")} }),
		)
		if fault == nil || !strings.Contains(fault.Error(), "infra/postgres: migrations of owner ") {
			t.Errorf("Of(%q): %v", owner, fault)
		}
	}
}
