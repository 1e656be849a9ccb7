package notify

import (
	"fmt"
	"strings"
	"unicode"
)

// headerText is a line of text as a header carries it: as it is where that is
// plain, else in encoded words (RFC 2047). What looks like an encoded word is
// encoded too: mail programs would decode it, and a reader of one would see a
// header that nobody wrote. mime.QEncoding lets exactly that pass (R8.4).
func headerText(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if isPrintableASCII(s) && !strings.Contains(s, "=?") {
		return s
	}
	return encodedWords(s)
}

// phrase is headerText for the name before an address.
func phrase(s string) string {
	t := headerText(s)
	if strings.Contains(t, "=?") || t == "" {
		return t
	}
	if strings.Trim(strings.ToLower(t), "abcdefghijklmnopqrstuvwxyz0123456789 !#$%&'*+-/=?^_`{|}~") == "" {
		return t
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(t) + `"`
}

// encodedWords cuts between characters, never inside one (RFC 2047, section 5),
// and keeps each word within 60 bytes, so that the first one fits beside the
// name of its header.
func encodedWords(s string) string {
	const begin, end, most = "=?utf-8?q?", "?=", 60
	var words []string
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		q := qRune(r)
		if b.Len()+len(q) > most-len(begin)-len(end) {
			words = append(words, begin+b.String()+end)
			b.Reset()
		}
		b.WriteString(q)
	}
	if b.Len() > 0 {
		words = append(words, begin+b.String()+end)
	}
	return strings.Join(words, " ")
}

func qRune(r rune) string {
	switch {
	case r == ' ':
		return "_"
	case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
		return string(r)
	}
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, "=%02X", c)
	}
	return b.String()
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
