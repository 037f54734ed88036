package setup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/tokenfile"
	"fxcell.dev/cells/access/slices/setup"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

// host is a machine on which processes start that keep their token in its file.
type host struct {
	*accesstest.Fixture

	path   string
	logs   *observer.ObservedLogs
	log    *zap.Logger
	events *accesstest.Events[accessapi.UserCreated]
}

func newHost(t *testing.T, f *accesstest.Fixture) *host {
	t.Helper()
	h := &host{Fixture: f, path: filepath.Join(t.TempDir(), "token"), events: &accesstest.Events[accessapi.UserCreated]{}}
	core, logs := observer.New(zap.DebugLevel)
	h.log, h.logs = zap.New(core), logs
	return h
}

func (h *host) process(t *testing.T, kept store.Store, renew bool) *setup.Service {
	t.Helper()
	file, err := tokenfile.New(h.path)
	if err != nil {
		t.Fatal(err)
	}
	s := setup.New(h.Tx, kept, h.Guard, h.Maker, h.events.Publisher(), h.Clock)
	s.KeepIn(file, renew, h.log)
	return s
}

func (h *host) start(t *testing.T, renew bool) *setup.Service {
	t.Helper()
	s := h.process(t, h.Store, renew)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if token, _ := s.Token(); token != "" {
		t.Error("a token that is in a file is shown too")
	}
	return s
}

// token returns what the file holds, empty without one.
func (h *host) token(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(h.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(text), "\n")
}

// works fails the test unless the token is the one that is waited for.
func (h *host) works(t *testing.T, token string) {
	t.Helper()
	if offered, err := h.Store.Setup(t.Context()); err != nil || !offered.Accepts(token, h.Clock.Now()) {
		t.Errorf("the token %q does not fit the offer %+v, %v", token, offered, err)
	}
}

// said returns the last line that was logged.
func (h *host) said(t *testing.T) string {
	t.Helper()
	all := h.logs.All()
	if len(all) == 0 {
		t.Fatal("nothing was logged")
	}
	return fmt.Sprint(all[len(all)-1].Message, all[len(all)-1].ContextMap())
}

