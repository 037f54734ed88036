package configread

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/configtest"
	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

type fixture struct {
	*configtest.Fixture

	service *Service
}

func setup(tb testing.TB) fixture {
	tb.Helper()
	f := configtest.New(tb)
	return fixture{f, New(f.Store)}
}

func (f fixture) add(tb testing.TB, key, value string, sensitive bool) {
	tb.Helper()
	e, err := domain.Create(domain.Draft{Key: key, Value: secret.NewText(value), Rules: domain.Rules{Sensitive: sensitive}}, f.Clock.Now())
	if err != nil {
		tb.Fatal(err)
	}
	if err := f.Tx.InTx(tb.Context(), func(ctx context.Context) error {
		_, err := f.Store.Insert(ctx, e)
		return err
	}); err != nil {
		tb.Fatal(err)
	}
}

// walk reads a list page by page and returns its pages' keys.
func (f fixture) walk(tb testing.TB, req configapi.ListRequest) [][]string {
	tb.Helper()
	var pages [][]string
	for {
		res, err := f.service.List(tb.Context(), req)
		if err != nil {
			tb.Fatal(err)
		}
		keys := []string{}
		for _, e := range res.Data {
			keys = append(keys, e.Key)
		}
		pages = append(pages, keys)
		if res.HasMore != (res.NextCursor != "") {
			tb.Fatalf("hasMore %v with cursor %q", res.HasMore, res.NextCursor)
		}
		if !res.HasMore {
			return pages
		}
		req.Cursor = res.NextCursor
	}
}

func TestGetShowsASetting(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.add(t, "a", "v", false)
	f.add(t, "s", "hunter2", true)
	res, err := f.service.Get(t.Context(), configapi.GetRequest{Key: "a"})
	if err != nil || res.ETag != `"1"` || res.Value != "v" || res.Key != "a" || res.Type != "string" {
		t.Errorf("got %+v, %v", res, err)
	}
	res, err = f.service.Get(t.Context(), configapi.GetRequest{Key: "s"})
	if err != nil || res.Value != domain.Mask || !res.Sensitive {
		t.Errorf("a sensitive one: got %+v, %v", res, err)
	}
	_, err = f.service.Get(t.Context(), configapi.GetRequest{Key: "b"})
	configtest.WantCode(t, err, configapi.ErrNotFound)
}

func TestAListIsReadPageByPage(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var want []string
	for i := range 25 {
		key := fmt.Sprintf("k%02d", i)
		want = append(want, key)
		f.add(t, key, "v", false)
	}
	pages := f.walk(t, configapi.ListRequest{Request: page.Request{Limit: 10}})
	if len(pages) != 3 || !slices.Equal(slices.Concat(pages...), want) {
		t.Errorf("got %q", pages)
	}
	if pages := f.walk(t, configapi.ListRequest{Request: page.Request{Limit: 25}}); len(pages) != 1 {
		t.Errorf("a page that holds them all is followed by %d more", len(pages)-1)
	}
	if got := f.walk(t, configapi.ListRequest{Prefix: "k1", Request: page.Request{Limit: 4}}); !slices.Equal(slices.Concat(got...), want[10:20]) {
		t.Errorf("with a prefix: got %q", got)
	}
	res, err := f.service.List(t.Context(), configapi.ListRequest{Prefix: "x"})
	if err != nil || res.Data == nil || len(res.Data) != 0 || res.HasMore {
		t.Errorf("an empty list: got %+v, %v", res, err)
	}
}

func TestAListShowsNoSensitiveValue(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.add(t, "s", "hunter2", true)
	res, err := f.service.List(t.Context(), configapi.ListRequest{})
	if err != nil || len(res.Data) != 1 || res.Data[0].Value != domain.Mask {
		t.Errorf("got %+v, %v", res, err)
	}
}

func TestAPageEndsBeforeItsValuesAreTooLarge(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i := range 130 { // 64 of them fill a page
		f.add(t, fmt.Sprintf("k%03d", i), strings.Repeat("x", domain.MaxValueBytes), false)
	}
	var sizes []int
	for _, keys := range f.walk(t, configapi.ListRequest{Request: page.Request{Limit: 100}}) {
		sizes = append(sizes, len(keys))
	}
	if !slices.Equal(sizes, []int{64, 64, 2}) {
		t.Errorf("pages of %v settings, want 64, 64 and 2", sizes)
	}
}

func TestACursorOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, cursor := range []string{"x", "!", page.Encode("../x"), page.Encode("a\x00"), page.Encode("\xff")} {
		_, err := f.service.List(t.Context(), configapi.ListRequest{Request: page.Request{Cursor: cursor}})
		configtest.WantCode(t, err, problem.Invalid)
		if fault := problem.From(err).Faults[0]; fault.In != "query" || fault.Name != "cursor" {
			t.Errorf("%q: fault %+v", cursor, fault)
		}
	}
}
