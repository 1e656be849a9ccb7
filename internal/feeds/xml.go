package feeds

import (
	"bytes"
	"strings"
)

// writer writes XML by hand: the order and the form of every byte is part of
// the contract, and encoding/xml would write the apostrophes of data-var='date'
// as references, which programs that search the raw feed do not find.
type writer struct {
	bytes.Buffer
	plain bool // the HTML of an entry itself, not as text inside XML
}

func newWriter() *writer {
	w := &writer{}
	w.Grow(32 << 10)
	w.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	return w
}

// raw writes markup of our own.
func (w *writer) raw(s string) { w.WriteString(s) }

// text writes text between tags. What XML 1.0 cannot hold is left out, as one
// such character makes a reader refuse the whole feed.
func (w *writer) text(s string) {
	if s = legal(s); !w.plain {
		s = between.Replace(s)
	}
	w.WriteString(s)
}

// element writes <name>text</name> on a line of its own.
func (w *writer) element(indent, name, text string) {
	w.raw(indent + "<" + name + ">")
	w.text(text)
	w.raw("</" + name + ">\n")
}

// attribute is a value for between double quotes.
func attribute(s string) string { return quoted.Replace(legal(s)) }

var (
	between = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	quoted  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "&#10;", "\t", "&#9;")
)

// escapeHTML is text as it stands inside the HTML of an entry.
func escapeHTML(s string) string { return between.Replace(s) }

// legal leaves out what the Char production of XML 1.0 does not name; bytes
// that are not UTF-8 become the replacement character.
func legal(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r >= 0x20 && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
			return r
		}
		return -1 // a carriage return too: a parser would make a line end of it
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
