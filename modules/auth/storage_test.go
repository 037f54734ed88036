package auth

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
)

func TestStorageShowsTheSourceToKeyfunc(t *testing.T) {
	t.Parallel()
	s := storage{newRing()}
	k, err := keyfunc.New(keyfunc.Options{Storage: s, UseWhitelist: []jwkset.USE{jwkset.UseSig}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := k.VerificationKeySet(t.Context())
	if err != nil || len(set.Keys) != 3 {
		t.Errorf("got %d keys, error %v, want 3 and none", len(set.Keys), err)
	}
	written := map[string]func() (json.RawMessage, error){
		"JSON":        func() (json.RawMessage, error) { return s.JSON(t.Context()) },
		"JSONPrivate": func() (json.RawMessage, error) { return s.JSONPrivate(t.Context()) },
		"JSONWithOptions": func() (json.RawMessage, error) {
			return s.JSONWithOptions(t.Context(), jwkset.JWKMarshalOptions{Private: true}, jwkset.JWKValidateOptions{})
		},
		"Marshal": func() (json.RawMessage, error) {
			m, err := s.Marshal(t.Context())
			return must(json.Marshal(m)), err
		},
		"MarshalWithOptions": func() (json.RawMessage, error) {
			m, err := s.MarshalWithOptions(t.Context(), jwkset.JWKMarshalOptions{Private: true}, jwkset.JWKValidateOptions{})
			return must(json.Marshal(m)), err
		},
	}
	for name, write := range written {
		text, err := write()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got struct{ Keys []map[string]string }
		if err := json.Unmarshal(text, &got); err != nil || len(got.Keys) != 3 {
			t.Errorf("%s: got %s, error %v, want 3 keys", name, text, err)
		}
		for _, key := range got.Keys {
			for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
				if _, shown := key[private]; shown {
					t.Errorf("%s: key %s has the private member %s", name, key["kid"], private)
				}
			}
			if key["use"] != "sig" || key["alg"] == "" {
				t.Errorf("%s: key %s has use %q and alg %q, want sig and the algorithm", name, key["kid"], key["use"], key["alg"])
			}
		}
	}
}

func TestStorageIsNotWritten(t *testing.T) {
	t.Parallel()
	s := storage{newRing()}
	_, deleted := s.KeyDelete(t.Context(), "rsa")
	for name, err := range map[string]error{
		"KeyDelete": deleted, "KeyWrite": s.KeyWrite(t.Context(), jwkset.JWK{}), "KeyReplaceAll": s.KeyReplaceAll(t.Context(), nil),
	} {
		if !errors.Is(err, errReadOnly) {
			t.Errorf("%s: got error %v, want %v", name, err, errReadOnly)
		}
	}
	if _, err := s.KeyRead(t.Context(), "rsa"); err != nil {
		t.Errorf("the key is gone: %v", err)
	}
}

func TestStoragePassesOnWhatTheSourceFailsWith(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection refused")
	s := storage{&ring{err: broken}}
	_, one := s.KeyRead(t.Context(), "rsa")
	_, all := s.KeyReadAll(t.Context())
	_, text := s.JSON(t.Context())
	for name, err := range map[string]error{"KeyRead": one, "KeyReadAll": all, "JSON": text} {
		if !errors.Is(err, broken) {
			t.Errorf("%s: got error %v, want %v", name, err, broken)
		}
	}
}
