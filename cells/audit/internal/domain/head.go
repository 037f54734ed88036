package domain

// Head is the record of a chain's end, kept apart from the entries: what it names cannot be cut off unseen. The zero Head stands before the
// first entry and is never stored.
type Head struct {
	Chain string
	Size  int64 // how many entries there are: the last one's seq
	Last  MAC   // the last one's MAC
	KeyID string
	MAC   []byte // over all of the above
}

// message returns the bytes that the MAC covers, each field after its length (u64 BE).
func (h Head) message() []byte {
	b := make([]byte, 0, 160)
	b = appendField(b, headDomain)
	b = appendField(b, h.Chain)
	b = appendNumber(b, h.Size)
	b = appendField(b, h.Last[:])
	return appendField(b, h.KeyID)
}

// newHead returns a signed head record.
func newHead(key *Key, size int64, last MAC) Head {
	h := Head{Chain: ChainID, Size: size, Last: last, KeyID: key.ID()}
	mac := key.Sum(h.message())
	h.MAC = mac[:]
	return h
}

// Authentic reports whether the key that the head names has signed it.
func (h Head) Authentic(key *Key) bool {
	return h.Chain == ChainID && key.Verify(h.message(), h.MAC)
}
