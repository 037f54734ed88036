package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"fxcell.dev/fxcell/db"
)

// files makes files with a text each.
func files(names ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, name := range names {
		fsys[name] = &fstest.MapFile{Data: []byte("SELECT 1")}
	}
	return fsys
}

func TestMigrationsThatCannotBeAppliedAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	const up, down = "0001_a.up.sql", "0001_a.down.sql"
	blank := files(up, down)
	blank[down] = &fstest.MapFile{Data: []byte(" \n")}
	for _, c := range []struct {
		name string
		m    db.Migrations
		want string
	}{
		{"no owner", db.Migrations{Files: files(up, down)}, `migrations of owner "": the owner names a schema of its own`},
		{"a hyphen", db.Migrations{Owner: "todo-order", Files: files(up, down)}, `"todo-order": the owner`},
		{"a capital", db.Migrations{Owner: "Shop", Files: files(up, down)}, "the owner names"},
		{"a quote", db.Migrations{Owner: `a"b`, Files: files(up, down)}, "the owner names"},
		{"a dot", db.Migrations{Owner: "a.b", Files: files(up, down)}, "the owner names"},
		{"a digit first", db.Migrations{Owner: "1a", Files: files(up, down)}, "the owner names"},
		{"too long", db.Migrations{Owner: strings.Repeat("a", 64), Files: files(up, down)}, "the owner names"},
		{"the server's", db.Migrations{Owner: "pg_shop", Files: files(up, down)}, "the owner names"},
		{"everybody's", db.Migrations{Owner: "public", Files: files(up, down)}, "the owner names"},
		{"the catalog", db.Migrations{Owner: "information_schema", Files: files(up, down)}, "the owner names"},
		{"no files", db.Migrations{Owner: "shop"}, `"shop": there are no files`},
		{"an empty folder", db.Migrations{Owner: "shop", Files: files("README.md")}, "there is no NNNN_what.up.sql in the root of the files: fs.Sub takes"},
		{"a folder too many", db.Migrations{Owner: "shop", Files: files("shop/" + up)}, "there is no NNNN_what.up.sql in the root"},
		{"no way back", db.Migrations{Owner: "shop", Files: files(up)}, up + " lacks the other half of its pair"},
		{"only a way back", db.Migrations{Owner: "shop", Files: files(up, down, "0002_b.down.sql")}, "0002_b.down.sql lacks the other half"},
		{"a number twice", db.Migrations{Owner: "shop", Files: files(up, down, "1_b.up.sql")}, "1_b.up.sql has the number of 0001_a.up.sql"},
		{"number zero", db.Migrations{Owner: "shop", Files: files("0000_a.up.sql")}, "0000_a.up.sql is not of the form NNNN_what.up.sql"},
		{"a number beyond", db.Migrations{Owner: "shop", Files: files("9223372036854775808_a.up.sql")}, "is not of the form"},
		{"no number", db.Migrations{Owner: "shop", Files: files(up, down, "schema.sql")}, "schema.sql is not of the form"},
		{"no direction", db.Migrations{Owner: "shop", Files: files(up, down, "0002_b.sql")}, "0002_b.sql is not of the form"},
		{"another suffix", db.Migrations{Owner: "shop", Files: files(up, down, "0002_b.up.txt")}, "0002_b.up.txt is not of the form"},
		{"an empty step", db.Migrations{Owner: "shop", Files: blank}, down + " is empty"},
	} {
		_, err := readSchemas([]db.Migrations{c.m, {Owner: "other", Files: files(up, down)}})
		wants(t, err, "infra/postgres: migrations of owner ", c.want)
		if strings.Contains(fmt.Sprint(err), `"other"`) {
			t.Errorf("%s: %v blames the other owner", c.name, err)
		}
	}
	_, err := readSchemas([]db.Migrations{{Owner: "shop", Files: files(up, down)}, {Owner: "fxcell"}, {Owner: "shop", Files: files(up, down)}})
	wants(t, err, `"fxcell": there are no files`, `migrations of owner "shop" are fed more than once`)
}

func TestMigrationsHaveOneOrderHoweverTheyAreFed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		owners := rapid.SliceOfNDistinct(rapid.StringMatching("[a-f][a-z0-9_]{0,3}"), 0, 6, rapid.ID[string]).Draw(t, "owners")
		owners = rapid.Permutation(append(owners, framework)).Draw(t, "fed")
		versions := rapid.SliceOfNDistinct(rapid.IntRange(1, 99999), 1, 5, rapid.ID[int]).Draw(t, "versions")
		var names []string
		for _, v := range versions {
			names = append(names, fmt.Sprintf("%04d_a.up.sql", v), fmt.Sprintf("%04d_b.down.sql", v))
		}
		var list []db.Migrations
		for _, owner := range owners {
			list = append(list, db.Migrations{Owner: owner, Files: files(names...)})
		}
		schemas, err := readSchemas(list)
		if err != nil || len(schemas) != len(owners) || schemas[0].owner != framework {
			t.Fatalf("%v, %v", schemas, err)
		}
		if !slices.IsSortedFunc(schemas[1:], func(a, b schema) int { return strings.Compare(a.owner, b.owner) }) {
			t.Fatalf("%v is out of order", schemas)
		}
		slices.Sort(versions)
		for i, v := range versions {
			if n, err := schemas[0].applied(v); schemas[0].steps[i].version != v || n != i+1 || err != nil {
				t.Fatalf("step %d is %+v, applied %d, %v, want version %d", i, schemas[0].steps[i], n, err, v)
			}
		}
		if _, err := schemas[0].applied(versions[len(versions)-1] + 1); err == nil {
			t.Fatal("a version beyond the files is known")
		}
	})
}
