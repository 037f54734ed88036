package memory

import (
	"encoding/binary"
	"strings"
)

// Rows of readers are found by one string. Names of readers and topics come from code and hold no zero byte; keys may hold anything and stand last.

func keyOf(reader, topic, key string) string { return reader + "\x00" + topic + "\x00" + key }

// placeOf sorts by reader, then by Seq.
func placeOf(reader string, seq int64) string {
	return string(binary.BigEndian.AppendUint64([]byte(reader+"\x00"), uint64(seq))) //nolint:gosec // a Seq is never negative
}

// ofReader reports whether a row found by placeOf or keyOf belongs to the reader.
func ofReader(row, reader string) bool { return strings.HasPrefix(row, reader+"\x00") }
