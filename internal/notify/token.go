package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// Purpose is the one thing that a link in a mail does (R9.4).
type Purpose string

// The purposes, and where their links lead.
const (
	PurposeConfirm     Purpose = "confirm"     // /c/{token}
	PurposeManage      Purpose = "manage"      // /m/{token}
	PurposeUnsubscribe Purpose = "unsubscribe" // /u/{token}
)

// path is the beginning of the address of a purpose's page.
func (p Purpose) path() string { return "/" + string(p[0]) + "/" }

const (
	macLen   = 16 // bytes: 128 bits
	tokenLen = (db.CodeLen + macLen) * 4 / 3
)

// Tokens are derived and not stored: nobody who reads the database can make
// one, a million mails need no million rows, and every mail of a subscriber
// carries the same link. The generation, which counts up when somebody leaves,
// is part of the tokens that let somebody in; that of unsubscribing leaves it
// out, so that the link of the oldest mail still works.
func token(key []byte, p Purpose, code string, generation int) string {
	raw := make([]byte, 0, db.CodeLen+macLen)
	raw = append(raw, code...)
	raw = append(raw, tokenMAC(key, p, code, generation)...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func tokenMAC(key []byte, p Purpose, code string, generation int) []byte {
	if p == PurposeUnsubscribe {
		generation = 0
	}
	return keyed(key, string(p)+"|"+code+"|"+strconv.Itoa(generation))[:macLen]
}

// keyed is the HMAC under which everything secret here is derived.
func keyed(key []byte, s string) []byte {
	if len(key) < 32 {
		panic("notify: the key of the links is missing or too short") // a bug in the wiring: with it anyone could make links
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(s)) // never fails
	return m.Sum(nil)
}

// splitToken takes a token apart. What could not be one at all is refused
// before it reaches a query.
func splitToken(tok string) (code string, mac []byte, err error) {
	if len(tok) > 2*tokenLen {
		return "", nil, errLink()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(tok)
	if err != nil || len(raw) != db.CodeLen+macLen || !db.ValidCode(string(raw[:db.CodeLen])) {
		return "", nil, errLink()
	}
	return string(raw[:db.CodeLen]), raw[db.CodeLen:], nil
}

// opens reports, in constant time, whether mac belongs to the subscriber.
func opens(key []byte, p Purpose, s Subscriber, mac []byte) bool {
	return hmac.Equal(mac, tokenMAC(key, p, s.Code, s.Generation))
}

// errLink: wrong, used and expired links look alike (R9.4).
func errLink() error { return fault.New(fault.NotFound, "subscribe.link") }

// hashed is what is kept of an address when nothing else is: enough to know it
// again, useless without the key.
func hashed(key []byte, what, s string) string {
	return "h:" + hex.EncodeToString(keyed(key, what+"|"+s)[:macLen])
}
