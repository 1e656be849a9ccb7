package db

import (
	"crypto/rand"
	"strings"
)

const codeAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// CodeLen is the length of a public code.
const CodeLen = 12

// NewCode makes a public code: 12 random characters of [a-z0-9], 62 bits. Every
// public thing has one; row ids stay inside.
func NewCode() string {
	var raw [32]byte
	var out [CodeLen]byte
	for n := 0; n < CodeLen; {
		if _, err := rand.Read(raw[:]); err != nil {
			panic(err) // crypto/rand never fails since Go 1.24
		}
		for _, b := range raw {
			if b >= 252 { // 7 × 36: beyond it some letters would be likelier
				continue
			}
			out[n] = codeAlphabet[b%36]
			if n++; n == CodeLen {
				break
			}
		}
	}
	return string(out[:])
}

// ValidCode reports whether s can be a public code at all, so that hostile
// addresses never reach a query or a cache.
func ValidCode(s string) bool {
	if len(s) != CodeLen {
		return false
	}
	return strings.Trim(s, codeAlphabet) == ""
}
