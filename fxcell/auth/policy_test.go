package auth_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fxcell.dev/fxcell/auth"
)

func TestEveryFormOfAPolicyIsRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		public, internal bool
		param            string
	}{
		"public":                              {public: true},
		"authenticated":                       {},
		"service":                             {internal: true},
		"role:admin":                          {},
		"role:admin,config-editor,a1":         {},
		"self-or-role:{userId}:admin":         {param: "userId"},
		"self-or-role:{user_2}:admin,auditor": {param: "user_2"},
	} {
		p, err := auth.ParsePolicy(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if p.String() != text || p.Public() != want.public || p.Internal() != want.internal || p.Param() != want.param {
			t.Errorf("%s: got %s, public %t, internal %t, param %q", text, p, p.Public(), p.Internal(), p.Param())
		}
	}
}

func TestAMalformedPolicyIsRefusedAndLetsNobodyIn(t *testing.T) {
	t.Parallel()
	const (
		alone  = ": %s stands alone"
		param  = " names no path parameter, as in self-or-role:{userId}:admin"
		none   = " is no policy: write public, authenticated, role:a[,b], self-or-role:{param}:role[,role] or service"
		inRole = ` has "%s" for a role: roles are joined by commas without spaces, as in role:admin,auditor`
	)
	for text, want := range map[string]string{
		"": none, " ": none, ":": none, "admin": none, "Public": none, " public": none, "public ": none, "PUBLIC": none, "deny": none, "denyAll": none,
		"any": none, "roles:admin": none, "public,authenticated": none, "self:{id}:admin": none, "service,public": none, "pub\x00lic": none, "rôle:a": none,
		"public:":                     strings.ReplaceAll(alone, "%s", "public"),
		"public:admin":                strings.ReplaceAll(alone, "%s", "public"),
		"authenticated:admin":         strings.ReplaceAll(alone, "%s", "authenticated"),
		"service:audit":               strings.ReplaceAll(alone, "%s", "service"),
		"role":                        strings.ReplaceAll(inRole, "%s", ""),
		"role:":                       strings.ReplaceAll(inRole, "%s", ""),
		"role:,":                      strings.ReplaceAll(inRole, "%s", ""),
		"role:admin,":                 strings.ReplaceAll(inRole, "%s", ""),
		"role:,admin":                 strings.ReplaceAll(inRole, "%s", ""),
		"role:a,,b":                   strings.ReplaceAll(inRole, "%s", ""),
		"role:admin, auditor":         strings.ReplaceAll(inRole, "%s", " auditor"),
		"role:Admin":                  strings.ReplaceAll(inRole, "%s", "Admin"),
		"role:a:b":                    strings.ReplaceAll(inRole, "%s", "a:b"),
		"role:*":                      strings.ReplaceAll(inRole, "%s", "*"),
		"role:-":                      strings.ReplaceAll(inRole, "%s", "-"),
		"role:1":                      strings.ReplaceAll(inRole, "%s", "1"),
		"role:a.b":                    strings.ReplaceAll(inRole, "%s", "a.b"),
		"role:admin\n":                strings.ReplaceAll(inRole, "%s", `admin\n`),
		"role:admin,admin":            " has the role admin twice",
		"self-or-role":                param,
		"self-or-role:admin":          param,
		"self-or-role:id:admin":       param,
		"self-or-role::admin":         param,
		"self-or-role:{}:admin":       param,
		"self-or-role:{:admin":        param,
		"self-or-role:{id:admin":      param,
		"self-or-role:id}:admin":      param,
		"self-or-role:{ }:admin":      param,
		"self-or-role:{1}:admin":      param,
		"self-or-role:{_a}:admin":     param,
		"self-or-role:{{id}}:admin":   param,
		"self-or-role:{a}{b}:admin":   param,
		"self-or-role:{a/b}:admin":    param,
		"self-or-role:{id...}:admin":  param,
		"self-or-role:{id\n}:admin":   param,
		"self-or-role:{a},{b}:admin":  param,
		"self-or-role:{id}":           strings.ReplaceAll(inRole, "%s", ""),
		"self-or-role:{id}:":          strings.ReplaceAll(inRole, "%s", ""),
		"self-or-role:{id}:admin:b":   strings.ReplaceAll(inRole, "%s", "admin:b"),
		"self-or-role:{id}:{x}:admin": strings.ReplaceAll(inRole, "%s", "{x}:admin"),
		"self-or-role:{id}:b,b":       " has the role b twice",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			p, err := auth.ParsePolicy(text)
			var wrong *auth.PolicyError
			if !errors.As(err, &wrong) || !strings.HasSuffix(wrong.Problem, want) || err.Error() != "auth: policy "+wrong.Problem {
				t.Errorf("got %v\nwant …%s", err, want)
			}
			if p.Public() || p.Internal() || p.Param() != "" || p.String() != "" {
				t.Errorf("got the policy %+v", p)
			}
			wantDecision(t, p, everybody, true, auth.ErrDenied)
			wantDecision(t, p, auth.Principal{}, false, auth.ErrUnauthenticated)
		})
	}
}

