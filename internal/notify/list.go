package notify

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
)

// addressList reads the addresses of a list: plain ones, one a line, or a table
// whose columns are separated by commas, semicolons (the spreadsheets of half of
// Europe) or tabs. The column is the one headed "email", or else the first in
// which an address stands. UTF-8 with or without a mark, or UTF-16 with one.
//
// One spoiled line spoils that line: a quotation mark that is never closed would
// make a plain CSV reader take the rest of the file for one field.
type addressList struct {
	lines  lines
	comma  string
	column int // -1 until it is known
}

// The most that a record may have of lines: postal addresses have some, notes
// have more. What goes on for longer is a mark that was not closed.
const mostLines = 100

func newAddressList(r io.Reader) (*addressList, error) {
	in := bufio.NewReaderSize(transform.NewReader(r, unicode.BOMOverride(transform.Nop)), 64<<10)
	head, _ := in.Peek(4 << 10) // an error shows again when it is read
	if bytes.IndexByte(head, 0) >= 0 {
		return nil, fault.At("file", "subscribers.no_text")
	}
	l := &addressList{lines: lines{in: in, end: '\n'}, column: -1}
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		l.lines.end = '\r'
	}
	first, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n"), []byte{l.lines.end})
	l.comma = separator(first)
	return l, nil
}

// separator is what separates the columns of a line.
func separator(line []byte) string {
	best, most := ",", bytes.Count(line, []byte(","))
	for _, s := range []string{";", "\t"} {
		if n := bytes.Count(line, []byte(s)); n > most {
			best, most = s, n
		}
	}
	return best
}

// next is the next n good addresses; none at the end. Bad ones are noted in out.
func (l *addressList) next(n int, out *Imported) ([]string, error) {
	batch := make([]string, 0, n)
	for len(batch) < n {
		ln, err := l.lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the list: %w", err)
		}
		address, key := l.address(ln)
		switch {
		case key != "":
			out.bad(ln.n, address, key)
		case address != "":
			batch = append(batch, strings.Clone(address)) // not the whole line
		}
	}
	return batch, nil
}

// address is the address of a line, or "" for a header or an empty line. With a
// message key of what is wrong it is what stands there instead.
func (l *addressList) address(ln line) (address, key string) {
	if ln.long {
		return ln.text, "subscribers.line"
	}
	fields, key := l.record(ln.text)
	if key != "" {
		return ln.text, key
	}
	if !slices.ContainsFunc(fields, func(f string) bool { return strings.TrimSpace(f) != "" }) || l.header(fields) {
		return "", ""
	}
	text := ""
	if column := max(l.column, 0); column < len(fields) {
		text = fields[column]
	}
	address, err := pages.WireEmail("file", text)
	if f := fault.Of(err); f != nil {
		if strings.TrimSpace(text) == "" {
			text = ln.text
		}
		return text, f.Fields[0].Key
	}
	return address, ""
}

// header reports whether the record is a header, and remembers which column
// holds the addresses.
func (l *addressList) header(fields []string) bool {
	if l.column >= 0 {
		return false
	}
	l.column = slices.IndexFunc(fields, func(f string) bool {
		switch strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(f)) {
		case "email", "emailaddress", "mail":
			return true
		}
		return false
	})
	if l.column >= 0 {
		return true
	}
	l.column = slices.IndexFunc(fields, func(f string) bool { return strings.Contains(f, "@") })
	return false
}

// record splits a line into its fields, together with those after it when a
// field goes on there. A key says that its quotation marks make no sense.
func (l *addressList) record(text string) (fields []string, key string) {
	marks := strings.Count(text, `"`)
	if marks == 0 {
		return strings.Split(text, l.comma), ""
	}
	fields, err := l.parse(text, false)
	if errors.Is(err, csv.ErrBareQuote) { // 5" or O"Neil: just a character
		fields, err = l.parse(text, true)
	}
	if err != nil && marks%2 == 1 {
		fields, err = l.together(text)
	}
	if err != nil {
		return nil, "subscribers.quote"
	}
	return fields, ""
}

var errNotClosed = errors.New("a quotation mark is not closed")

// together reads a record of several lines. They are taken only if they make
// one in every respect; else each of them is looked at for itself.
func (l *addressList) together(first string) ([]string, error) {
	all, marks := first, 1
	for n := 1; n < mostLines; n++ {
		ln, ok := l.lines.peek(n)
		if !ok || ln.long {
			break
		}
		all += "\n" + ln.text
		if marks += strings.Count(ln.text, `"`); marks%2 == 1 {
			continue
		}
		fields, err := l.parse(all, false)
		if err != nil || l.swallows(fields, n) {
			break
		}
		l.lines.drop(n)
		return fields, nil
	}
	return nil, errNotClosed
}

// swallows reports whether one of the n lines that a record goes on for looks
// like a record of its own: two marks, far apart, were not closed.
func (l *addressList) swallows(fields []string, n int) bool {
	column := max(l.column, 0)
	for i := 1; i <= n; i++ {
		ln, _ := l.lines.peek(i)
		own := strings.Split(ln.text, l.comma)
		if column >= len(own) || (column < len(fields) && strings.TrimSpace(fields[column]) == strings.TrimSpace(own[column])) {
			continue
		}
		if _, err := pages.WireEmail("file", own[column]); err == nil {
			return true
		}
	}
	return false
}

// parse reads one record and nothing after it.
func (l *addressList) parse(text string, lazy bool) ([]string, error) {
	c := csv.NewReader(strings.NewReader(text))
	c.Comma, c.FieldsPerRecord, c.LazyQuotes = rune(l.comma[0]), -1, lazy
	c.TrimLeadingSpace = l.comma != "\t" // a tab is a space too
	fields, err := c.Read()
	if err != nil {
		return nil, err
	}
	if _, err := c.Read(); !errors.Is(err, io.EOF) {
		return nil, errNotClosed
	}
	return fields, nil
}

// lines reads lines and can look ahead.
type lines struct {
	in    *bufio.Reader
	end   byte
	n     int
	ahead []line
}

// line is a line without its end. A long one is more than a line can be of a
// list; only its beginning is kept.
type line struct {
	n    int // from 1
	text string
	long bool
}

func (l *lines) next() (line, error) {
	if len(l.ahead) > 0 {
		first := l.ahead[0]
		l.ahead = l.ahead[1:]
		return first, nil
	}
	return l.read()
}

// peek is the nth line from here, from 1.
func (l *lines) peek(n int) (line, bool) {
	for len(l.ahead) < n {
		ln, err := l.read()
		if err != nil { // it shows again when it is read
			return line{}, false
		}
		l.ahead = append(l.ahead, ln)
	}
	return l.ahead[n-1], true
}

func (l *lines) drop(n int) { l.ahead = l.ahead[n:] }

func (l *lines) read() (line, error) {
	raw, err := l.in.ReadSlice(l.end)
	if len(raw) == 0 && err != nil {
		return line{}, err
	}
	l.n++
	out := line{n: l.n, long: errors.Is(err, bufio.ErrBufferFull)}
	if out.long {
		raw = raw[:1000]
	}
	out.text = strings.TrimRight(string(raw), "\r\n")
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = l.in.ReadSlice(l.end)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return line{}, err
	}
	return out, nil
}
