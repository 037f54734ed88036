package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrStored is returned for a stored hash that is none of ours, or asks for more than we are willing to compute.
var ErrStored = errors.New("password: the stored hash cannot be read")

// maxStored bounds a stored hash, in bytes.
const maxStored = 256

// prep names how a password became bytes: Unicode NFC, nothing trimmed, case kept. It stands in every hash, so that another way can follow.
const prep = "nfc"

// stored is one hash: $argon2id$v=19$m=19456,t=2,p=1,prep=nfc$salt$tag (the PHC string format, base64 without padding).
type stored struct {
	params    Params
	salt, tag []byte
}

func (s stored) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d,prep=%s$%s$%s", s.params.Memory, s.params.Time, s.params.Threads, prep,
		base64.RawStdEncoding.EncodeToString(s.salt), base64.RawStdEncoding.EncodeToString(s.tag))
}

// parse reads what String writes and nothing else. Its errors hold nothing of the text.
func parse(text string) (stored, error) {
	if len(text) > maxStored {
		return stored{}, ErrStored
	}
	fields := strings.Split(text, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != "v=19" {
		return stored{}, ErrStored
	}
	params, ok := parseParams(fields[3])
	salt, saltErr := base64.RawStdEncoding.Strict().DecodeString(fields[4])
	tag, tagErr := base64.RawStdEncoding.Strict().DecodeString(fields[5])
	s := stored{params: params, salt: salt, tag: tag}
	switch {
	case !ok, saltErr != nil, tagErr != nil, !params.bounded():
		return stored{}, ErrStored
	case len(salt) < minSalt, len(salt) > maxSalt, len(tag) < minTag, len(tag) > maxTag:
		return stored{}, ErrStored
	case s.String() != text: // one hash has one spelling: no signs, leading zeros or line breaks
		return stored{}, ErrStored
	}
	return s, nil
}

func parseParams(text string) (Params, bool) {
	fields := strings.Split(text, ",")
	if len(fields) != 4 || fields[3] != "prep="+prep {
		return Params{}, false
	}
	m, okM := number(fields[0], "m=", 32)
	t, okT := number(fields[1], "t=", 32)
	p, okP := number(fields[2], "p=", 8)
	return Params{Memory: uint32(m), Time: uint32(t), Threads: uint8(p)}, okM && okT && okP
}

func number(text, prefix string, bits int) (uint64, bool) {
	digits, ok := strings.CutPrefix(text, prefix)
	n, err := strconv.ParseUint(digits, 10, bits)
	return n, ok && err == nil
}
