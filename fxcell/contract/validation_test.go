package contract_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/problem"
)

func TestModeChoosesTheValidationUnlessItIsConfigured(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode       durability.Mode
		configured contract.Validation
		want       contract.Validation
	}{
		{durability.Demo, "", contract.Enforce},
		{durability.Durable, "", contract.Report},
		{durability.Demo, contract.Report, contract.Report},
		{durability.Demo, contract.Off, contract.Off},
		{durability.Durable, contract.Enforce, contract.Enforce},
		{durability.Durable, contract.Off, contract.Off},
	} {
		v, err := contract.NewValidator(tt.mode, contract.Config{Validation: tt.configured}, noop.Meter{})
		if err != nil || v.Validation() != tt.want {
			t.Errorf("mode %v, configured %q: got %q, %v, want %q", tt.mode, tt.configured, v.Validation(), err, tt.want)
		}
	}
	for _, wrong := range []contract.Validation{"on", "Enforce", "report "} {
		_, err := contract.NewValidator(durability.Demo, contract.Config{Validation: wrong}, noop.Meter{})
		want := "fxcell/contract: contracts.validation must be enforce, report or off: set it in the file or FXCELL_CONTRACTS__VALIDATION"
		if err == nil || err.Error() != want {
			t.Errorf("%q: got error %v, want %s", wrong, err, want)
		}
	}
}

// saidSource is a source of configuration.
type saidSource struct {
	validation contract.Validation
	err        error
}

func (s saidSource) Decode(section string, into any) error {
	if c, ok := into.(*contract.Config); ok && section == "contracts" {
		c.Validation = s.validation
	}
	return s.err
}

func sourceOf(s saidSource) fx.Option { return fx.Provide(func() config.Source { return s }) }

func TestValidationIsConfiguredAsEverySectionIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		mode    durability.Mode
		options fx.Option
		want    contract.Validation
	}{
		{"nobody saidSource anything", durability.Demo, fx.Options(), contract.Enforce},
		{"nobody saidSource anything in Durable", durability.Durable, fx.Options(), contract.Report},
		{"the source does not name it", durability.Durable, sourceOf(saidSource{}), contract.Report},
		{"the source names it", durability.Demo, sourceOf(saidSource{validation: contract.Off}), contract.Off},
		{"a replaced Config", durability.Demo, fx.Replace(contract.Config{Validation: contract.Off}), contract.Off},
		{"a replaced Config over the source", durability.Durable, fx.Options(sourceOf(saidSource{validation: contract.Off}), fx.Replace(contract.Config{Validation: contract.Enforce})), contract.Enforce},
		{"a replaced Config that is empty", durability.Durable, fx.Options(sourceOf(saidSource{validation: contract.Off}), fx.Replace(contract.Config{})), contract.Report},
		{"a decorated Config", durability.Demo, fx.Options(sourceOf(saidSource{validation: contract.Off}), fx.Decorate(func(c contract.Config) contract.Config { return c })), contract.Off},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var v *contract.Validator
			newLabelApp(t, tt.mode, tt.options, fx.Populate(&v))
			if v.Validation() != tt.want {
				t.Errorf("got %q, want %q", v.Validation(), tt.want)
			}
		})
	}
}

type labelSections struct {
	fx.In

	Sections []config.Registered `group:"fxcell.config"`
}

func TestEveryAssemblyHasTheSectionContracts(t *testing.T) {
	t.Parallel()
	var names []string
	newLabelApp(t, durability.Demo, fx.Invoke(func(in labelSections) {
		for _, s := range in.Sections {
			names = append(names, s.Name+" "+s.Type.String())
		}
	}))
	if diff := cmp.Diff([]string{"contracts contract.Config"}, names); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
}