func TestTokenWaitsInAFileOfItsOwnerUntilTheSetupIsDone(t *testing.T) {
	t.Parallel()
	h := newHost(t, accesstest.New(t))
	s := h.start(t, false)
	token := h.token(t)
	h.works(t, token)
	if info, err := os.Stat(h.path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	if got := h.said(t); !strings.Contains(got, h.path) || !strings.Contains(got, "with the token in the file") {
		t.Errorf("logged %s", got)
	}
	again := h.start(t, false) // a restart
	if got := h.token(t); got != token {
		t.Errorf("after a restart the file holds %q, want %q", got, token)
	}
	if _, err := again.Create(t.Context(), request(token)); err != nil {
		t.Fatal(err)
	}
	if got := h.token(t); got != "" {
		t.Errorf("the file still holds %q", got)
	}
	if _, err := s.Create(t.Context(), request(token)); !problem.Has(err, accessapi.ErrSetupDone) {
		t.Errorf("once more: %v", err)
	}
	for _, line := range h.logs.All() {
		if strings.Contains(fmt.Sprint(line.Message, line.ContextMap()), token) {
			t.Errorf("logged the token: %s", line.Message)
		}
	}
}

func TestOneOfManyHostsOffers(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		oneOffers(t, accesstest.New(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		d := postgrestest.Open(t, migrations.Of("access"))
		oneOffers(t, accesstest.On(t, d.Tx, store.NewPostgres(d.SQL)))
	})
}

func oneOffers(t *testing.T, f *accesstest.Fixture) {
	t.Helper()
	hosts := make([]*host, 8)
	var all sync.WaitGroup
	for i := range hosts {
		hosts[i] = newHost(t, f)
		s := hosts[i].process(t, f.Store, false)
		all.Go(func() {
			if err := s.Start(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	offered := 0
	for _, h := range hosts {
		if token := h.token(t); token != "" {
			h.works(t, token)
			offered++
		} else if got := h.said(t); !strings.Contains(got, "another process") || !strings.Contains(got, "access.setup_renew") {
			t.Errorf("logged %s", got)
		}
	}
	if offered != 1 {
		t.Errorf("%d hosts hold a token, want 1", offered)
	}
}

func TestLostFileIsReplacedAfterADayOrWhenToldTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, accesstest.New(t))
		h.start(t, true)
		first := h.token(t)
		h.start(t, true) // it has the token: there is nothing to replace
		h.works(t, first)
		if err := os.Remove(h.path); err != nil {
			t.Fatal(err)
		}
		h.start(t, false)
		if got := h.token(t); got != "" {
			t.Errorf("a start by itself offers %q in place of a good token", got)
		}
		h.works(t, first)
		h.start(t, true)
		second := h.token(t)
		if h.works(t, second); second == first {
			t.Error("the lost token came back")
		}
		if err := os.Remove(h.path); err != nil {
			t.Fatal(err)
		}
		<-time.After(domain.SetupLife)
		h.start(t, false)
		h.works(t, h.token(t))
	})
}

// Whatever ends a start, a token that is waited for can be read.
func TestStartThatFailsLeavesNoOfferWithoutItsToken(t *testing.T) {
	t.Parallel()
	fresh := func() (*accesstest.Fixture, *host) {
		f := accesstest.New(t)
		return f, newHost(t, f)
	}
	t.Run("the file cannot be written", func(t *testing.T) {
		t.Parallel()
		f, h := fresh()
		h.path = filepath.Join(t.TempDir(), "none", "token")
		err := h.process(t, f.Store, false).Start(t.Context())
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "access.setup_token_file") || !strings.Contains(err.Error(), "FXCELL_ACCESS__SETUP_TOKEN_FILE") {
			t.Errorf("got %v", err)
		}
		if s, err := f.Store.Setup(t.Context()); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("offered %+v, %v", s, err)
		}
	})
	t.Run("the transaction does not commit", func(t *testing.T) {
		t.Parallel()
		f, h := fresh()
		ctx, cancel := context.WithCancelCause(t.Context())
		failure := errors.New("the end")
		kept := &during{Store: f.Store, then: func() { cancel(failure) }}
		if err := h.process(t, kept, false).Start(ctx); !errors.Is(err, failure) {
			t.Errorf("got %v", err)
		}
		if s, err := f.Store.Setup(t.Context()); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("offered %+v, %v", s, err)
		}
		h.start(t, false) // what is in the file is no obstacle
		h.works(t, h.token(t))
	})
	t.Run("the answer to the commit is lost", func(t *testing.T) {
		t.Parallel()
		f, h := fresh()
		f.Tx = lossy{f.Tx}
		if err := h.process(t, f.Store, false).Start(t.Context()); !errors.Is(err, db.ErrOutcomeUnknown) {
			t.Errorf("got %v", err)
		}
		h.works(t, h.token(t))
	})
	t.Run("another process is always faster", func(t *testing.T) {
		t.Parallel()
		f, h := fresh()
		kept := &accesstest.Broken{Store: f.Store, Method: "OfferSetup", Err: db.ErrStale}
		if err := h.process(t, kept, false).Start(t.Context()); !errors.Is(err, db.ErrStale) {
			t.Errorf("got %v", err)
		}
		if got := h.token(t); got != "" {
			t.Errorf("the file holds %q", got)
		}
	})
}

// lossy commits, and loses the answer.
type lossy struct{ db.Transactor }

func (l lossy) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if err := l.Transactor.InTx(ctx, fn); err != nil {
		return err
	}
	return db.ErrOutcomeUnknown
}

// during is a store that does something within the transaction of an offer.
type during struct {
	store.Store

	then func()
}

func (d *during) OfferSetup(ctx context.Context, s, before domain.Setup) error {
	defer d.then()
	return d.Store.OfferSetup(ctx, s, before)
}

func TestHostWithTheFileClearsItAwayWhenAnotherOneWasSetUp(t *testing.T) {
	t.Parallel()
	f := accesstest.New(t)
	offering, other := newHost(t, f), newHost(t, f)
	s := offering.start(t, false)
	token := offering.token(t)
	if _, err := other.start(t, false).Create(t.Context(), request(token)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), request(token)); !problem.Has(err, accessapi.ErrSetupDone) || offering.token(t) != "" {
		t.Errorf("asked afterwards: %v, the file holds %q", err, offering.token(t))
	}
	if err := os.WriteFile(offering.path, []byte(token+"\n"), 0o600); err != nil { // as after a crash
		t.Fatal(err)
	}
	if offering.start(t, false); offering.token(t) != "" {
		t.Errorf("after a start the file holds %q", offering.token(t))
	}
}
