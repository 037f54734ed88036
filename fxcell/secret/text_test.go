package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	jsonv1 "encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"text/template"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/secret"
)

const plain = "hunter2"

// holder holds a secret in every place where a struct can.
type holder struct {
	Text    secret.Text
	Pointer *secret.Text
	List    []secret.Text
	Map     map[string]secret.Text
	Any     any
	hidden  secret.Text
	deep    struct{ text *secret.Text }
	private []secret.Text
}

func newHolder() holder {
	t := secret.NewText(plain)
	h := holder{Text: t, Pointer: &t, List: []secret.Text{t}, Map: map[string]secret.Text{"k": t}, Any: t, hidden: t, private: []secret.Text{t}}
	h.deep.text = &t
	return h
}

func shown() map[string]any {
	t, h := secret.NewText(plain), newHolder()
	return map[string]any{
		"text": t, "pointer": &t, "list": []secret.Text{t}, "array": [1]secret.Text{t}, "map": map[string]secret.Text{"k": t}, "struct": h,
		"pointer to struct": &h, "error": fmt.Errorf("login with %v and %s: %w", t, h.Any, io.EOF),
		"joined": errors.Join(fmt.Errorf("%+v", h), fmt.Errorf("%q", &t)), "anonymous": struct{ secret.Text }{t},
	}
}

// leaks reports whether a text holds the secret, as it is or in one of the forms that a verb or an encoder gives a string.
func leaks(text string) bool {
	for _, form := range []string{
		plain, fmt.Sprintf("%x", plain), fmt.Sprintf("%X", plain), fmt.Sprintf("% x", plain), fmt.Sprintf("%d", []byte(plain)),
		base64.StdEncoding.EncodeToString([]byte(plain))[:8],
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func TestNoVerbShowsASecret(t *testing.T) {
	t.Parallel()
	for name, v := range shown() {
		for verb := rune('A'); verb <= 'z'; verb++ {
			for _, flag := range []string{"", "+", "#", "-20", "020", ".3", " ", "# "} {
				format := "%" + flag + string(verb)
				if got := fmt.Sprintf(format, v); leaks(got) {
					t.Errorf("%s of a %s shows the secret: %s", format, name, got)
				}
			}
		}
		if got := fmt.Sprint(v) + fmt.Sprintln(v); leaks(got) {
			t.Errorf("printing a %s shows the secret: %s", name, got)
		}
	}
}

func TestATextPrintsAsAFixedText(t *testing.T) {
	t.Parallel()
	for _, text := range []secret.Text{secret.NewText(plain), secret.NewText(""), {}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, text); got != "[redacted]" {
				t.Errorf("%s: got %s", verb, got)
			}
		}
		if text.String() != "[redacted]" || text.GoString() != "[redacted]" {
			t.Errorf("got %s, %s", text.String(), text.GoString())
		}
	}
}

func TestNoEncoderShowsASecret(t *testing.T) {
	t.Parallel()
	encoders := map[string]func(any) ([]byte, error){
		"json v1": jsonv1.Marshal,
		"json v2": func(v any) ([]byte, error) { return json.Marshal(v) },
		"yaml":    yaml.Marshal,
		"xml":     xml.Marshal,
		"gob": func(v any) ([]byte, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.Bytes(), err
		},
		"template": func(v any) ([]byte, error) {
			var b bytes.Buffer
			err := template.Must(template.New("").Parse(`{{.}} {{printf "%v" .}} {{print .}} {{js .}} {{html .}}`)).Execute(&b, v)
			return b.Bytes(), err
		},
	}
	simple := struct {
		Text    secret.Text
		Pointer *secret.Text
		List    []secret.Text
		hidden  secret.Text
	}{Text: secret.NewText(plain), List: []secret.Text{secret.NewText(plain)}, hidden: secret.NewText(plain)}
	simple.Pointer = &simple.Text
	for name, encode := range encoders {
		for _, v := range []any{simple, simple.Text, simple.Pointer} {
			got, err := encode(v)
			if err != nil && name != "xml" && name != "gob" { // which do without anonymous structs and without structs of hidden fields
				t.Errorf("%s of %T: %v", name, v, err)
			}
			if leaks(string(got)) || leaks(fmt.Sprint(err)) {
				t.Errorf("%s of %T shows the secret: %s, %v", name, v, got, err)
			}
			if err == nil && !strings.Contains(string(got), "[redacted]") {
				t.Errorf("%s of %T: got %s", name, v, got)
			}
		}
	}
}

func TestAMapKeyIsNotShownEither(t *testing.T) {
	t.Parallel()
	text := secret.NewText(plain)
	got := fmt.Sprintf("%v %#v", map[*secret.Text]int{&text: 1}, map[any]int{&text: 1})
	if leaks(got) {
		t.Errorf("got %s", got)
	}
}