func TestWrongValidationDoesNotBuild(t *testing.T) {
	t.Parallel()
	broken := errors.New("the file is broken")
	for _, tt := range []struct {
		name   string
		option fx.Option
		want   string
	}{
		{"a value that does not exist", fx.Replace(contract.Config{Validation: "maybe"}), "contracts.validation must be enforce, report or off"},
		{"a source that cannot read the section", sourceOf(saidSource{err: broken}), broken.Error()},
		{"a source that cannot be built", fx.Provide(func() (config.Source, error) { return nil, broken }), broken.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			show := fxcell.Cell(fxcell.CellMeta{ID: "label", Level: labelShowV1.Level}, fxcell.Slice(
				fxcell.SliceMeta{ID: "show", Cell: "label", Serves: []string{labelShowV1.ID}},
				fxcell.Provide(newLabelShow), contract.Serve(labelShowV1, (*labelShow).Show)))
			err := fxcelltest.Fault(tt.option, fxcell.Assembly("labels", durability.Demo, fx.Provide(zap.NewNop), show))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

const (
	saidSent    = "sent what does not fit its contract"
	saidRefused = "request failed"
)

func TestWhatDoesNotFitGoesOutAsTheValidationSays(t *testing.T) {
	t.Parallel()
	response := "fxcell.contract.misfits{contract=http.label.show.v1,what=response}"
	payload := "fxcell.contract.misfits{contract=event.label.made.v1,what=payload}"
	answer, event := `{"data":{"text":"`+tooLong+`"}}`, `{"text":"`+tooLong+`"}`
	for _, tt := range []struct {
		name       string
		validation contract.Validation
		path       string
		status     int
		body       string // "" is that of a problem
		events     []string
		lines      []string
		counts     []string
	}{
		{"a response, enforced", contract.Enforce, "/show", http.StatusInternalServerError, "", []string{}, []string{saidRefused}, []string{response}},
		{"a response, reported", contract.Report, "/show", http.StatusOK, answer, []string{}, []string{saidSent}, []string{response}},
		{"a response, off", contract.Off, "/show", http.StatusOK, answer, []string{}, []string{}, nil},
		{"a payload, enforced", contract.Enforce, "/make", http.StatusInternalServerError, "", []string{}, []string{saidRefused}, []string{payload}},
		{"a payload, reported", contract.Report, "/make", http.StatusOK, answer, []string{event}, []string{saidSent}, []string{payload}},
		{"a payload, off", contract.Off, "/make", http.StatusOK, answer, []string{event}, []string{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			meter := &labelMeter{}
			v, err := contract.NewValidator(durability.Demo, contract.Config{Validation: tt.validation}, meter)
			if err != nil {
				t.Fatal(err)
			}
			app := newLabelApp(t, durability.Demo, fxcelltest.Override(v))
			status, body := app.send(tt.path, tooLong)
			if status != tt.status || tt.body != "" && body != tt.body || strings.Contains(body, tooLong) != (tt.body != "") {
				t.Errorf("got %d %s, want %d %s", status, body, tt.status, tt.body)
			}
			if diff := cmp.Diff(tt.events, app.events.payloads()); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.lines, app.lines()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.counts, meter.all()); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatFitsGoesOutInEveryValidation(t *testing.T) {
	t.Parallel()
	for _, validation := range []contract.Validation{contract.Enforce, contract.Report, contract.Off} {
		app := newLabelApp(t, durability.Durable, fx.Replace(contract.Config{Validation: validation}))
		for _, path := range []string{"/show", "/make"} {
			if status, body := app.send(path, "short"); status != http.StatusOK || body != `{"data":{"text":"short"}}` {
				t.Errorf("%s, %s: got %d %s", validation, path, status, body)
			}
		}
		if diff := cmp.Diff([]string{`{"text":"short"}`}, app.events.payloads()); diff != "" {
			t.Errorf("%s: events (-want +got):\n%s", validation, diff)
		}
		if diff := cmp.Diff([]string{}, app.lines()); diff != "" {
			t.Errorf("%s: log (-want +got):\n%s", validation, diff)
		}
	}
}

func TestRequestsAreValidatedInEveryValidation(t *testing.T) {
	t.Parallel()
	for _, validation := range []contract.Validation{contract.Enforce, contract.Report, contract.Off} {
		app := newLabelApp(t, durability.Demo, fx.Replace(contract.Config{Validation: validation}))
		status, body := app.send("/show", strings.Repeat("x", 100))
		if status != http.StatusBadRequest || !strings.Contains(body, problem.Invalid.Name) || !strings.Contains(body, `"pointer":"/text"`) {
			t.Errorf("%s: got %d %s, want 400 with /text", validation, status, body)
		}
	}
}

func TestTheLogIsToldOnceAMinuteAndContract(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := newLabelApp(t, durability.Durable)
		told := func() []int64 {
			var out []int64
			for _, e := range app.logs.TakeAll() {
				fields := e.ContextMap()
				if e.Message != saidSent || fields["slice"] == "" || fields["cell"] != "label" {
					t.Errorf("unexpected line %s %v", e.Message, fields)
				}
				n, _ := fields["misfits"].(int64)
				out = append(out, n)
			}
			return out
		}
		for range 5 {
			app.send("/show", tooLong)
			app.send("/make", tooLong)
		}
		if diff := cmp.Diff([]int64{1, 1}, told()); diff != "" {
			t.Errorf("one line of each contract (-want +got):\n%s", diff)
		}
		time.Sleep(time.Minute - 1) //nolint:forbidigo // the bubble's time
		app.send("/show", tooLong)
		if diff := cmp.Diff([]int64(nil), told()); diff != "" {
			t.Errorf("before the minute is over (-want +got):\n%s", diff)
		}
		time.Sleep(time.Nanosecond) //nolint:forbidigo // the bubble's time
		app.send("/show", tooLong)
		app.send("/show", tooLong)
		if diff := cmp.Diff([]int64{6}, told()); diff != "" {
			t.Errorf("after it, with those that were not told (-want +got):\n%s", diff)
		}
	})
}

// A payload that got out is still refused where it comes in, so no handler ever sees it.
func TestSubscribersRefuseWhatGotOut(t *testing.T) {
	t.Parallel()
	app := newLabelApp(t, durability.Durable)
	if status, _ := app.send("/make", tooLong); status != http.StatusOK || len(app.events.events) != 1 {
		t.Fatalf("status %d with %d events, want 200 with one", status, len(app.events.events))
	}
	err := deliverLabel(t, app.events.events[0])
	if misfit, ok := errors.AsType[*contract.MisfitError](err); !ok || misfit.What != "payload" {
		t.Errorf("got error %v, want a misfit of the payload", err)
	}
}
