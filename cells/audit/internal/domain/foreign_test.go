package domain_test

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/audit/internal/domain"
)

func field(b, value []byte) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(value))), value...)
}

// check verifies rows and a head record that were signed with the test's key.
func check(t *testing.T, head domain.Head, rows ...domain.Row) domain.Result {
	t.Helper()
	v := domain.NewVerifier(func(context.Context, string) (*domain.Key, error) { return testKey(t, 1), nil })
	for _, r := range rows {
		if err := v.Check(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	result, err := v.Finish(t.Context(), domain.End{Head: head, Found: true, Begun: true})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// What the same key has signed for another chain is no part of this one.
func TestAnotherChainsEntryAndHeadRecordAreRefused(t *testing.T) {
	t.Parallel()
	key := testKey(t, 1)
	chain := domain.Extend(domain.Head{}, key)
	own, err := chain.Add(sampleEntry())
	if err != nil {
		t.Fatal(err)
	}
	ownHead := chain.Head()
	if diff := cmp.Diff(domain.Result{Valid: true, Checked: 1}, check(t, ownHead, own)); diff != "" {
		t.Fatalf("the chain's own (-want +got):\n%s", diff)
	}

	foreign := own
	seal, _, err := own.Open()
	if err != nil {
		t.Fatal(err)
	}
	seal.Chain = "other"
	foreign.Sealed = seal.Encode()
	mac := key.Sum(foreign.Sealed)
	foreign.MAC = mac[:]
	if diff := cmp.Diff(domain.Result{Seq: 1, Kind: domain.Altered}, check(t, ownHead, foreign)); diff != "" {
		t.Errorf("an entry (-want +got):\n%s", diff)
	}

	foreignHead := ownHead
	foreignHead.Chain = "other"
	message := field(field(nil, []byte("fxcell.dev/audit/head/v1")), []byte("other"))
	message = field(field(message, binary.BigEndian.AppendUint64(nil, 1)), ownHead.Last[:])
	mac = key.Sum(field(message, []byte("audit/mac/1")))
	foreignHead.MAC = mac[:]
	if diff := cmp.Diff(domain.Result{Checked: 1, Seq: 1, Kind: domain.Altered}, check(t, foreignHead, own)); diff != "" {
		t.Errorf("a head record (-want +got):\n%s", diff)
	}
}
