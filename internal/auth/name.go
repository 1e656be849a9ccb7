package auth

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/statusd/statusd/internal/fault"
)

// MaxName is how long the name of a person or of a key may be, in characters (R§11).
const MaxName = 80

// CheckName notes, beside a field, what is wrong with the name of a person or of a key. They
// stand in lists, in the audit and in logs, so one line is all they are, and
// none may look like another (R8.3).
func CheckName(c *fault.Collector, field, name string) {
	n := utf8.RuneCountInString(name)
	switch {
	case !utf8.ValidString(name):
		c.Add(field, "fault.encoding")
	case strings.TrimSpace(name) == "":
		c.Add(field, "field.required")
	case n > MaxName:
		c.Add(field, "field.toolong", "Max", MaxName, "Have", n)
	case strings.ContainsFunc(name, unseen), !strings.ContainsFunc(name, marks):
		c.Add(field, "field.control")
	}
}

// unseen: control characters, line and paragraph ends, and what only steers how
// the letters around it are shown. The joiners of emoji and some scripts are spared.
func unseen(r rune) bool {
	const joiners = "\u200c\u200d"
	return unicode.IsControl(r) || (unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) && !strings.ContainsRune(joiners, r))
}

// marks: what leaves a mark by itself. The fillers of Hangul and the blank of
// Braille do not, though they are letters.
func marks(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.In(r, unicode.M, unicode.C) && !strings.ContainsRune("\u115f\u1160\u3164\uffa0\u2800", r)
}

// checkEmail notes what can be no address to sign in with. Nobody is written to
// at it: whether mail would arrive is no matter here.
func checkEmail(c *fault.Collector, a string) {
	local, domain, _ := strings.Cut(a, "@")
	switch {
	case a == "":
		c.Add("email", "email.required")
	case len(a) > 254:
		c.Add("email", "email.toolong")
	case !utf8.ValidString(a), local == "", domain == "", strings.ContainsFunc(a, noneOfAddresses), strings.Contains(domain, "@"):
		c.Add("email", "email.invalid")
	}
}

func noneOfAddresses(r rune) bool {
	return unseen(r) || unicode.IsSpace(r) || strings.ContainsRune(`<>()[],;:\"`, r)
}
