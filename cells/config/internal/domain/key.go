// Package domain holds what a setting is: its key, value, type and schema, its versions and publications, and the rules of changing them.
package domain

// maxKey is how long a key may be, in bytes.
const maxKey = 128

// ValidKey reports whether s can be the key of a setting: [a-z0-9][a-z0-9._-]{0,127}.
func ValidKey(s string) bool {
	if s == "" || len(s) > maxKey || !isAlphanumeric(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !isAlphanumeric(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
