package attempts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"

	"fxcell.dev/fxcell/auth"
)

// How much of an address is one source: a host of IPv4, and the network that a host of IPv6 picks its addresses from.
const (
	bitsOf4 = 32
	bitsOf6 = 64
)

// sourceOf returns the network that a request comes from, or "" when that is not known.
func sourceOf(ctx context.Context) string {
	address, err := netip.ParseAddr(auth.ActorOf(ctx).Address)
	if err != nil {
		return ""
	}
	address = address.Unmap().WithZone("")
	bits := bitsOf6
	if address.Is4() {
		bits = bitsOf4
	}
	network, err := address.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}

// key names a counter by a digest: the server of the counters learns neither names nor addresses, nor what somebody typed into the wrong field, unless it
// guesses them. Each part has its length before it, so that no two lists of parts are one text.
func key(what string, parts ...string) string {
	var text []byte
	for _, part := range parts {
		text = append(binary.AppendUvarint(text, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(text)
	return "access/" + what + "/" + base64.RawURLEncoding.EncodeToString(sum[:])
}
