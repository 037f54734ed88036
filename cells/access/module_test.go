package access_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/cells/access"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
)

func TestFirstAdministratorLogsInCreatesAUserAndLogsOut(t *testing.T) {
	t.Parallel()
	r := start(t)
	token := r.offer()
	admin := r.want(r.setup(token, "root", accesstest.Password), http.StatusCreated, "")
	r.want(r.setup(token, "root2", accesstest.Password), http.StatusGone, "ERR_ACCESS_SETUP_DONE")

	session := r.want(r.login("root", accesstest.Password), http.StatusCreated, "")
	if session.Data["passwordResetRequired"] != false || session.member("expiresAt") == "" || len(session.Data) != 4 {
		t.Errorf("got %v", session.Data)
	}
	caller := r.verify(session.member("accessToken"))
	if caller.ID != admin.member("id") || caller.Session != session.member("sessionId") {
		t.Errorf("the token says %+v", caller)
	}

	body := encode(t, map[string]any{
		"username": "ada", "email": "ada@example.org", "password": accesstest.Password, "requirePasswordReset": true, "roles": []string{"auditor"},
	})
	user := r.want(call{method: http.MethodPost, path: "/api/v1/access/users", body: body, caller: caller}, http.StatusCreated, "")
	ada := auth.Principal{Kind: auth.User, ID: user.member("id")}
	got := r.want(call{method: http.MethodGet, path: "/api/v1/access/users/" + ada.ID, caller: ada}, http.StatusOK, "")
	if diff := cmp.Diff(user.Data, got.Data); diff != "" {
		t.Errorf("the user as created and as read (-created +read):\n%s", diff)
	}

	out := call{method: http.MethodDelete, path: "/api/v1/access/sessions/" + caller.Session, caller: caller}
	if a := r.want(out, http.StatusNoContent, ""); a.text != "" {
		t.Errorf("logout answers %s", a.text)
	}
	r.want(out, http.StatusNotFound, "ERR_ACCESS_SESSION_NOT_FOUND")
	if err := r.sessions.Check(t.Context(), auth.Session{ID: caller.Session, User: caller.ID}); !errors.Is(err, auth.ErrRejected) {
		t.Errorf("after the logout: got %v", err)
	}
	r.wantEvents(admin.member("id"), user.member("id"), caller.Session)
}

// verify checks a token by what the cell exports, as whoever serves requests does.
func (r *rig) verify(token string) auth.Principal {
	r.tb.Helper()
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(tok *jwt.Token) (any, error) {
		kid, _ := tok.Header["kid"].(string)
		key, err := r.keys.Key(r.tb.Context(), kid)
		return key.Key, err
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer("fxcell"), jwt.WithAudience("fxcell"), jwt.WithExpirationRequired())
	if err != nil {
		r.tb.Fatal(err)
	}
	user, _ := claims["sub"].(string)
	session, _ := claims["sid"].(string)
	if err := r.sessions.Check(r.tb.Context(), auth.Session{ID: session, User: user}); err != nil {
		r.tb.Fatal(err)
	}
	p := auth.Principal{Kind: auth.User, ID: user, Session: session}
	roles, _ := claims["roles"].([]any)
	for _, role := range roles {
		p.Roles = append(p.Roles, fmt.Sprint(role))
	}
	return p
}

func (r *rig) wantEvents(admin, user, session string) {
	r.tb.Helper()
	var got []string
	for _, e := range r.events.All() {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %s", e.Contract, e.Topic, e.Source, e.Key, e.Actor, e.Payload))
	}
	want := []string{
		fmt.Sprintf(`event.user.created.v1 access cells/access/setup %[1]s user:%[1]s {"userId":"%[1]s","username":"root"}`, admin),
		fmt.Sprintf(`event.session.created.v1 access cells/access/sessionlogin %[1]s user:%[1]s {"sessionId":"%[2]s","userId":"%[1]s"}`, admin, session),
		fmt.Sprintf(`event.user.created.v1 access cells/access/identitymanage %[2]s user:%[1]s {"userId":"%[2]s","username":"ada"}`, admin, user),
		fmt.Sprintf(`event.session.revoked.v1 access cells/access/sessionlogout %[1]s user:%[1]s {"sessionId":"%[2]s","userId":"%[1]s"}`, admin, session),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.tb.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestKeySetIsServedBareAndPublic(t *testing.T) {
	t.Parallel()
	r := start(t)
	a := r.want(call{method: http.MethodGet, path: "/.well-known/jwks.json"}, http.StatusOK, "")
	if a.header.Get("Cache-Control") != "public, max-age=300" || len(a.header.Get("ETag")) < 20 {
		t.Errorf("headers %v", a.header)
	}
	var set map[string][]map[string]string
	if err := json.Unmarshal([]byte(a.text), &set); err != nil || len(set) != 1 || len(set["keys"]) != 1 {
		t.Fatalf("got %s, %v", a.text, err)
	}
	var names []string
	for _, name := range []string{"kty", "kid", "use", "alg", "n", "e"} {
		if set["keys"][0][name] != "" {
			names = append(names, name)
		}
	}
	if len(names) != 6 || len(set["keys"][0]) != 6 {
		t.Errorf("got members %v of %s", names, a.text)
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
		if _, ok := set["keys"][0][private]; ok {
			t.Errorf("the key set has the private member %s", private)
		}
	}
}

func TestMemoryIsRefusedInADurableAssembly(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(fxcell.Assembly("test", durability.Durable, access.Memory, ports(&log{}, durability.Persistent), fx.Module("test/log", fx.Provide(zap.NewNop))))
	if err == nil || !strings.Contains(err.Error(), "store.Store") || !strings.Contains(err.Error(), "stores/access/memory") {
		t.Errorf("got %v", err)
	}
}

func TestWrongSectionEndsTheStartWithItsCure(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(
		fxcell.Assembly("test", durability.Demo, access.Memory, access.Module, ports(&log{}, durability.Volatile), fx.Module("test/log", fx.Provide(zap.NewNop))),
		fx.Replace(access.Config{TokenTTL: time.Hour}),
	)
	if err == nil || !strings.Contains(err.Error(), "cells/access: access.token_ttl is 1h0m0s: set it to 5m to 15m in the file or FXCELL_ACCESS__TOKEN_TTL") {
		t.Errorf("got %v", err)
	}
}
