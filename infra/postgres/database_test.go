package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := used.drop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
		os.Exit(code) //nolint:forbidigo // as goleak does without a cleanup
	}))
}

// shed keeps the databases of tests that are over for those to come: to make one, and above all to drop it, takes the server longer than most tests do.
type shed struct {
	mu   sync.Mutex
	free []string // addresses
	all  []string // names
}

var used shed

// logDatabase lends the test a database with the framework's schema and nothing in it, and returns its address.
func logDatabase(tb testing.TB) string {
	tb.Helper()
	server := dsn(tb)
	address := used.take()
	if address == "" {
		at, err := url.Parse(server)
		if err != nil {
			tb.Fatal("the DSN of the server under test is no URL")
		}
		name := "log_" + strings.ToLower(rand.Text())
		command(tb, server, `CREATE DATABASE `+name)
		at.Path = "/" + name
		address = at.String()
		used.mu.Lock()
		used.all = append(used.all, name)
		used.mu.Unlock()
	}
	tb.Cleanup(func() { used.put(address) })
	command(tb, address, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
		DROP SCHEMA IF EXISTS fxcell CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE SCHEMA fxcell; `+steps(tb))
	return address
}

// steps are those of the framework's schema.
func steps(tb testing.TB) string {
	tb.Helper()
	files, err := filepath.Glob("../../migrations/fxcell/*.up.sql") // sorted
	if err != nil || len(files) == 0 {
		tb.Fatalf("the steps of the schema are %v, %v", files, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		all.Write(text)
		all.WriteString(";\n")
	}
	return all.String()
}

func (s *shed) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return ""
	}
	last := len(s.free) - 1
	address := s.free[last]
	s.free = s.free[:last]
	return address
}

func (s *shed) put(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, address)
}

// drop drops all databases, when no test needs one any more.
func (s *shed) drop() error {
	for _, name := range s.all {
		if err := commanded(context.Background(), os.Getenv("TESTENV_POSTGRES_DSN"), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			return err
		}
	}
	return nil
}

// command runs statements on a connection of its own.
func command(tb testing.TB, server, statements string) {
	tb.Helper()
	if err := commanded(context.WithoutCancel(tb.Context()), server, statements); err != nil {
		tb.Fatal(err)
	}
}

func commanded(ctx context.Context, server, statements string) error {
	on, err := sql.Open("postgres", server)
	if err != nil {
		return err
	}
	defer func() { _ = on.Close() }()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := on.ExecContext(ctx, statements); err != nil {
		return fmt.Errorf("%.60s: %w", statements, err)
	}
	return nil
}
