package markdown

import (
	"bytes"
	"cmp"
	stdhtml "html"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// leadChars is what a mail program shows of a preheader, and what fits one line of the history.
const leadChars = 200

// textWriter writes the plain text, line by line. Containers add to indent; gap is how many line ends the next words
// are due, so that no text ends in blank lines and no two blocks stand closer or farther than they should.
type textWriter struct {
	bounded
	*converter
	indent string // what every line begins with
	bullet string // what the next line begins with instead, once
	gap    int
}

func (c *converter) text(doc ast.Node, limit int) (string, bool) {
	w := &textWriter{bounded: bounded{max: limit}, converter: c}
	w.blocks(doc, 2)
	return string(w.buf), !w.over
}

// blocks writes the blocks in n with gap line ends between them: two make a blank line.
func (w *textWriter) blocks(n ast.Node, gap int) {
	for c := n.FirstChild(); c != nil && !w.over; c = c.NextSibling() {
		if w.gap > 0 {
			w.gap = gap
		}
		w.block(c)
	}
}

// write puts a block of lines at the next free place.
func (w *textWriter) write(s string) {
	if s = strings.TrimRight(s, "\n"); s == "" && w.bullet == "" {
		return
	}
	w.space()
	for line := range strings.SplitSeq(s, "\n") {
		w.line(line)
	}
	w.gap = 2
}

// space writes the blank lines that are due.
func (w *textWriter) space() {
	for ; w.gap > 1; w.gap-- {
		w.add("\n" + strings.TrimRight(w.indent, " "))
	}
}

func (w *textWriter) line(s string) {
	if len(w.buf) > 0 {
		w.add("\n")
	}
	start := w.indent
	if w.bullet != "" {
		start, w.bullet = w.bullet, ""
	}
	w.add(strings.TrimRight(start+s, " "))
}

func (w *textWriter) block(n ast.Node) {
	switch n := n.(type) {
	case *ast.Blockquote:
		w.inside("> ", "> ", n, 2)
	case *ast.List:
		w.list(n)
	case *ast.ThematicBreak:
		w.write("----")
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		w.write(indented(w.lines(n)))
	case *ast.LinkReferenceDefinition:
		if !w.defines(n) {
			w.write(w.lines(n))
		}
	case *east.Table:
		w.table(n)
	default:
		w.write(w.rich(n))
	}
}

// inside writes the blocks of a container, whose first line begins with first and whose others begin with rest.
func (w *textWriter) inside(first, rest string, n ast.Node, gap int) {
	w.space() // before the container, so that it does not begin with an empty line of its own
	w.gap = 0
	indent := w.indent
	if w.bullet == "" {
		w.bullet = indent
	}
	w.bullet, w.indent = w.bullet+first, indent+rest
	w.blocks(n, gap)
	if w.bullet != "" { // nothing in it: the marker alone
		w.write("")
	}
	w.indent = indent
}

func (w *textWriter) list(n *ast.List) {
	gap := 2
	if n.IsTight {
		gap = 1
	}
	number := n.Start
	for c := n.FirstChild(); c != nil && !w.over; c = c.NextSibling() {
		first := "- "
		if n.IsOrdered() {
			first = strconv.Itoa(number) + string(n.Marker) + " "
			number++
		}
		if c.PreviousSibling() != nil {
			w.gap = gap
		}
		w.inside(first, strings.Repeat(" ", len(first)), c, gap)
	}
	w.gap = 2
}

// table writes "- Head: cell; Head: cell" for each row, so that it is seen where a long one begins and ends. Columns made of spaces would need a fixed-width font, which mail
// programs on telephones do not use, and a screen reader would read them one below the other.
func (w *textWriter) table(n *east.Table) {
	var heads []string
	for row := n.FirstChild(); row != nil && !w.over; row = row.NextSibling() {
		cells := w.cells(row)
		if row.Kind() != east.KindTableHeader {
			w.write("- " + strings.ReplaceAll(labelled(heads, cells), "\n", "\n  "))
			w.gap = 1
			continue
		}
		heads = cells
		if row.NextSibling() == nil {
			w.write(labelled(nil, cells))
		}
	}
	w.gap = 2
}

func (w *textWriter) cells(row ast.Node) []string {
	var cells []string
	for c := row.FirstChild(); c != nil; c = c.NextSibling() {
		cells = append(cells, strings.TrimSpace(w.rich(c)))
	}
	return cells
}

// labelled puts the head of its column before each cell. An empty cell under a head says something too.
func labelled(heads, cells []string) string {
	var parts []string
	for i, cell := range cells {
		switch {
		case i < len(heads) && heads[i] != "":
			parts = append(parts, heads[i]+": "+cmp.Or(cell, "–"))
		case cell != "":
			parts = append(parts, cell)
		}
	}
	return strings.Join(parts, "; ")
}

// rich returns the words of a block with line ends and with addresses written out.
func (w *textWriter) rich(n ast.Node) string {
	t := inlineText{converter: w.converter, bounded: bounded{max: w.max}, rich: true}
	t.children(n)
	w.over = w.over || t.over
	return string(t.buf)
}

// flat returns the words of n as one line without addresses.
func (c *converter) flat(n ast.Node) string {
	t := inlineText{converter: c, bounded: bounded{max: maxOutput(len(c.src))}}
	t.children(n)
	return strings.Join(strings.Fields(string(t.buf)), " ")
}

// inlineText writes what stands in a paragraph.
type inlineText struct {
	*converter
	bounded
	rich bool
}

func (t *inlineText) children(n ast.Node) {
	for c := n.FirstChild(); c != nil && !t.over; c = c.NextSibling() {
		t.inline(c)
	}
}

func (t *inlineText) inline(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		t.add(t.words(n))
		if n.SoftLineBreak() || n.HardLineBreak() {
			t.add("\n")
		}
	case *ast.CodeSpan:
		t.add(t.code(n))
	case *east.TaskCheckBox:
		t.add(box(n))
	case *ast.AutoLink:
		t.add(string(n.Label(t.src)))
	case *ast.Link:
		t.link(n, n.Destination)
	case *ast.Image:
		t.image(n)
	default:
		t.children(n)
	}
}

