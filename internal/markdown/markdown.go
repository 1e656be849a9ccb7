// Package markdown turns what staff type into what readers get: safe HTML for the page, and the same words as plain
// text for mail, feeds and search.
//
// What it holds: [Renderer], made once and shared; [Doc], the three faces of one text; [Wrap], for mail. The dialect
// is GitHub's (tables, strikethrough, bare links, task lists) with these differences, all for people who type in a
// hurry:
//
//   - one line end inside a paragraph shows as a line break, as it does in a chat;
//   - HTML is not a language here: a typed tag is shown as the characters it is, so that nothing typed is lost;
//   - an image becomes a link to it, because a page that is read during an outage must not wait for another host;
//   - a link that is not http, https or mailto with an address becomes its words;
//   - a definition ("[Note]: fixed") that no link uses is shown as typed instead of vanishing;
//   - "#" becomes h2, and so on down to h6, because the page above it already has its h1.
//
// What it promises: whatever the text, the HTML holds only the tags and attributes of policy.go, and Doc holds no
// control character but line end and tab, so it is legal in XML too. A text is refused with a [LimitError] before it
// is parsed if it could cost more than 100 ms or 32 MiB; goldmark alone has no such bound, and 20 KiB of table keep it
// busy for a minute.
//
// What it must not know: pages, incidents, languages, HTTP. It imports nothing of ours.
//
// Read this file first, then scan.go and scanblock.go (what is refused, and why), html.go and text.go (the two ways out).
package markdown

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The longest texts, in characters. A line end counts as one, also when the browser sends CR LF.
const (
	MaxUpdate     = 25000
	MaxPostmortem = 100000
)

// Doc is one rendered text.
type Doc struct {
	HTML string // safe: made from an allowlist and checked against it again
	Text string // every word of HTML as plain text, with addresses written out; not wrapped, see Wrap
	Lead string // the first paragraph as one line of at most 200 characters, cut at a word end with "…"
}

// Options configure a Renderer. The zero value works.
type Options struct {
	OwnHosts []string // links to these hosts get no rel; "status.example.com" or, for one port only, with ":8443"
	Slots    int      // conversions at once, default 2: each may take one core for 100 ms
}

// Renderer converts texts. Make it with New; it is safe for concurrent use.
type Renderer struct {
	parser parser.Parser
	policy *bluemonday.Policy
	own    map[string]bool
	slots  chan struct{}
}

// New returns a Renderer.
func New(o Options) *Renderer {
	own := make(map[string]bool, len(o.OwnHosts))
	for _, h := range o.OwnHosts {
		own[strings.ToLower(h)] = true
	}
	return &Renderer{
		parser: newParser(),
		policy: newPolicy(),
		own:    own,
		slots:  make(chan struct{}, cmp.Or(max(o.Slots, 0), 2)),
	}
}

// ErrEncoding reports a text that is not UTF-8 or holds a NUL. No browser sends one; the answer is 400 (R8.5).
var ErrEncoding = errors.New("markdown: text is not valid UTF-8 or holds NUL")

// LimitError reports a text that is too large in some respect.
type LimitError struct {
	What  string // "length", "table_columns", "table_rows", "nesting", "links" or "output"
	Limit int    // how much is allowed: characters, columns, rows, levels or links; for output, no figure that helps a person
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("markdown: over the limit of %d for %s", e.Limit, e.What)
}

// Render converts src, which may hold maxChars characters: MaxUpdate or MaxPostmortem. Zero means MaxUpdate; more than
// MaxPostmortem is not granted, because the promise about time would not hold. It waits for a slot as long as ctx
// allows. Errors: ErrEncoding, *LimitError, or that of ctx.
func (r *Renderer) Render(ctx context.Context, src string, maxChars int) (Doc, error) {
	src, err := clean(src, min(cmp.Or(max(maxChars, 0), MaxUpdate), MaxPostmortem))
	if err != nil {
		return Doc{}, err
	}
	if err := scan(src); err != nil {
		return Doc{}, err
	}
	if err := r.acquire(ctx); err != nil {
		return Doc{}, err
	}
	defer func() { <-r.slots }()
	return r.convert([]byte(src))
}

func (r *Renderer) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait to render: %w", err) // select below picks at random if a slot is free too
	}
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to render: %w", ctx.Err())
	}
}

