package access_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/cells/access"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/fxcell/auth"
)

// A caller who may not log in gets the same bytes, whatever the reason is.
func TestRefusedLoginsHaveOneAnswer(t *testing.T) {
	t.Parallel()
	r := start(t, configured(func(c *access.Config) { c.LoginFree = 100 }))
	r.want(r.setup(r.offer(), "root", accesstest.Password), http.StatusCreated, "")
	want := r.want(r.login("root", "wrong horse battery staple"), http.StatusUnauthorized, "ERR_ACCESS_INVALID_CREDENTIALS")
	for name, c := range map[string]call{
		"unknown user":              r.login("nobody", accesstest.Password),
		"empty password":            r.login("root", ""),
		"password of one letter":    r.login("root", "x"),
		"over-long password":        r.login("root", strings.Repeat("x", 1025)),
		"password of half a MiB":    r.login("root", strings.Repeat("x", 1<<19)),
		"password with NUL":         r.login("root", accesstest.Password+"\x00"),
		"no username":               r.login("", accesstest.Password),
		"username that is none":     r.login("root\u200b", accesstest.Password),
		"username of half a MiB":    r.login(strings.Repeat("r", 1<<19), accesstest.Password),
		"username in look-alikes":   r.login("rооt", accesstest.Password),
		"unknown, empty password":   r.login("nobody", ""),
		"unknown, over-long":        r.login("nobody", strings.Repeat("x", 1<<19)),
		"neither of them":           r.login("", ""),
		"operators for a document":  r.login(`{"$ne":""}`, accesstest.Password),
		"password of another shape": r.login("root", strings.ToUpper(accesstest.Password)),
	} {
		got := r.do(c)
		if got.status != want.status || got.text != want.text {
			t.Errorf("%s: got %d %s, want %s", name, got.status, got.text, want.text)
		}
		if diff := cmp.Diff(want.header, got.header); diff != "" {
			t.Errorf("%s: headers (-want +got):\n%s", name, diff)
		}
	}
}

func TestBodyThatDoesNotFitIsRefusedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	r := start(t)
	token := r.offer()
	admin := auth.Principal{Kind: auth.User, ID: "boss", Roles: []string{"admin"}}
	login, setup, users := "/api/v1/access/sessions/login", "/api/v1/access/setup", "/api/v1/access/users"
	good := `"username":"ada","email":"ada@example.org","password":"` + accesstest.Password + `"`
	for _, c := range []struct {
		name, path, body string
		status           int
		faults           []string // pointer and rule
	}{
		{"login: nothing", login, ``, 400, nil},
		{"login: no object", login, `"x"`, 400, []string{" type"}},
		{"login: an array", login, `[]`, 400, []string{" type"}},
		{"login: no members", login, `{}`, 400, []string{"/password required", "/username required"}},
		{"login: operator object", login, `{"username":{"$ne":""},"password":"x"}`, 400, []string{"/username type"}},
		{"login: number and null", login, `{"username":1,"password":null}`, 400, []string{"/password type", "/username type"}},
		{"login: a member more", login, `{"username":"a","password":"b","role":"admin"}`, 400, []string{"/role additionalProperties"}},
		{"login: password in capitals", login, `{"username":"a","Password":"b"}`, 400, []string{"/Password additionalProperties", "/password required"}},
		{"login: password twice", login, `{"username":"a","password":"b","password":"c"}`, 400, nil},
		{"login: depth", login, `{"username":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `,"password":"x"}`, 400, nil},
		{"login: lone surrogate", login, `{"username":"a","password":"\ud800"}`, 400, nil},
		{"login: no UTF-8", login, "{\"username\":\"a\",\"password\":\"\xff\"}", 400, nil},
		{"login: byte order mark", login, "\ufeff{\"username\":\"a\",\"password\":\"b\"}", 400, nil},
		{"login: two values", login, `{"username":"a","password":"b"}{}`, 400, nil},
		{"login: too large", login, `{"username":"a","password":"` + strings.Repeat("x", 1<<20) + `"}`, 413, nil},
		{"setup: no token", setup, `{` + good + `}`, 400, []string{"/token required"}},
		{"setup: roles", setup, `{"token":"` + token + `","roles":["x"],` + good + `}`, 400, []string{"/roles additionalProperties"}},
		{"setup: short password", setup, `{"token":"` + token + `","username":"ada","email":"ada@example.org","password":"Hunter2!"}`, 400, []string{"/password minLength"}},
		{"user: no members", users, `{}`, 400, []string{"/email required", "/password required", "/username required"}},
		{"user: fields of the server", users, `{"id":"1","status":"active","epoch":1,` + good + `}`, 400, []string{
			"/epoch additionalProperties", "/id additionalProperties", "/status additionalProperties",
		}},
		{"user: short password", users, `{"username":"ada","email":"ada@example.org","password":"Hunter2!"}`, 400, []string{"/password minLength"}},
		{"user: 257 characters", users, `{"username":"ada","email":"ada@example.org","password":"` + strings.Repeat("x", 257) + `"}`, 400, []string{"/password maxLength"}},
		{"user: over-long password", users, `{"username":"ada","email":"ada@example.org","password":"` + strings.Repeat("é", 600) + `"}`, 400, []string{"/password maxBytes"}},
		{"user: password beyond the schema", users, `{"username":"ada","email":"ada@example.org","password":"` + strings.Repeat("x", 1025) + `"}`, 400, []string{"/password maxLength"}},
		{"user: no address", users, `{"username":"ada","email":"x","password":"` + accesstest.Password + `"}`, 400, []string{"/email email"}},
		{"user: invisible letters", users, `{"username":"admin\u200b","email":"x@example.org","password":"` + accesstest.Password + `"}`, 400, []string{"/username username"}},
		{"user: all at once", users, `{"username":"a","email":"x","password":"short"}`, 400, []string{"/username minLength", "/email email", "/password minLength"}},
		{"user: role that is none", users, `{"roles":["Admin!"],` + good + `}`, 400, []string{"/roles/0 pattern"}},
		{"user: a role twice", users, `{"roles":["admin","admin"],` + good + `}`, 400, []string{"/roles uniqueItems"}},
		{"user: too many roles", users, `{"roles":[` + roles(17) + `],` + good + `}`, 400, []string{"/roles maxItems"}},
	} {
		a := r.do(call{method: http.MethodPost, path: c.path, body: c.body, caller: admin})
		var got []string
		for _, f := range a.Errors {
			got = append(got, f.Pointer+" "+f.Rule)
		}
		if a.status != c.status || c.faults != nil && !cmp.Equal(got, c.faults) {
			t.Errorf("%s: got %d %v, want %d %v", c.name, a.status, got, c.status, c.faults)
		}
	}
	if n := len(r.events.All()); n != 0 {
		t.Errorf("%d events", n)
	}
	r.wantSilence("Hunter2!", token, "admin\u200b", "Admin!")
}

func roles(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%q", fmt.Sprintf("r%d", i)))
	}
	return strings.Join(all, ",")
}

func TestPoliciesAreKept(t *testing.T) {
	t.Parallel()
	r := start(t)
	created := r.want(r.setup(r.offer(), "root", accesstest.Password), http.StatusCreated, "")
	user := "/api/v1/access/users/" + created.member("id")
	ada := auth.Principal{Kind: auth.User, ID: "ada", Roles: []string{"auditor", "config-editor"}}
	admin := auth.Principal{Kind: auth.User, ID: "boss", Roles: []string{"admin"}}
	broken := `{"not even":`
	for _, c := range []struct {
		name   string
		call   call
		status int
		code   string
	}{
		{"create: nobody", call{http.MethodPost, "/api/v1/access/users", broken, auth.Principal{}}, 401, "ERR_UNAUTHENTICATED"},
		{"create: other roles", call{http.MethodPost, "/api/v1/access/users", broken, ada}, 403, "ERR_FORBIDDEN"},
		{"read: nobody", call{http.MethodGet, user, "", auth.Principal{}}, 401, "ERR_UNAUTHENTICATED"},
		{"read: another user", call{http.MethodGet, user, "", ada}, 403, "ERR_FORBIDDEN"},
		{"read: another user that is not there", call{http.MethodGet, "/api/v1/access/users/x", "", ada}, 403, "ERR_FORBIDDEN"},
		{"read: administrator", call{http.MethodGet, user, "", admin}, 200, ""},
		{"read: administrator, no such user", call{http.MethodGet, "/api/v1/access/users/x", "", admin}, 404, "ERR_ACCESS_USER_NOT_FOUND"},
		{"logout: nobody", call{http.MethodDelete, "/api/v1/access/sessions/x", "", auth.Principal{}}, 401, "ERR_UNAUTHENTICATED"},
		{"logout: no such session", call{http.MethodDelete, "/api/v1/access/sessions/x", "", ada}, 404, "ERR_ACCESS_SESSION_NOT_FOUND"},
		{"logout: with a body", call{http.MethodDelete, "/api/v1/access/sessions/x", `{"all":true}`, ada}, 400, "ERR_REQUEST_INVALID"},
		{"logout: long id", call{http.MethodDelete, "/api/v1/access/sessions/" + strings.Repeat("x", 65), "", ada}, 400, "ERR_REQUEST_INVALID"},
	} {
		if a := r.do(c.call); a.status != c.status || a.Code != c.code {
			t.Errorf("%s: got %d %s, want %d %s", c.name, a.status, a.text, c.status, c.code)
		}
	}
}

func TestSetupAnswers(t *testing.T) {
	t.Parallel()
	r := start(t)
	wrong := r.want(r.setup("wrong", "root", accesstest.Password), http.StatusForbidden, "ERR_ACCESS_SETUP_REFUSED")
	if got := r.want(r.setup("", "root", "short"), http.StatusForbidden, "ERR_ACCESS_SETUP_REFUSED"); got.text != wrong.text {
		t.Errorf("no token: got %s, want %s", got.text, wrong.text)
	}
	r.want(r.setup(r.offer(), "root", accesstest.Password), http.StatusCreated, "")
	r.want(r.setup("wrong", "root", accesstest.Password), http.StatusGone, "ERR_ACCESS_SETUP_DONE")
}

func TestNoLogLineHoldsASecret(t *testing.T) {
	t.Parallel()
	r := start(t)
	token := r.offer()
	r.want(r.setup("wrong-token", "root", accesstest.Password), http.StatusForbidden, "ERR_ACCESS_SETUP_REFUSED")
	r.want(r.setup(token, "root", accesstest.Password), http.StatusCreated, "")
	r.want(r.login("root", "another horse battery"), http.StatusUnauthorized, "ERR_ACCESS_INVALID_CREDENTIALS")
	session := r.want(r.login("root", accesstest.Password), http.StatusCreated, "")
	for _, e := range r.events.All() {
		for _, s := range []string{accesstest.Password, token, session.member("accessToken")} {
			if strings.Contains(string(e.Payload), s) {
				t.Errorf("%s holds a secret", e.Contract)
			}
		}
	}
	r.wantSilence(accesstest.Password, token, "wrong-token", "another horse", session.member("accessToken"), "argon2id")
}

// wantSilence looks for values in everything that was logged.
func (r *rig) wantSilence(values ...string) {
	r.tb.Helper()
	for _, line := range r.logs.All() {
		text := textOf(line)
		for _, v := range values {
			if strings.Contains(text, v) {
				r.tb.Errorf("a log line holds a value that was sent or a secret: %s", line.Message)
			}
		}
	}
}

func textOf(line observer.LoggedEntry) string {
	return fmt.Sprintf("%s %+v", line.Message, line.ContextMap())
}
