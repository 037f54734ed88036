package keyring_test

import (
	"fmt"

	"fxcell.dev/fxcell/secret/keyring"
)

// A new key stands in front: it wraps from then on, and what the old one has wrapped still opens.
func ExampleRing() {
	old := keyring.Generate("2026-01")
	ring, err := keyring.New(old)
	if err != nil {
		fmt.Println(err)
		return
	}
	stored := ring.Wrap("audit/mac/1", []byte("a key"))

	rotated, err := keyring.New(keyring.Generate("2027-01"), old)
	if err != nil {
		fmt.Println(err)
		return
	}
	key, err := rotated.Unwrap("audit/mac/1", stored)
	fmt.Println(string(key), err)
	fmt.Println(stored.KeyID, rotated.Wrap("audit/mac/2", key).KeyID)
	// Output:
	// a key <nil>
	// 2026-01 2027-01
}
