package domain_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/cells/audit/internal/domain"
)

// testKey is the key with the bytes 0, 1, … 31.
func testKey(tb testing.TB, number int64) *domain.Key {
	tb.Helper()
	secret := make([]byte, domain.KeySize)
	for i := range secret {
		secret[i] = byte(i)
	}
	key, err := domain.NewKey(number, secret)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The vectors were made by another program: HMAC-SHA-256 over the fields of the layout, each after its length as eight bytes, big endian.
func TestMACsAreThoseOfTheLayout(t *testing.T) {
	t.Parallel()
	key := testKey(t, 1)
	first := domain.Seal{
		Chain: "audit", Seq: 1, KeyID: "audit/mac/1", Time: time.Date(2030, 1, 2, 3, 4, 5, 678901000, time.UTC), EventID: "event-1",
		Payload: []byte(`{"a":1}`),
	}
	const bytesOfFirst = "0000000000000019667863656c6c2e6465762f61756469742f656e7472792f7631" +
		"00000000000000056175646974" + "00000000000000080000000000000001" +
		"00000000000000200000000000000000000000000000000000000000000000000000000000000000" +
		"000000000000000b61756469742f6d61632f31" + "000000000000001b323033302d30312d30325430333a30343a30352e3637383930315a" +
		"00000000000000076576656e742d31" + "00000000000000077b2261223a317d"
	if got := hex.EncodeToString(first.Encode()); got != bytesOfFirst {
		t.Errorf("first entry encodes to\n%s, want\n%s", got, bytesOfFirst)
	}
	mac := key.Sum(first.Encode())
	if got, want := hex.EncodeToString(mac[:]), "c9cd522b643392c5122765ef485757f35e9b8caa9f068ab55c8e32d3398a7c2b"; got != want {
		t.Errorf("MAC of the first entry is %s, want %s", got, want)
	}
	second := domain.Seal{
		Chain: "audit", Seq: 2, Prev: mac, KeyID: "audit/mac/1", Time: time.Date(2030, 1, 2, 3, 4, 6, 0, time.UTC), EventID: "event-2",
		Payload: []byte(`{"b":"é"}`),
	}
	mac = key.Sum(second.Encode())
	if got, want := hex.EncodeToString(mac[:]), "6e84873115d4555c72adc2741ad9dba5c7a8cc8a37639d092a2049466b25a76f"; got != want {
		t.Errorf("MAC of the second entry is %s, want %s", got, want)
	}
	head := domain.Extend(domain.Head{Size: 2, Last: mac}, key).Head()
	if want := fromHex(t, "c464447dcb8cbd1deedd91750eee1bee1d7e8fb84abfd3830750be32122c2de1"); !bytes.Equal(head.MAC, want) {
		t.Errorf("MAC of the head record is %x, want %x", head.MAC, want)
	}
}

func TestFieldsThatRunTogetherHaveDifferentMACs(t *testing.T) {
	t.Parallel()
	base := domain.Seal{Chain: "audit", Seq: 1, KeyID: "k", Time: time.Unix(0, 0).UTC()}
	for _, c := range []struct {
		name string
		a, b func(*domain.Seal)
	}{
		{"event id and payload", func(s *domain.Seal) { s.EventID, s.Payload = "ab", []byte("c") }, func(s *domain.Seal) { s.EventID, s.Payload = "a", []byte("bc") }},
		{"empty event id", func(s *domain.Seal) { s.EventID, s.Payload = "", []byte("abc") }, func(s *domain.Seal) { s.EventID, s.Payload = "abc", nil }},
		{"chain and seq", func(s *domain.Seal) { s.Chain = "audit\x00" }, func(s *domain.Seal) { s.Seq = 256 }},
		{"a length in the payload", func(s *domain.Seal) { s.EventID, s.Payload = "a", []byte("\x00\x00\x00\x00\x00\x00\x00\x01b") }, func(s *domain.Seal) { s.EventID, s.Payload = "a\x00\x00\x00\x00\x00\x00\x00\x01b", nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			key, a, b := testKey(t, 1), base, base
			c.a(&a)
			c.b(&b)
			if key.Sum(a.Encode()) == key.Sum(b.Encode()) {
				t.Errorf("%+v and %+v have one MAC", a, b)
			}
		})
	}
}

func drawSeal(t *rapid.T) domain.Seal {
	return domain.Seal{
		Chain: rapid.String().Draw(t, "chain"), Seq: rapid.Int64Min(1).Draw(t, "seq"),
		Prev:    domain.MAC(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "prev")),
		KeyID:   rapid.String().Draw(t, "key"),
		Time:    time.Unix(rapid.Int64Range(0, 1<<37).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")).UTC(),
		EventID: rapid.String().Draw(t, "event"),
		Payload: rapid.SliceOf(rapid.Byte()).Draw(t, "payload"),
	}
}

func TestASealIsReadBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawSeal(t)
		got, err := domain.DecodeSeal(want.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestTwoSealsNeverHaveTheSameBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSeal(t), drawSeal(t)
		if same := bytes.Equal(a.Encode(), b.Encode()); same != cmp.Equal(a, b) {
			t.Errorf("same bytes: %v, same seals: %v", same, !same)
		}
	})
}

func TestBytesThatWereCutOrExtendedAreNoSeal(t *testing.T) {
	t.Parallel()
	whole := domain.Seal{Chain: "audit", Seq: 7, KeyID: "k", Time: time.Unix(1, 0), EventID: "e", Payload: []byte("{}")}.Encode()
	for n := range whole {
		if _, err := domain.DecodeSeal(whole[:n]); !errors.Is(err, domain.ErrSeal) {
			t.Errorf("the first %d of %d bytes: %v, want %v", n, len(whole), err, domain.ErrSeal)
		}
	}
	if _, err := domain.DecodeSeal(append(bytes.Clone(whole), 0)); !errors.Is(err, domain.ErrSeal) {
		t.Errorf("one byte more: %v, want %v", err, domain.ErrSeal)
	}
	padded := bytes.Replace(whole, []byte("\x141970-01-01T00:00:01Z"), []byte("\x161970-01-01T00:00:01.0Z"), 1)
	if _, err := domain.DecodeSeal(padded); bytes.Equal(padded, whole) || !errors.Is(err, domain.ErrSeal) {
		t.Errorf("a time that is written another way: %v, want %v", err, domain.ErrSeal)
	}
	head := bytes.Replace(whole, []byte("entry"), []byte("head/"), 1)
	if _, err := domain.DecodeSeal(head); !errors.Is(err, domain.ErrSeal) {
		t.Errorf("another domain: %v, want %v", err, domain.ErrSeal)
	}
}

func FuzzDecodeSeal(f *testing.F) {
	f.Add([]byte{})
	f.Add(domain.Seal{Chain: "audit", Seq: 1, KeyID: "audit/mac/1", Time: time.Unix(1, 5).UTC(), EventID: "e", Payload: []byte("{}")}.Encode())
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := domain.DecodeSeal(b)
		if err != nil {
			return
		}
		if got := s.Encode(); !bytes.Equal(got, b) {
			t.Errorf("%x was read, and encodes to %x", b, got)
		}
	})
}
