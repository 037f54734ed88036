package assembly_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/gorilla/mux"
	"go.uber.org/fx"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/slices/configread"
	"fxcell.dev/cells/config/slices/configwrite"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// bare serves two contracts of the config cell as one would without the framework: gorilla/mux, golang-jwt and encoding/json around the cell's own
// handlers. It checks the signature, the issuer, the audience, the time and the role; it validates no schema, looks up no session, has no ids, no
// trace, no access log, no deadline, and answers no problem documents.
type bare struct {
	read   *configread.Service
	write  *configwrite.Service
	parser *jwt.Parser
	keys   jwt.Keyfunc
}

// bareParts are the ports that the product's own handlers work with.
type bareParts struct {
	fx.In

	Tx     db.Transactor
	Writer outbox.Writer
	Clock  clock.Clock
	Keys   auth.KeySource
}

// takeBare makes the handler out of what an assembly has. The two constructors tell what the type of the cell's store is.
func takeBare[S any](
	read func(S) *configread.Service, write func(db.Transactor, S, clock.Clock, contract.Publisher[configapi.Changed]) *configwrite.Service, into *http.Handler,
) fx.Option {
	return fx.Invoke(func(in bareParts, store S) {
		h := &bare{
			read: read(store), write: write(in.Tx, store, in.Clock, contract.NewTestPublisher(in.publish)),
			parser: jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer("fxcell"), jwt.WithAudience("fxcell"), jwt.WithExpirationRequired()),
			keys: func(t *jwt.Token) (any, error) {
				id, _ := t.Header["kid"].(string)
				key, err := in.Keys.Key(context.Background(), id)
				return key.Key, err
			},
		}
		router := mux.NewRouter()
		router.HandleFunc("/api/v1/config/{key}", h.authenticated("", h.get)).Methods(http.MethodGet)
		router.HandleFunc("/api/v1/config/", h.authenticated("config-editor", h.create)).Methods(http.MethodPost)
		*into = router
	})
}

// publish writes the event of a change as the framework does, without looking at its schema.
func (in bareParts) publish(ctx context.Context, payload configapi.Changed) error {
	encoded, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return in.Writer.Write(ctx, event.Event{
		ID: id.String(), Contract: configapi.ChangedV1.ID, Topic: "config", Key: payload.Key, Source: "bare", Time: in.Clock.Now(),
		Actor: auth.ActorOf(ctx), Payload: encoded,
	})
}

type bareClaims struct {
	jwt.RegisteredClaims

	Session string   `json:"sid"`
	Roles   []string `json:"roles"`
}

func (h *bare) authenticated(role string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		var claims bareClaims
		if _, err := h.parser.ParseWithClaims(token, &claims, h.keys); err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		if role != "" && !slices.Contains(claims.Roles, role) {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		caller := auth.Principal{Kind: auth.User, ID: claims.Subject, Roles: claims.Roles, Session: claims.Session, Token: claims.ID}
		next(w, r.WithContext(auth.WithPrincipal(r.Context(), caller)))
	}
}

func (h *bare) get(w http.ResponseWriter, r *http.Request) {
	res, err := h.read.Get(r.Context(), configapi.GetRequest{Key: mux.Vars(r)["key"]})
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Header().Set("ETag", res.ETag)
	answerBare(w, http.StatusOK, res)
}

func (h *bare) create(w http.ResponseWriter, r *http.Request) {
	var req configapi.WriteRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&req); err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	res, err := h.write.Create(r.Context(), req)
	if err != nil {
		http.Error(w, "conflict", http.StatusConflict)
		return
	}
	w.Header().Set("ETag", res.ETag)
	w.Header().Set("Location", res.Location)
	answerBare(w, http.StatusCreated, res)
}

func answerBare(w http.ResponseWriter, status int, data any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data}) // the writer does not fail
}

// signatureOf returns what it takes to check the token's signature alone.
func signatureOf(b *testing.B, token string, keys auth.KeySource) func() error {
	b.Helper()
	unverified, parts, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		b.Fatal(err)
	}
	id, _ := unverified.Header["kid"].(string)
	key, err := keys.Key(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	signature, err := jwt.NewParser().DecodeSegment(parts[2])
	if err != nil {
		b.Fatal(err)
	}
	signed := parts[0] + "." + parts[1]
	return func() error { return unverified.Method.Verify(signed, signature, key.Key) }
}
