package markdown

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
)

func addSeeds(f *testing.F) {
	f.Helper()
	for _, src := range attacks {
		f.Add(src)
	}
	for _, h := range hostiles {
		f.Add(h.make(200))
	}
	f.Add("a\n    - b\n1. c\n2. d\n   - e\n")
	f.Add("# a\n\n- b\n  1. c\n> d\n\n|e|f|\n|-|-|\n|g|\n\n```\nh\n```\n[i]: j\n")
}

func FuzzRender(f *testing.F) {
	addSeeds(f)
	r := New(Options{})
	f.Fuzz(func(t *testing.T, src string) {
		d, err := r.Render(t.Context(), src, MaxPostmortem)
		if err != nil {
			var limit *LimitError
			if !errors.As(err, &limit) && !errors.Is(err, ErrEncoding) {
				t.Fatalf("got %v, want one of our own errors", err)
			}
			return
		}
		if n, limit := max(len(d.HTML), len(d.Text)), maxOutput(len(src)); n > limit {
			t.Errorf("%d bytes of output, want at most %d", n, limit)
		}
		checkSafe(t, src, d.HTML)
		checkNothingLost(t, src, d)
		if src, err := clean(src, MaxPostmortem); err == nil {
			if page, _, _, _ := r.write([]byte(src)); page != d.HTML {
				t.Errorf("the sanitiser changed\n%s\nto\n%s", page, d.HTML)
			}
		}
		if i := strings.IndexFunc(d.HTML+d.Text+d.Lead, unfit); i >= 0 {
			t.Errorf("a control character at %d", i)
		}
		if len([]rune(d.Lead)) > leadChars || strings.Contains(d.Lead, "\n") {
			t.Errorf("lead %q is too long or not one line", d.Lead)
		}
	})
}

func unfit(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// checkNothingLost wants every word that a reader of the page sees in the mail too.
func checkNothingLost(t *testing.T, src string, d Doc) {
	t.Helper()
	for z := html.NewTokenizer(strings.NewReader(d.HTML)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			for _, word := range strings.Fields(z.Token().Data) {
				if !strings.Contains(d.Text, word) {
					t.Errorf("%q: the text lacks %q: %q", src, word, d.Text)
				}
			}
		}
	}
}

// FuzzScan holds the scan to what it claims: a block of its own is never less than a paragraph of goldmark's.
func FuzzScan(f *testing.F) {
	addSeeds(f)
	r := New(Options{})
	f.Fuzz(func(t *testing.T, src string) {
		src, err := clean(src, MaxUpdate)
		if err != nil || scan(src) != nil {
			return
		}
		doc := r.parser.Parse(text.NewReader([]byte(src)))
		_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if !entering || n.Type() != ast.TypeBlock || n.IsRaw() {
				return ast.WalkContinue, nil
			}
			for i := 1; i < n.Lines().Len(); i++ {
				at := n.Lines().At(i).Start
				line := src[strings.LastIndexByte(src[:at], '\n')+1:]
				line, _, _ = strings.Cut(line, "\n")
				if startsItem(line) {
					t.Errorf("%q: line %q stands inside a %s", src, line, n.Kind())
				}
			}
			return ast.WalkContinue, nil
		})
	})
}

func FuzzWrap(f *testing.F) {
	f.Add("- a long item with https://a.example/x and more\n> quoted", 20)
	f.Fuzz(func(t *testing.T, src string, width int) {
		if !strings.ContainsFunc(src, unfit) {
			checkWrapped(t, src, Wrap(src, width%100), width%100)
		}
	})
}
