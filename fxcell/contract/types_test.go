package contract_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

type (
	voucherRequest struct {
		Code secret.Text `json:"-" header:"X-Voucher"`
		At   time.Time   `json:"-" query:"at"`
		From netip.Addr  `json:"-" query:"from"`
	}
	voucherResponse struct {
		At   time.Time  `json:"-" header:"X-At"`
		From netip.Addr `json:"-" header:"X-From"`
		Good bool       `json:"good"`
	}
)

var voucherV1 = contract.HTTP[voucherRequest, voucherResponse]{
	ID: "http.voucher.v1", Owner: "voucher", Level: level.L1, Method: http.MethodGet, Path: "/voucher", Policy: "public",
	Parameters: []contract.Parameter{
		{Name: "X-Voucher", In: "header", Required: true, Schema: `{"type": "string", "maxLength": 12}`}, {Name: "at", In: "query"}, {Name: "from", In: "query"},
	},
	ResponseHeaders: []string{"X-At", "X-From"},
}

type voucher struct {
	self contract.Client[voucherRequest, voucherResponse]
}

func (*voucher) Check(_ context.Context, r voucherRequest) (voucherResponse, error) {
	return voucherResponse{r.At, r.From, r.Code.Reveal() == "half-price"}, nil
}

func voucherCell(into *voucher) fxcell.Part {
	meta := fxcell.SliceMeta{ID: "s", Cell: "voucher", Serves: []string{voucherV1.ID}, Calls: []string{voucherV1.ID}}
	return fxcell.Cell(fxcell.CellMeta{ID: "voucher", Type: "core", Level: level.L1}, fxcell.Slice(meta,
		fxcell.Provide(func(c contract.Client[voucherRequest, voucherResponse]) *voucher {
			into.self = c
			return into
		}),
		contract.Serve(voucherV1, (*voucher).Check), contract.Call(voucherV1)))
}

// TestParametersOfTypesThatAreText: times, and whatever reads and writes itself as text, secrets too.
func TestParametersOfTypesThatAreText(t *testing.T) {
	t.Parallel()
	var v voucher
	r := build(t, voucherCell(&v))
	at, from := time.Date(2030, 1, 2, 3, 4, 5, 678, time.UTC), netip.MustParseAddr("2001:db8::1")

	got := r.send(t, voucherV1.ID, call{
		header: http.Header{"X-Voucher": {"half-price"}}, query: url.Values{"at": {at.Format(time.RFC3339Nano)}, "from": {from.String()}}.Encode(),
	})
	if got.Status != 200 || got.Body != `{"data":{"good":true}}` || got.Header.Get("X-At") != "2030-01-02T03:04:05.000000678Z" || got.Header.Get("X-From") != "2001:db8::1" {
		t.Errorf("got %d %s %v, want 200 with the time and the address", got.Status, got.Body, got.Header)
	}
	back, err := v.self.Call(t.Context(), voucherRequest{secret.NewText("half-price"), at, from})
	if diff := cmp.Diff(voucherResponse{at, from, true}, back, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); err != nil || diff != "" {
		t.Errorf("in process: error %v (-want +got):\n%s", err, diff)
	}
	if _, err := v.self.Call(t.Context(), voucherRequest{At: at}); err != nil {
		t.Errorf("a required parameter with its zero value is sent, and its contract judges it: got error %v", err)
	}

	const mark = "S3CRET"
	for query, want := range map[string]string{
		"at=" + mark: "query at: format", "at=2030-01-02": "query at: format", "from=" + mark: "query from: format", "from=1.2.3.4%00": "query from: format",
	} {
		got := r.send(t, voucherV1.ID, call{header: http.Header{"X-Voucher": {"v"}}, query: query})
		if diff := cmp.Diff([]string{want}, faultsOf(t, query, got)); got.Status != 400 || diff != "" {
			t.Errorf("%s: got %d, want 400; faults (-want +got):\n%s", query, got.Status, diff)
		}
		r.silent(t, query, got, mark)
	}
	_, err = v.self.Call(t.Context(), voucherRequest{Code: secret.NewText(mark + mark + mark)})
	if !problem.Has(err, problem.Invalid) || strings.Contains(err.Error(), mark) {
		t.Errorf("got error %v, want %s without the secret", err, problem.Invalid.Name)
	}
}

func TestMisfitNamesTheFirstFaults(t *testing.T) {
	t.Parallel()
	e := &contract.MisfitError{What: "payload"}
	for _, p := range []string{"/a", "/b", "/c", "/d", "/e", "/f", "/g"} {
		e.Faults = append(e.Faults, problem.Fault{Pointer: p, Rule: "type", Message: "must be a string"})
	}
	e.Faults[0] = problem.Fault{In: "header", Name: "Etag", Rule: "required", Message: "is required"}
	want := "payload does not fit its schema: [header Etag: required: is required] [/b: type: must be a string] [/c: type: must be a string] " +
		"[/d: type: must be a string] [/e: type: must be a string] and 2 more"
	if got := e.Error(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