func TestNoLoggerShowsASecret(t *testing.T) {
	t.Parallel()
	for name, v := range shown() {
		var b bytes.Buffer
		config := zap.NewProductionEncoderConfig()
		for _, encoder := range []zapcore.Encoder{zapcore.NewJSONEncoder(config), zapcore.NewConsoleEncoder(config)} {
			logger := zap.New(zapcore.NewCore(encoder, zapcore.AddSync(&b), zapcore.DebugLevel))
			logger.Info("x", zap.Any("v", v), zap.Reflect("r", v))
			logger.Sugar().Infow("x", "v", v)
			logger.Sugar().Infof("%v %+v", v, v)
		}
		for _, handler := range []slog.Handler{slog.NewJSONHandler(&b, nil), slog.NewTextHandler(&b, nil)} {
			logger := slog.New(handler)
			logger.Info("x", "v", v, slog.Any("a", v), slog.Group("g", "v", v))
			logger.With("v", v).Info("x")
		}
		if got := b.String(); leaks(got) || strings.Count(got, "\n") < 10 {
			t.Errorf("logging a %s: got %s", name, got)
		}
	}
}

func TestComparingLibrariesCompareWhatIsHidden(t *testing.T) {
	t.Parallel()
	a, b, c := secret.NewText(plain), secret.NewText(plain), secret.NewText("other")
	if !cmp.Equal(a, b) || cmp.Equal(a, c) {
		t.Error("cmp does not tell secrets apart")
	}
	if !reflect.DeepEqual(a, b) || reflect.DeepEqual(a, c) {
		t.Error("reflect does not tell secrets apart")
	}
}

func TestASecretIsRead(t *testing.T) {
	t.Parallel()
	type form struct {
		Text    secret.Text  `json:"text"`
		Pointer *secret.Text `json:"pointer"`
	}
	readers := map[string]func([]byte, any) error{
		"json v1": jsonv1.Unmarshal,
		"json v2": func(b []byte, v any) error { return json.Unmarshal(b, v) },
		"yaml":    yaml.Unmarshal,
	}
	for name, read := range readers {
		var got form
		if err := read([]byte(`{"text": "hünter\"2", "pointer": "p"}`), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Text.Reveal() != `hünter"2` || got.Pointer.Reveal() != "p" {
			t.Errorf("%s: got another secret", name)
		}
		got = form{Text: secret.NewText("kept")}
		if err := read([]byte(`{"pointer": null}`), &got); err != nil || got.Text.Reveal() != "kept" || got.Pointer != nil {
			t.Errorf("%s: got %v, %v", name, got.Pointer, err)
		}
	}
}

func TestAWrongSecretIsRefusedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	readers := map[string]func([]byte, any) error{
		"json v1": jsonv1.Unmarshal,
		"json v2": func(b []byte, v any) error { return json.Unmarshal(b, v) },
	}
	for name, read := range readers {
		for _, body := range []string{`4242424242`, `[4242424242]`, `{"a": 4242424242}`, `true`} {
			var got struct{ Text secret.Text }
			err := read([]byte(`{"Text": `+body+`}`), &got)
			if err == nil || strings.Contains(err.Error(), "42424") || !strings.Contains(err.Error(), "secret: must be a string") {
				t.Errorf("%s of %s: got %v", name, body, err)
			}
			if !got.Text.IsZero() {
				t.Errorf("%s of %s: something was read", name, body)
			}
		}
	}
}

func TestReadingASecretDoesNotChangeACopy(t *testing.T) {
	t.Parallel()
	first := secret.NewText("one")
	second := first
	for _, read := range []func() error{
		func() error { return second.UnmarshalText([]byte("two")) }, func() error { return second.UnmarshalJSON([]byte(`"two"`)) },
	} {
		if err := read(); err != nil || first.Reveal() != "one" || second.Reveal() != "two" {
			t.Errorf("got %q and %q, %v", first.Reveal(), second.Reveal(), err)
		}
	}
}

func TestTheZeroTextIsTheEmptySecret(t *testing.T) {
	t.Parallel()
	var zero secret.Text
	if !zero.IsZero() || zero.Reveal() != "" || !zero.Equal(secret.NewText("")) || !secret.NewText("").IsZero() {
		t.Error("the zero Text is not the empty secret")
	}
	if secret.NewText(" ").IsZero() {
		t.Error("a space is a secret")
	}
	if reflect.TypeFor[secret.Text]().Comparable() {
		t.Error("== compiles, and would compare pointers")
	}
}

func TestEqualComparesWhatIsHidden(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`[ab]{0,2}`).Draw(t, "a"), rapid.StringMatching(`[ab]{0,2}`).Draw(t, "b")
		if got := secret.NewText(a).Equal(secret.NewText(b)); got != (a == b) {
			t.Errorf("%q and %q: got %t", a, b, got)
		}
		if got := secret.NewText(a).Reveal(); got != a {
			t.Errorf("got %q, want %q", got, a)
		}
	})
}
