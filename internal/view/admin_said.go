package view

import (
	"strings"

	"github.com/statusd/statusd/internal/i18n"
)

// AdminSaid is a sentence in pieces: words, and the instants in it, which a page writes as <time datetime>.
type AdminSaid []AdminTime

// String is the sentence as it reads.
func (s AdminSaid) String() string {
	var b strings.Builder
	for _, piece := range s {
		b.WriteString(piece.Text)
	}
	return b.String()
}

// adminSaid is the message of a key as p.T gives it; values of type AdminTime stay instants. The marks around them are
// control characters, which no message and no name has.
func adminSaid(p *i18n.Printer, key string, pairs ...any) AdminSaid {
	const mark, sep = "\x00", "\x01"
	for n, v := range pairs {
		if at, ok := v.(AdminTime); ok {
			pairs[n] = mark + at.ISO + sep + at.Text + mark
		}
	}
	var out AdminSaid
	for _, piece := range strings.Split(p.T(key, pairs...), mark) {
		at := AdminTime{Text: piece}
		if iso, text, ok := strings.Cut(piece, sep); ok {
			at = AdminTime{ISO: iso, Text: text}
		}
		if at.Text != "" {
			out = append(out, at)
		}
	}
	return out
}
