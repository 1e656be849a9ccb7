package view_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// What readers and recipients of mail see comes from the catalogue, or it would be English on a page in Japanese.
func TestTemplates_haveNoWordsOfTheirOwn(t *testing.T) {
	t.Parallel()
	action := regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	var files []string
	for _, pattern := range []string{"public/*.html", "part/public-*.html", "layout/public.html", "layout/problem.html", "problem/*.html", "mail/*.tmpl"} {
		some, err := filepath.Glob("../../web/templates/" + pattern)
		if err != nil || len(some) == 0 {
			t.Fatalf("%s: %v, %v", pattern, some, err)
		}
		files = append(files, some...)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range literal(t, action.ReplaceAllString(string(raw), "")) {
			t.Errorf("%s: %q stands in the template; put it into the catalogue", f, words)
		}
	}
	if got := literal(t, `<p title="Go on">CSV · <b>New</b><style>p { color: red }</style><svg><title>Down</title></svg><img alt="x" class="y">`); strings.Join(got, "|") != "Go on|New|Down|x" {
		t.Errorf("the test finds %q", got)
	}
}

// literal are the words in the text and in the attributes that are read out.
func literal(t *testing.T, source string) (out []string) {
	t.Helper()
	names := []string{"CSV", "JSON", "Atom", "RSS", "Markdown"} // of formats: the same in every language
	note := func(text string) {
		text = strings.TrimSpace(text)
		if strings.ContainsFunc(text, unicode.IsLetter) && !slices.Contains(names, strings.Trim(text, " ·")) {
			out = append(out, text)
		}
	}
	z, in := html.NewTokenizer(strings.NewReader(source)), ""
	for {
		kind := z.Next()
		tok := z.Token()
		switch kind {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			return out
		case html.StartTagToken:
			in = tok.Data
		case html.EndTagToken:
			in = ""
		case html.TextToken:
			if in != "style" && in != "script" {
				note(tok.Data)
			}
		}
		for _, a := range tok.Attr {
			if slices.Contains([]string{"aria-label", "aria-description", "title", "alt", "placeholder", "abbr", "label"}, a.Key) {
				note(a.Val)
			}
		}
	}
}
