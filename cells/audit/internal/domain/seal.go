package domain

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// ChainID names the one chain of the cell.
const ChainID = "audit"

// The domain strings keep a MAC over an entry from being taken for one over a head record.
const (
	entryDomain = "fxcell.dev/audit/entry/v1"
	headDomain  = "fxcell.dev/audit/head/v1"
)

// Seal is what the MAC of one entry covers.
type Seal struct {
	Chain   string
	Seq     int64 // from 1, without gaps
	Prev    MAC   // the MAC of the entry before; zero for the first
	KeyID   string
	Time    time.Time
	EventID string
	Payload []byte // the encoded Entry
}

// ErrSeal is what bytes are refused with that Encode did not make.
var ErrSeal = errors.New("audit: not a sealed entry")

// Encode returns the bytes that the MAC covers: domain, chain, seq (u64 BE), previous MAC, key id, time (RFC 3339 with nanoseconds, UTC), event
// id and payload, each after its length (u64 BE), so that no two seals have the same bytes.
func (s Seal) Encode() []byte {
	b := make([]byte, 0, 256+len(s.Payload))
	b = appendField(b, entryDomain)
	b = appendField(b, s.Chain)
	b = appendNumber(b, s.Seq)
	b = appendField(b, s.Prev[:])
	b = appendField(b, s.KeyID)
	b = appendField(b, formatTime(s.Time))
	b = appendField(b, s.EventID)
	return appendField(b, s.Payload)
}

// DecodeSeal reads what Encode made, and nothing else. The payload shares its memory with b.
func DecodeSeal(b []byte) (Seal, error) {
	r := reader{rest: b}
	name, chain, seq, prev := r.field(), string(r.field()), r.number(), r.field()
	s := Seal{Chain: chain, Seq: seq, KeyID: string(r.field())}
	at := string(r.field())
	s.EventID, s.Payload = string(r.field()), r.field()
	t, err := time.Parse(time.RFC3339Nano, at)
	if err != nil || r.failed || len(r.rest) > 0 || string(name) != entryDomain || len(prev) != len(s.Prev) || formatTime(t) != at {
		return Seal{}, ErrSeal
	}
	s.Prev, s.Time = MAC(prev), t.UTC()
	return s, nil
}

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func appendField[B ~[]byte | ~string](b []byte, field B) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
	return append(b, field...)
}

func appendNumber(b []byte, n int64) []byte {
	return appendField(b, binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// reader takes length-prefixed fields off the front.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) field() []byte {
	if len(r.rest) < 8 {
		r.failed = true
		return nil
	}
	size := binary.BigEndian.Uint64(r.rest)
	if size > uint64(len(r.rest)-8) {
		r.failed = true
		return nil
	}
	field := r.rest[8 : 8+size]
	r.rest = r.rest[8+size:]
	return field
}

func (r *reader) number() int64 {
	field := r.field()
	if len(field) != 8 {
		r.failed = true
		return 0
	}
	n := binary.BigEndian.Uint64(field)
	if n == 0 || n > math.MaxInt64 {
		r.failed = true
		return 0
	}
	return int64(n)
}
