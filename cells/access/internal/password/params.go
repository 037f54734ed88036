// Package password hashes passwords with argon2id, in a pool that bounds what hashing costs the process.
package password

// Params are the costs of argon2id.
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// Current returns the costs that new hashes are made with (OWASP Password Storage, ASVS appendix C).
func Current() Params { return Params{Memory: 19456, Time: 2, Threads: 1} }

// Sizes of what a new hash holds, in bytes.
const (
	saltSize = 16
	tagSize  = 32
)

// Bounds of what a stored hash may ask for: a hash that somebody else wrote must not take the process down.
const (
	maxMemory  = 1 << 20 // KiB, which is 1 GiB
	maxTime    = 10
	maxThreads = 16
	maxSalt    = 64
	minSalt    = 8
	maxTag     = 64
	minTag     = 16
)

func (p Params) bounded() bool {
	return p.Threads >= 1 && p.Threads <= maxThreads && p.Time >= 1 && p.Time <= maxTime &&
		p.Memory >= 8*uint32(p.Threads) && p.Memory <= maxMemory
}
