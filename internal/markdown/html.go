package markdown

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"golang.org/x/net/html"
)

// bounded collects output and stops for good at its limit. goldmark's own renderer cannot be stopped: it ignores the
// errors of its writer and walks on, which is one of two reasons for writing the HTML here. The other is that nearly
// every node wants something else than its default.
type bounded struct {
	buf  []byte
	max  int
	over bool
}

func (b *bounded) add(s string) {
	if b.over || len(b.buf)+len(s) > b.max {
		b.over = true
		return
	}
	b.buf = append(b.buf, s...)
}

// htmlWriter writes HTML exactly as the sanitiser would write it again, so that a test can demand that the sanitiser
// changes nothing. Keep to its ways: <br> and not <br/>, &#39; and not ', attributes in double quotes.
type htmlWriter struct {
	bounded
	*converter
	inLink  bool // an a in an a is not HTML
	heading int  // level of the heading that came last; texts stand below an h2
}

func (c *converter) html(doc ast.Node, limit int) (string, bool) {
	w := &htmlWriter{bounded: bounded{max: limit}, converter: c, heading: 2}
	w.children(doc)
	return string(w.buf), !w.over
}

func (w *htmlWriter) children(n ast.Node) {
	for c := n.FirstChild(); c != nil && !w.over; c = c.NextSibling() {
		if c.Type() == ast.TypeBlock {
			w.block(c)
		} else {
			w.inline(c)
		}
	}
}

func (w *htmlWriter) wrap(before string, n ast.Node, after string) {
	w.add(before)
	w.children(n)
	w.add(after)
}

func (w *htmlWriter) escaped(s string) { w.add(html.EscapeString(s)) }

func (w *htmlWriter) block(n ast.Node) {
	switch n := n.(type) {
	case *ast.Paragraph:
		w.wrap("<p>", n, "</p>\n")
	case *ast.TextBlock: // the paragraph of a tight list
		w.children(n)
		if n.NextSibling() != nil {
			w.add("\n")
		}
	case *ast.Heading:
		// Whoever goes by headings must not wonder what was left out (axe-core's heading-order): "#" is an h2, and none is
		// more than one step below the one before.
		w.heading = min(n.Level+1, w.heading+1, 6)
		tag := "h" + strconv.Itoa(w.heading) + ">"
		w.wrap("<"+tag, n, "</"+tag+"\n")
	case *ast.Blockquote:
		w.wrap("<blockquote>\n", n, "</blockquote>\n")
	case *ast.List:
		w.list(n)
	case *ast.ListItem:
		w.wrap("<li>", n, "</li>\n")
	case *ast.ThematicBreak:
		w.add("<hr>\n")
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		w.add("<pre><code>")
		w.escaped(w.lines(n))
		w.add("</code></pre>\n")
	case *ast.LinkReferenceDefinition:
		if !w.defines(n) {
			w.add("<p>")
			w.add(strings.ReplaceAll(html.EscapeString(strings.TrimSpace(w.lines(n))), "\n", "<br>\n"))
			w.add("</p>\n")
		}
	default:
		w.table(n)
	}
}

func (w *htmlWriter) list(n *ast.List) {
	if !n.IsOrdered() {
		w.wrap("<ul>\n", n, "</ul>\n")
		return
	}
	open := "<ol>\n"
	if n.Start != 1 {
		open = `<ol start="` + strconv.Itoa(n.Start) + "\">\n"
	}
	w.wrap(open, n, "</ol>\n")
}

// A wide table scrolls in a box of its own, which therefore must be reachable by keyboard (WCAG 2.1.1) and named.
const tableOpen = `<div class="scroll" role="group" tabindex="0" aria-label="Table"><table>` + "\n"

func (w *htmlWriter) table(n ast.Node) {
	switch n := n.(type) {
	case *east.Table:
		w.add(tableOpen)
		w.children(n)
		if n.ChildCount() > 1 {
			w.add("</tbody>\n")
		}
		w.add("</table></div>\n")
	case *east.TableHeader:
		w.wrap("<thead>\n<tr>\n", n, "</tr>\n</thead>\n")
		if n.NextSibling() != nil {
			w.add("<tbody>\n")
		}
	case *east.TableRow:
		w.wrap("<tr>\n", n, "</tr>\n")
	case *east.TableCell:
		w.cell(n)
	default: // a kind that a later goldmark may bring: its words at least
		w.children(n)
	}
}

func (w *htmlWriter) cell(n *east.TableCell) {
	set := setting(n.Alignment) + ">"
	switch {
	case n.Parent().Kind() == east.KindTableHeader:
		w.wrap(`<th scope="col"`+set, n, "</th>\n")
	case n.PreviousSibling() == nil:
		w.wrap(`<th scope="row"`+set, n, "</th>\n")
	default:
		w.wrap("<td"+set, n, "</td>\n")
	}
}

// setting is how a column is set, as a class: pages allow no styles in their HTML. Left is what a table is anyway.
func setting(a east.Alignment) string {
	switch a {
	case east.AlignRight:
		return ` class="right"`
	case east.AlignCenter:
		return ` class="center"`
	}
	return ""
}

func (w *htmlWriter) inline(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		w.escaped(w.words(n))
		if n.SoftLineBreak() || n.HardLineBreak() {
			w.add("<br>\n")
		}
	case *ast.CodeSpan:
		w.add("<code>")
		w.escaped(w.code(n))
		w.add("</code>")
	case *ast.Emphasis:
		if n.Level == 2 {
			w.wrap("<strong>", n, "</strong>")
			return
		}
		w.wrap("<em>", n, "</em>")
	case *east.Strikethrough:
		w.wrap("<del>", n, "</del>")
	case *east.TaskCheckBox:
		w.add(box(n))
	case *ast.Link:
		w.link(n, n.Destination, n.Title)
	case *ast.Image:
		w.image(n)
	case *ast.AutoLink:
		href, ok := w.href(autoURL(n, w.src))
		w.anchor(href, ok, "", func() { w.escaped(string(n.Label(w.src))) })
	default:
		w.children(n)
	}
}

func (w *htmlWriter) link(n ast.Node, dest, title []byte) {
	href, ok := w.href(destination(dest))
	w.anchor(href, ok, plain(title), func() {
		w.children(n)
		if w.flat(n) == "" { // "[](https://…)": a link that nobody could see or hear
			w.escaped(strings.TrimPrefix(destination(dest), "mailto:"))
		}
	})
}

// image writes the alternative text as a link to the image. Flat, because an alternative text may hold links itself.
func (w *htmlWriter) image(n *ast.Image) {
	href, ok := w.href(destination(n.Destination))
	w.anchor(href, ok, plain(n.Title), func() { w.escaped(w.imageLabel(n)) })
}

// anchor writes a link, or only its words if its address was refused or it stands inside another link.
func (w *htmlWriter) anchor(href string, ok bool, title string, words func()) {
	if !ok || w.inLink {
		words()
		return
	}
	w.add(`<a href="`)
	w.escaped(href)
	if !w.isOwn(href) {
		w.add(`" rel="` + rel)
	}
	if title != "" {
		w.add(`" title="`)
		w.escaped(title)
	}
	w.add(`">`)
	w.inLink = true
	words()
	w.inLink = false
	w.add("</a>")
}

func box(n *east.TaskCheckBox) string {
	if n.IsChecked {
		return "☑ "
	}
	return "☐ "
}
