package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/postgres/postgrestest"
)

func TestVerbBringsSchemasUpAndTakesStepsBack(t *testing.T) {
	t.Parallel()
	d := empty(t)
	p := build(t, d.dsn, "", tables("shop", 3), tables("access", 1))
	for _, c := range []struct{ words, want, tables string }{
		{"status", "OWNER   VERSION  LATEST  DIRTY\naccess  0        1       no\nshop    0        3       no\n", ""},
		{"up", "access: version 1, was 0\nshop: version 3, was 0\n", "t1 t2 t3"},
		{"up", "access: version 1, nothing to do\nshop: version 3, nothing to do\n", "t1 t2 t3"},
		{"down shop 1", "shop: version 2, was 3\n", "t1 t2"},
		{"status", "OWNER   VERSION  LATEST  DIRTY\naccess  1        1       no\nshop    2        3       no\n", "t1 t2"},
		{"down shop 2", "shop: version 0, was 2\n", ""},
		{"up", "access: version 1, nothing to do\nshop: version 3, was 0\n", "t1 t2 t3"},
	} {
		if out, err := p.verb(strings.Fields(c.words)...); err != nil || out != c.want {
			t.Errorf("%s: %q, %v, want %q", c.words, out, err, c.want)
		}
		if got := text(t, d.sql, made("shop")); got != c.tables {
			t.Errorf("after %s the tables are %q, want %q", c.words, got, c.tables)
		}
	}
	if got := text(t, d.sql, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"); got != "0" {
		t.Errorf("%s sessions are in a transaction", got)
	}
}

func TestVerbThatFailsTellsWhatItDidBefore(t *testing.T) {
	t.Parallel()
	d := empty(t)
	p := build(t, d.dsn, "", tables("access", 1), owner(
		"shop", "0001_a.up", "CREATE TABLE shop.t1 (id int)", "0001_a.down", "SELECT nothing", "0002_b.up", "SELECT 1", "0002_b.down", "SELECT 1",
		"0003_c.up", "SELECT nothing", "0003_c.down", "SELECT 1",
	))
	out, err := p.verb("up")
	if out != "access: version 1, was 0\nshop: version 2, was 0\n" {
		t.Errorf("up printed %q", out)
	}
	p.says(err, "postgres: migrate: schema shop of ", "at version 2: 0003_c.up.sql: line 1: ", "undefined_column")
	out, err = p.verb("down", "shop", "2")
	if out != "shop: version 1, was 2\n" {
		t.Errorf("down printed %q", out)
	}
	p.says(err, "at version 1: 0001_a.down.sql: line 1: ")
	if got := text(t, d.sql, made("shop")+" UNION ALL "+versions("shop")+" LIMIT 1"); got != "t1" {
		t.Errorf("the tables are %q", got)
	}
}

func TestVerbRefusesWordsThatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	d := empty(t)
	p := build(t, d.dsn, "", tables("access", 2), tables("shop", 1)).start()
	for _, c := range []struct{ words, want string }{
		{"", "it takes up, down OWNER COUNT, or status, such as `"},
		{"sideways", `not "sideways"`},
		{"up shop", `not "up shop"`},
		{"status shop", `not "status shop"`},
		{"down", `not "down"`},
		{"down shop", `not "down shop"`},
		{"down shop 1 2", `not "down shop 1 2"`},
		{"down shop all", `down: "all" is no count of steps to take back: give a number from 1`},
		{"down shop 0", `"0" is no count`},
		{"down shop -1", `"-1" is no count`},
		{"down Shop 1", `down: there is no owner "Shop", but access, shop`},
		{"down shop 2", "schema shop of "},
		{"down shop 2", "at version 1: 2 steps cannot be taken back: 1 are applied"},
	} {
		out, err := p.verb(strings.Fields(c.words)...)
		p.says(err, "postgres: migrate: ", c.want)
		if err == nil || out != "" && !strings.HasPrefix(c.words, "down shop 2") {
			t.Errorf("%q: %q, %v", c.words, out, err)
		}
	}
	if got := text(t, d.sql, made("shop")+" UNION ALL "+made("access")); got != "t1" {
		t.Errorf("the tables are %q", got)
	}
}

func TestVerbWithoutAServerOrOwnersSaysSo(t *testing.T) {
	t.Parallel()
	nowhere := build(t, secret.NewText("postgres://shop:hunter2@127.0.0.1:1/shop"), "", tables("shop", 1))
	for _, words := range []string{"up", "down shop 1", "status"} {
		_, err := nowhere.verb(strings.Fields(words)...)
		nowhere.says(err, "postgres: migrate: connect to 127.0.0.1:1/shop as user shop: ", "connection refused")
	}
	none := build(t, postgrestest.Empty(t), "").start()
	_, err := none.verb("down", "shop", "1")
	none.says(err, `there is no owner "shop", but none at all: no module of the assembly feeds migrations`)
	for words, want := range map[string]string{"up": "", "status": "OWNER  VERSION  LATEST  DIRTY\n"} {
		if out, err := none.verb(words); err != nil || out != want {
			t.Errorf("%s: %q, %v, want %q", words, out, err, want)
		}
	}
}

// full is a terminal that takes nothing.
type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestVerbWhoseAnswerIsLostFails(t *testing.T) {
	t.Parallel()
	p := build(t, postgrestest.Empty(t), "", tables("shop", 1))
	for _, words := range []string{"up", "status", "down shop 1"} {
		if err := p.commands[0].Run(t.Context(), strings.Fields(words), full{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want the error of the writer", words, err)
		}
	}
}