func (t *inlineText) link(n ast.Node, dest []byte) {
	if !t.rich {
		t.children(n)
		return
	}
	before := len(t.buf)
	t.children(n)
	t.address(string(t.buf[before:]), destination(dest))
}

func (t *inlineText) image(n *ast.Image) {
	label := t.imageLabel(n)
	t.add(label)
	if t.rich {
		t.address(label, destination(n.Destination))
	}
}

// address writes where a link goes, unless its words say so already.
func (t *inlineText) address(words, dest string) {
	href, ok := t.href(dest)
	shown := strings.TrimPrefix(href, "mailto:")
	switch {
	case strings.TrimSpace(words) == "":
		t.add(strings.TrimPrefix(dest, "mailto:"))
	case ok && words != shown && words != dest:
		t.add(" (" + shown + ")")
	}
}

// imageLabel is the alternative text, or else the address, since something must be there to press.
func (c *converter) imageLabel(n *ast.Image) string {
	if label := c.flat(n); label != "" {
		return label
	}
	return destination(n.Destination)
}

// words returns the text of one run, escapes and entities resolved.
func (c *converter) words(n *ast.Text) string {
	if n.IsRaw() {
		return string(n.Segment.Value(c.src))
	}
	return plain(n.Segment.Value(c.src))
}

// code returns the text of a code span. A line end in it is a space, as in HTML.
func (c *converter) code(n ast.Node) string {
	var b strings.Builder
	for t := n.FirstChild(); t != nil; t = t.NextSibling() {
		if t, ok := t.(*ast.Text); ok {
			b.Write(t.Segment.Value(c.src))
		}
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}

// lines returns the text of a block that is shown as typed.
func (c *converter) lines(n ast.Node) string {
	var b strings.Builder
	for _, l := range n.Lines().Sliced(0, n.Lines().Len()) {
		b.Write(l.Value(c.src))
	}
	return b.String()
}

// defines says that a definition does its work out of sight. Another one is words: "[Update]: fixed" is what someone
// wrote to tell us so.
func (c *converter) defines(n *ast.LinkReferenceDefinition) bool {
	return c.used[util.ToLinkReference(n.Label)]
}

func indented(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString("    " + line)
	}
	return b.String()
}

// plain resolves the escapes and entities of a run of text. goldmark knows the rules, but only on its way to HTML; its
// HTML uses four entities, so undoing them is exact.
func plain(b []byte) string {
	if !bytes.ContainsAny(b, `\&`) {
		return string(b)
	}
	var s scratch
	html.DefaultWriter.Write(&s, b)
	return dropControls(stdhtml.UnescapeString(s.String()))
}

// scratch makes a bytes.Buffer a goldmark writer without the 4 KiB that a bufio.Writer takes for each word.
type scratch struct{ bytes.Buffer }

func (*scratch) Buffered() int { return 0 }
func (*scratch) Flush() error  { return nil }

// lead returns the first paragraph as one line, or the first line of text if there is none.
func (c *converter) lead(doc ast.Node, text string) string {
	if p := firstParagraph(doc); p != nil {
		if s := c.flat(p); s != "" {
			return cut(s, leadChars)
		}
	}
	line, _, _ := strings.Cut(text, "\n")
	return cut(strings.Join(strings.Fields(strings.TrimPrefix(line, "- ")), " "), leadChars) // a row of a table
}

func firstParagraph(n ast.Node) ast.Node {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c.Kind() {
		case ast.KindParagraph, ast.KindTextBlock:
			return c
		case ast.KindBlockquote, ast.KindList, ast.KindListItem:
			if p := firstParagraph(c); p != nil {
				return p
			}
		}
	}
	return nil
}

// cut shortens a line to limit characters, the last of which is then "…". A text without spaces (Chinese, an address)
// is cut between characters, but never before an accent or inside a joined emoji.
func cut(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	end := limit - 1
	for i := end; i > limit/2; i-- {
		if unicode.IsSpace(r[i]) {
			return strings.TrimRightFunc(string(r[:i]), notWord) + "…"
		}
	}
	for end > limit/2 && (joins(r[end]) || r[end-1] == '\u200d') {
		end--
	}
	return string(r[:end]) + "…"
}

func notWord(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;:–-", r) }

func joins(r rune) bool {
	return unicode.In(r, unicode.M) || r == '\u200d' || r >= 0x1F3FB && r <= 0x1F3FF
}