func (r *Renderer) convert(src []byte) (Doc, error) {
	page, text, lead, err := r.write(src)
	if err != nil {
		return Doc{}, err
	}
	var safe strings.Builder
	safe.Grow(len(page))
	if err := r.policy.SanitizeReaderToWriter(strings.NewReader(page), &safe); err != nil {
		return Doc{}, fmt.Errorf("sanitise: %w", err)
	}
	return Doc{HTML: safe.String(), Text: text, Lead: lead}, nil
}

// write makes the three faces without the final check, which a test uses to see that the check changes nothing.
func (r *Renderer) write(src []byte) (page, plain, lead string, err error) {
	doc := r.parser.Parse(text.NewReader(src))
	s := survey{used: map[string]bool{}}
	if err := s.visit(doc, 0, 0); err != nil {
		return "", "", "", err
	}
	c := &converter{src: src, own: r.own, used: s.used}
	limit := maxOutput(len(src))
	page, ok1 := c.html(doc, limit)
	plain, ok2 := c.text(doc, limit)
	if !ok1 || !ok2 {
		return "", "", "", &LimitError{What: "output", Limit: limit}
	}
	return page, plain, c.lead(doc, plain), nil
}

// maxOutput is R8.2: a text that grows more than this on its way to HTML was made to do so.
func maxOutput(input int) int { return 8*input + 64<<10 }

// converter is what the two ways out share about one text.
type converter struct {
	src  []byte
	own  map[string]bool // own hosts
	used map[string]bool // link definitions that some link uses
}

// newParser leaves out goldmark's two HTML parsers, so a tag is text like any other. It gives linkify its own
// expressions, because the built-in ones repeat up to 256 times and cost a millisecond for each typed address.
func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(extension.NewStrikethroughParser(), 500),
			util.Prioritized(extension.NewLinkifyParser(
				extension.WithLinkifyURLRegexp(bareURL),
				extension.WithLinkifyWWWRegexp(bareWWW),
			), 999),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
			util.Prioritized(extension.NewTableParagraphTransformer(), 200),
		),
		parser.WithASTTransformers(
			util.Prioritized(extension.NewTableASTTransformer(), 0),
		),
	)
}

// clean returns src with \n line ends and without control characters, or says why it cannot be used.
func clean(src string, maxChars int) (string, error) {
	// The cheap bound first: the copies below must not be made of a text of any size.
	if len(src) > 2*utf8.UTFMax*maxChars {
		return "", &LimitError{What: "length", Limit: maxChars}
	}
	if !utf8.ValidString(src) || strings.IndexByte(src, 0) >= 0 {
		return "", ErrEncoding
	}
	if strings.IndexByte(src, '\r') >= 0 {
		src = strings.ReplaceAll(src, "\r\n", "\n")
		src = strings.ReplaceAll(src, "\r", "\n")
	}
	if utf8.RuneCountInString(src) > maxChars {
		return "", &LimitError{What: "length", Limit: maxChars}
	}
	return dropControls(src), nil
}

// dropControls removes what has no look and what XML 1.0 forbids, so feeds can carry every Doc.
func dropControls(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
}

// survey counts, in the parsed text, what the scan before parsing can only estimate.
type survey struct {
	links, rows int
	used        map[string]bool
}

// visit descends while the limits hold, so its own recursion is bounded by them: sixteen containers, sixteen inlines.
func (s *survey) visit(n ast.Node, containers, inlines int) error {
	if err := s.count(n); err != nil {
		return err
	}
	switch n.Kind() {
	case ast.KindBlockquote, ast.KindList:
		containers++
	case ast.KindEmphasis, east.KindStrikethrough, ast.KindLink, ast.KindImage:
		inlines++
	}
	if max(containers, inlines) > maxNesting {
		return &LimitError{What: "nesting", Limit: maxNesting}
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if err := s.visit(c, containers, inlines); err != nil {
			return err
		}
	}
	return nil
}

func (s *survey) count(n ast.Node) error {
	switch n := n.(type) {
	case *ast.Link:
		s.links++
		s.use(n.Reference)
	case *ast.Image:
		s.links++
		s.use(n.Reference)
	case *ast.AutoLink:
		s.links++
	case *east.TableRow:
		s.rows++
	}
	if s.links > maxLinks {
		return &LimitError{What: "links", Limit: maxLinks}
	}
	if s.rows > maxRows {
		return &LimitError{What: "table_rows", Limit: maxRows}
	}
	return nil
}

func (s *survey) use(ref *ast.ReferenceLink) {
	if ref != nil {
		s.used[util.ToLinkReference(ref.Value)] = true
	}
}