// everybody has every role and is whoever a path names.
var everybody = auth.Principal{Kind: auth.User, ID: "42", Roles: []string{"admin", "auditor", "a", "b"}}

func wantDecision(t *testing.T, p auth.Policy, caller auth.Principal, authenticated bool, want error) {
	t.Helper()
	got := p.Decide(caller, authenticated, func(name string) string {
		if name == "userId" {
			return "42"
		}
		return ""
	})
	if !errors.Is(got, want) || want == nil && got != nil {
		t.Errorf("%q and %+v (authenticated: %t): got %v, want %v", p, caller, authenticated, got, want)
	}
}

func TestAPolicyDecides(t *testing.T) {
	t.Parallel()
	var (
		admin    = auth.Principal{Kind: auth.User, ID: "1", Roles: []string{"viewer", "admin"}}
		viewer   = auth.Principal{Kind: auth.User, ID: "2", Roles: []string{"viewer"}}
		self     = auth.Principal{Kind: auth.User, ID: "42"}
		service  = auth.Principal{Kind: auth.Service, ID: "audit"}
		imitator = auth.Principal{Kind: auth.Service, ID: "42"}
		trusted  = auth.Principal{Kind: auth.Service, ID: "audit", Roles: []string{"admin"}}
		nameless = auth.Principal{Kind: auth.User, Roles: []string{"admin"}}
		none     = auth.Principal{}
	)
	for _, c := range []struct {
		policy string
		caller auth.Principal
		want   error
	}{
		{"public", none, nil},
		{"public", admin, nil},
		{"authenticated", none, auth.ErrUnauthenticated},
		{"authenticated", nameless, auth.ErrUnauthenticated},
		{"authenticated", viewer, nil},
		{"authenticated", service, nil},
		{"role:admin", none, auth.ErrUnauthenticated},
		{"role:admin", nameless, auth.ErrUnauthenticated},
		{"role:admin", viewer, auth.ErrDenied},
		{"role:admin", self, auth.ErrDenied},
		{"role:admin", admin, nil},
		{"role:admin", service, auth.ErrDenied},
		{"role:admin", trusted, nil},
		{"role:auditor,admin", admin, nil},
		{"role:auditor,editor", admin, auth.ErrDenied},
		{"self-or-role:{userId}:admin", none, auth.ErrUnauthenticated},
		{"self-or-role:{userId}:admin", nameless, auth.ErrUnauthenticated},
		{"self-or-role:{userId}:admin", self, nil},
		{"self-or-role:{userId}:admin", admin, nil},
		{"self-or-role:{userId}:admin", viewer, auth.ErrDenied},
		{"self-or-role:{userId}:admin", imitator, auth.ErrDenied},
		{"self-or-role:{userId}:admin", trusted, nil},
		{"self-or-role:{other}:admin", self, auth.ErrDenied},
		{"service", none, auth.ErrUnauthenticated},
		{"service", admin, auth.ErrDenied},
		{"service", service, nil},
	} {
		p, err := auth.ParsePolicy(c.policy)
		if err != nil {
			t.Fatal(err)
		}
		wantDecision(t, p, c.caller, c.caller.Kind != "", c.want)
		if !p.Public() { // a principal that nobody authenticated counts for nothing
			wantDecision(t, p, c.caller, false, auth.ErrUnauthenticated)
		}
	}
}

func TestTheZeroPolicyLetsNobodyIn(t *testing.T) {
	t.Parallel()
	wantDecision(t, auth.Policy{}, everybody, true, auth.ErrDenied)
	wantDecision(t, auth.Policy{}, auth.Principal{}, false, auth.ErrUnauthenticated)
}

func TestOnlyARoleOfThePolicyLetsIn(t *testing.T) {
	t.Parallel()
	roles := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 3, rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		wanted, has := roles.Draw(t, "policy"), roles.Draw(t, "caller")
		p, err := auth.ParsePolicy("role:" + strings.Join(wanted, ","))
		if err != nil {
			t.Fatal(err)
		}
		shared := slices.ContainsFunc(has, func(r string) bool { return slices.Contains(wanted, r) })
		got := p.Decide(auth.Principal{Kind: auth.User, ID: "1", Roles: has}, true, nil)
		if (got == nil) != shared {
			t.Errorf("%s and %q: got %v", p, has, got)
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	for _, seed := range []string{"public", "role:a,b", "self-or-role:{id}:a", "self-or-role:{{}}:", "service:", "role:\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := auth.ParsePolicy(text)
		if (err == nil) != (p.String() == text) && text != "" || err != nil && !p.Equal(auth.Policy{}) {
			t.Errorf("%q: got %q, %v", text, p, err)
		}
		if p.Public() != (text == "public") || p.Internal() != (text == "service") {
			t.Errorf("%q: public %t, internal %t", text, p.Public(), p.Internal())
		}
	})
}
