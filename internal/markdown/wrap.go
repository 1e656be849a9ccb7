package markdown

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// lineStart is what a line of Doc.Text may begin with: quotes, spaces, and one list marker per level.
var lineStart = regexp.MustCompile(`^(?:> ?| |(?:-|[0-9]{1,10}[.)]) )*`)

// Wrap breaks the lines of text that are longer than width characters (default 72, as mail has had it since RFC 2646)
// at spaces. What has no space stays whole, above all an address. The lines that follow keep the quote marks and stand
// under the first word of a list item. Line breaks that are there stay.
func Wrap(text string, width int) string {
	if width <= 0 {
		width = 72
	}
	var b strings.Builder
	b.Grow(len(text) + len(text)/width)
	for line := range strings.Lines(text) {
		body := strings.TrimSuffix(line, "\n")
		wrapLine(&b, body, width)
		b.WriteString(line[len(body):])
	}
	return b.String()
}

func wrapLine(b *strings.Builder, line string, width int) {
	if utf8.RuneCountInString(line) <= width {
		b.WriteString(line)
		return
	}
	start := lineStart.FindString(line)
	b.WriteString(start)
	col := utf8.RuneCountInString(start)
	hang := hanging(start)
	first := true
	for word := range strings.FieldsFuncSeq(line[len(start):], func(r rune) bool { return r == ' ' }) {
		n := utf8.RuneCountInString(word)
		switch {
		case first:
		case col+1+n <= width:
			b.WriteByte(' ')
			col++
		default:
			b.WriteString("\n" + hang)
			col = len(hang)
		}
		b.WriteString(word)
		col += n
		first = false
	}
}

// hanging turns the start of a line into the start of the next: quote marks stay, list markers become spaces.
func hanging(start string) string {
	return strings.Map(func(r rune) rune {
		if r == '>' {
			return r
		}
		return ' '
	}, start)
}
