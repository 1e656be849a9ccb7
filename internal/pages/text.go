package pages

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/statusd/statusd/internal/fault"
)

// CheckName notes what is wrong with a name, title or label that must be there:
// empty (emptyKey), too long, unreadable, or holding characters that would
// change how the text around it is shown (R8.3).
func CheckName(c *fault.Collector, field, s string, maxChars int, emptyKey string) {
	if strings.TrimSpace(s) == "" && utf8.ValidString(s) {
		c.Add(field, emptyKey)
		return
	}
	CheckText(c, field, s, maxChars)
}

// CheckText is CheckName for one line that may be empty.
func CheckText(c *fault.Collector, field, s string, maxChars int) {
	if !utf8.ValidString(s) {
		c.Add(field, "fault.encoding")
		return
	}
	if n := utf8.RuneCountInString(s); n > maxChars {
		c.Add(field, "field.toolong", "Max", maxChars, "Have", n)
		return
	}
	rest := tagged.ReplaceAllString(s, "\U0001f3f4")
	if strings.ContainsFunc(rest, unfit) || (strings.TrimSpace(s) != "" && !strings.ContainsFunc(rest, visible)) {
		c.Add(field, "field.control")
	}
}

// tagged are the flags that are spelled out in tag characters, such as
// Scotland's; nothing else may be.
var tagged = regexp.MustCompile(`\x{1F3F4}[\x{E0030}-\x{E0039}\x{E0061}-\x{E007A}]{3,6}\x{E007F}`)

// visible reports whether a character leaves a mark by itself. Some letters do
// not: the fillers of Hangul, and the blank of Braille.
func visible(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800':
		return false
	}
	return !unicode.IsSpace(r) && !unicode.In(r, unicode.M, unicode.C)
}

// unfit: control characters, bidirectional overrides, zero-width and other
// invisible characters have no place in a name: they make one name look like
// another. The joiners that emoji and some scripts need are spared, and so are
// the fillers that old Hangul is written with.
func unfit(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r == '\u200c' || r == '\u200d':
		return false
	case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u206f', r == '\ufeff', r == '\u061c':
		return true
	case r == '\u2028' || r == '\u2029':
		return true
	case r == '\u180e', r == '\u3164', r == '\uffa0', r >= '\ufff9' && r <= '\ufffb', r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}

// CleanEmail trims an address and says, as a fault of the field, what is wrong
// with it. It is strict about what could become a header and loose about the
// rest: whether the address works is what the confirmation finds out. Letters
// outside ASCII are for the domain only: before the @ they need a mail server
// with SMTPUTF8 at every station (RFC 6531), which nobody can promise.
func CleanEmail(field, raw string) (string, error) {
	a := strings.TrimSpace(raw)
	at := strings.LastIndexByte(a, '@')
	switch {
	case a == "":
		return "", fault.At(field, "email.required")
	case len(a) > 254:
		return "", fault.At(field, "email.toolong")
	case !utf8.ValidString(a) || strings.ContainsFunc(a, func(r rune) bool { return unfit(r) || unicode.IsSpace(r) || strings.ContainsRune(`<>()[],;:\"`, r) }):
		return "", fault.At(field, "email.invalid")
	case at < 1 || at == len(a)-1 || at > 64 || strings.Count(a, "@") != 1:
		return "", fault.At(field, "email.invalid")
	}
	local, domain := a[:at], a[at+1:]
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", fault.At(field, "email.invalid")
	}
	if !isASCII(local) {
		return "", fault.At(field, "email.local")
	}
	if _, err := wireDomain(field, domain); err != nil {
		return "", err
	}
	return a, nil
}

// WireEmail is CleanEmail with the domain as mail servers and name servers
// know it: "ana@bücher.example" is "ana@xn--bcher-kva.example". Two spellings of
// a mailbox so become one.
func WireEmail(field, raw string) (string, error) {
	a, err := CleanEmail(field, raw)
	if err != nil || isASCII(a) {
		return a, err
	}
	at := strings.LastIndexByte(a, '@')
	domain, err := wireDomain(field, a[at+1:])
	if err != nil {
		return "", err
	}
	if a = a[:at+1] + domain; len(a) > 254 {
		return "", fault.At(field, "email.toolong")
	}
	return a, nil
}

// wireDomain is a domain in ASCII.
func wireDomain(field, domain string) (string, error) {
	if !isASCII(domain) {
		var err error
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", fault.At(field, "email.invalid")
		}
	}
	return domain, checkDomain(field, domain)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

func checkDomain(field, domain string) error {
	if !strings.Contains(domain, ".") {
		return fault.At(field, "email.ending")
	}
	for _, label := range strings.Split(domain, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return fault.At(field, "email.invalid")
		}
		if strings.ContainsFunc(label, func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			return fault.At(field, "email.invalid")
		}
	}
	return nil
}
