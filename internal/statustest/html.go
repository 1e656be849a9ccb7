package statustest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Node is a piece of a page, looked at as its reader would: by place and by words, not by markup.
//
//	page := statustest.Page(t, body)
//	page.Find("#overall").Text()       // "All systems operational"
//	page.FindAll("ol.ups > li")[0].Find("time").Attr("datetime")
type Node struct {
	t    testing.TB
	node *html.Node
}

// Page parses body the way a browser without JavaScript does, so what stands in <noscript> is seen.
func Page(t testing.TB, body []byte) *Node {
	t.Helper()
	node, err := html.ParseWithOptions(bytes.NewReader(body), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatalf("parse the page: %v", err)
	}
	return &Node{t: t, node: node}
}

// Find returns the first match of a selector below this node, and fails the test where there is none.
//
// A selector is the part of CSS that places need: tag, *, #id, .class, [attr], [attr=value], [attr="value"], several of
// these without a space between them, descendants (a space), children (>), and alternatives (a comma).
func (n *Node) Find(selector string) *Node {
	n.t.Helper()
	all := n.FindAll(selector)
	if len(all) == 0 {
		n.t.Fatalf("nothing matches %s in: %s", selector, n.Text())
	}
	return all[0]
}

// FindAll returns all matches of a selector below this node, in the order of the page.
func (n *Node) FindAll(selector string) []*Node {
	n.t.Helper()
	alternatives, err := parseSelector(selector)
	if err != nil {
		n.t.Fatalf("selector %s: %v", selector, err)
	}
	var found []*Node
	for node := range n.node.Descendants() {
		if slices.ContainsFunc(alternatives, func(p path) bool { return p.matches(node, n.node) }) {
			found = append(found, &Node{t: n.t, node: node})
		}
	}
	return found
}

// Has says whether anything below this node matches.
func (n *Node) Has(selector string) bool {
	n.t.Helper()
	return len(n.FindAll(selector)) > 0
}

// Attr returns the value of an attribute, "" if there is none.
func (n *Node) Attr(name string) string {
	value, _ := attribute(n.node, name)
	return value
}

// HTML returns the node's own markup, for the few tests that are about markup.
func (n *Node) HTML() string {
	n.t.Helper()
	var b strings.Builder
	if err := html.Render(&b, n.node); err != nil {
		n.t.Fatal(err)
	}
	return b.String()
}

// Text returns the words a reader sees, one space between them: without scripts, styles, the head, and what is marked
// hidden. Blocks are apart ("<li>a</li><li>b</li>" reads "a b"), parts of a line are not ("<b>a</b>b" reads "ab").
func (n *Node) Text() string {
	var b strings.Builder
	writeText(&b, n.node)
	return strings.Join(strings.Fields(b.String()), " ")
}

// Texts returns the words of each match of a selector.
func (n *Node) Texts(selector string) []string {
	n.t.Helper()
	var texts []string
	for _, found := range n.FindAll(selector) {
		texts = append(texts, found.Text())
	}
	return texts
}

func writeText(b *strings.Builder, n *html.Node) {
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
		return
	}
	apart := n.Type == html.ElementNode && !inline[n.DataAtom]
	if apart {
		b.WriteByte(' ')
	}
	for child := range n.ChildNodes() {
		if !unseen(child) {
			writeText(b, child)
		}
	}
	if apart {
		b.WriteByte(' ')
	}
}

// unseen says whether a reader sees nothing of a node. Only children are asked, so the text of <title> or of a hidden
// element can still be had by finding that element itself.
func unseen(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Head, atom.Script, atom.Style, atom.Template:
		return true
	}
	_, hidden := attribute(n, "hidden")
	return hidden
}

// inline are the elements that do not stand apart from the words around them (HTML, section 4.5: text-level semantics).
var inline = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Cite: true, atom.Code: true,
	atom.Data: true, atom.Del: true, atom.Dfn: true, atom.Em: true, atom.I: true, atom.Ins: true, atom.Kbd: true,
	atom.Mark: true, atom.Q: true, atom.S: true, atom.Samp: true, atom.Small: true, atom.Span: true, atom.Strong: true,
	atom.Sub: true, atom.Sup: true, atom.Time: true, atom.U: true, atom.Var: true, atom.Wbr: true,
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}
