package assembly_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"golang.org/x/crypto/argon2"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/cells/access/slices/sessionvalidate"
	"fxcell.dev/fxcell/db"
)

// BenchmarkLogin logs in through the public listener's handler: a hash, a session, an event, a signed token.
func BenchmarkLogin(b *testing.B) {
	p := serve(b, assembly.Demo, unlimited()) // many at once from one address are many that may fail
	b.Run("one-by-one", func(b *testing.B) {
		in := newLogin(b, "admin", password)
		for b.Loop() {
			in.send(b, p.Handler(), http.StatusCreated)
		}
		reportLogins(b)
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			in := newLogin(b, "admin", password)
			for pb.Next() {
				in.send(b, p.Handler(), http.StatusCreated)
			}
		})
		reportLogins(b)
	})
	b.Run("in-turns", func(b *testing.B) { benchmarkLoginInTurns(b, p) })
}

// benchmarkLoginInTurns measures what a login costs beside its hash.
func benchmarkLoginInTurns(b *testing.B, p *product) {
	b.Helper()
	in := newLogin(b, "admin", password)
	salt := make([]byte, 16)
	var logins, hashes samples
	login := func() {
		began := time.Now()
		in.send(b, p.Handler(), http.StatusCreated)
		logins = append(logins, time.Since(began))
	}
	hash := func() {
		began := time.Now()
		argon2.IDKey([]byte(password), salt, 2, 19456, 1, 32)
		hashes = append(hashes, time.Since(began))
	}
	for turn := [2]func(){login, hash}; b.Loop(); turn[0], turn[1] = turn[1], turn[0] { // whoever is first may have to collect the other's garbage
		turn[0]()
		turn[1]()
	}
	b.ReportMetric(0, "ns/op") // two things in one: it would mean nothing
	b.ReportMetric(milliseconds(logins.median()), "login-p50-ms")
	b.ReportMetric(milliseconds(hashes.median()), "hash-p50-ms")
	b.ReportMetric(float64(logins.median())/float64(hashes.median()), "ratio")
}

func reportLogins(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logins/s")
}

// login is one request to log in, over and over.
type login struct {
	request *http.Request
	body    *bytes.Reader
	text    []byte
	out     *sink
}

func newLogin(b *testing.B, username, plain string) *login {
	b.Helper()
	l := &login{body: bytes.NewReader(nil), text: fmt.Appendf(nil, `{"username":%q,"password":%q}`, username, plain), out: &sink{header: http.Header{}}}
	l.request = httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/api/v1/access/sessions/login", io.NopCloser(l.body))
	l.request.Header.Set("Content-Type", "application/json")
	l.request.ContentLength = int64(len(l.text))
	return l
}

func (l *login) send(b *testing.B, server http.Handler, status int) {
	b.Helper()
	l.body.Reset(l.text)
	l.out.clear()
	server.ServeHTTP(l.out, l.request)
	if l.out.status != status {
		b.Errorf("status %d, want %d", l.out.status, status)
	}
}

// BenchmarkLoginRefused measures how long a refusal takes for each reason, in rounds of one login a reason and in a new order each round. What tells
// the reasons apart for somebody with a clock is the gap of their medians, and |t| of Welch's test, against a wrong password. It takes at least 200
// rounds to mean something: -benchtime 200x. Nothing is asserted here: that each refusal costs the same hash and the same read is a test of the
// login itself.
func BenchmarkLoginRefused(b *testing.B) {
	var store any
	var tx db.Transactor
	p := serve(b, assembly.Demo, unlimited(), takeAccess(sessionvalidate.New, &store), fx.Populate(&tx))
	addUser(b, tx, store, "suspended")
	addUser(b, tx, store, "locked")
	reasons := []struct {
		name  string
		login *login
		took  samples
	}{
		{name: "wrong-password", login: newLogin(b, "admin", "correct horse battery stapler")},
		{name: "unknown-user", login: newLogin(b, "nobody", password)},
		{name: "empty-password", login: newLogin(b, "admin", "")},
		{name: "over-long-password", login: newLogin(b, "admin", strings.Repeat("x", 1025))},
		{name: "suspended", login: newLogin(b, "suspended", password)},
		{name: "locked", login: newLogin(b, "locked", password)},
	}
	for b.Loop() {
		for _, i := range rand.Perm(len(reasons)) {
			began := time.Now()
			reasons[i].login.send(b, p.Handler(), http.StatusUnauthorized)
			reasons[i].took = append(reasons[i].took, time.Since(began))
		}
	}
	reference := reasons[0].took
	b.ReportMetric(0, "ns/op") // of all reasons together: it would mean nothing
	b.ReportMetric(milliseconds(reference.median()), reasons[0].name+"-p50-ms")
	for _, r := range reasons[1:] {
		b.ReportMetric(milliseconds(r.took.median()), r.name+"-p50-ms")
		b.ReportMetric(100*math.Abs(float64(r.took.median()-reference.median()))/float64(reference.median()), r.name+"-gap-%")
		if len(reference) > 1 {
			b.ReportMetric(welch(r.took, reference), r.name+"-|t|")
		}
	}
}

// addUser adds a copy of the administrator that has a status for a name. No contract suspends anybody yet, and only the cell can name the types of
// its store.
func addUser(b *testing.B, tx db.Transactor, store any, status string) {
	b.Helper()
	call := func(ctx context.Context, method string, arg any) []reflect.Value {
		return reflect.ValueOf(store).MethodByName(method).Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(arg)})
	}
	found := call(b.Context(), "UserByUsername", "admin")
	user := reflect.New(found[0].Type()).Elem()
	user.Set(found[0])
	user.FieldByName("ID").SetString(status)
	user.FieldByName("Status").SetString(status)
	for _, name := range []string{"Username", "Email"} {
		user.FieldByName(name).FieldByName("Text").SetString(status)
		user.FieldByName(name).FieldByName("Key").SetString(status)
	}
	err := tx.InTx(b.Context(), func(ctx context.Context) error {
		err, _ := reflect.TypeAssert[error](call(ctx, "InsertUser", user.Interface())[0])
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}
