package domain

import (
	"context"
	"errors"
)

// Kind is what is wrong with a trail.
type Kind string

// The kinds of faults.
const (
	Altered       Kind = "altered"        // the bytes, the columns or the head record are not what was signed
	BrokenLink    Kind = "broken_link"    // an entry of ours that does not follow the one before it
	Gap           Kind = "gap"            // an entry is missing
	Duplicate     Kind = "duplicate"      // an entry stands twice
	Reordered     Kind = "reordered"      // an entry of ours stands in the place of another
	TruncatedTail Kind = "truncated_tail" // the head record names entries that are not there
	MissingChain  Kind = "missing_chain"  // the entries or the head record are gone altogether
	RolledBack    Kind = "rolled_back"    // the head record is older than the entries
	UnknownKey    Kind = "unknown_key"    // signed with a key that cannot be had
)

// ErrNoKey is returned by Keys for a key that cannot be had.
var ErrNoKey = errors.New("audit: the MAC key is not known")

// Keys returns the key with an id, ErrNoKey, or another error when it cannot tell.
type Keys func(ctx context.Context, id string) (*Key, error)

// Result is what a check has found.
type Result struct {
	Valid   bool
	Checked int64 // entries that were found good, all before the fault
	// Seq is the place of the first fault: the seq of the entry that is not good, is missing or stands twice. Of a head record that is not good
	// it is the last entry's.
	Seq  int64
	Kind Kind
}

// Verifier checks a trail row by row, in constant memory. It is used by one goroutine.
type Verifier struct {
	keys Keys
	key  *Key // the key of the last good entry

	good    int64 // entries found good
	last    MAC   // the last good one's
	next    int64 // the column that the next row starts from
	fault   *Result
	pending bool // the fault is a gap, unless the missing entry turns up later
}

// NewVerifier returns a verifier that stands before the first entry.
func NewVerifier(keys Keys) *Verifier { return &Verifier{keys: keys, next: 1} }

// Next is the seq from which the caller reads on.
func (v *Verifier) Next() int64 { return v.next }

// Done reports whether more rows can change nothing.
func (v *Verifier) Done() bool { return v.fault != nil && !v.pending }

// Check takes the next row in the order of seq. Its error says only that the check could not be made.
func (v *Verifier) Check(ctx context.Context, r Row) error {
	v.next = max(v.next, r.Seq+1)
	if v.Done() {
		return nil
	}
	s, e, readable := read(r)
	switch {
	case v.pending && (!readable || s.Seq != v.fault.Seq): // only the missing entry is looked for
		return nil
	case !readable:
		v.fail(Altered, v.good+1)
		return nil
	}
	key, err := v.keyOf(ctx, s.KeyID)
	switch {
	case errors.Is(err, ErrNoKey):
		if !v.pending {
			v.fail(UnknownKey, v.good+1)
		}
	case err != nil:
		return err
	case v.pending:
		v.found(key.Verify(r.Sealed, r.MAC) && s.Chain == ChainID)
	default:
		v.judge(r, s, e, key)
	}
	return nil
}

// read opens a row. That one cannot be read is a finding like any other.
func read(r Row) (Seal, Entry, bool) {
	s, e, err := r.Open()
	return s, e, err == nil
}

// judge looks at a row that can be read and whose key is there.
func (v *Verifier) judge(r Row, s Seal, e Entry, key *Key) {
	place := v.good + 1
	switch {
	case !key.Verify(r.Sealed, r.MAC), s.Chain != ChainID:
		v.fail(Altered, place)
	case s.Seq > place:
		v.fail(Gap, place)
		v.pending = true
	case s.Seq < place:
		v.fail(Duplicate, s.Seq)
	case !r.Agrees(s, e), v.key != nil && key.Number() < v.key.Number(): // a retired key signs nothing new
		v.fail(Altered, place)
	case s.Prev != v.last:
		v.fail(BrokenLink, place)
	default:
		v.good, v.last, v.key = place, MAC(r.MAC), key
	}
}

func (v *Verifier) keyOf(ctx context.Context, id string) (*Key, error) {
	if v.key != nil && v.key.ID() == id {
		return v.key, nil
	}
	return v.keys(ctx, id)
}

// found ends the search for a missing entry when one turned up that is authentic.
func (v *Verifier) found(authentic bool) {
	if authentic {
		v.fault.Kind, v.pending = Reordered, false
	}
}

func (v *Verifier) fail(kind Kind, seq int64) {
	v.fault = &Result{Checked: v.good, Seq: seq, Kind: kind}
}
