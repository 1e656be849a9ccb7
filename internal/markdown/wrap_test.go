package markdown

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	url := "https://a.example/" + strings.Repeat("x", 80)
	tests := []struct {
		name, src string
		width     int
		want      string
	}{
		{"short lines stay", "one\ntwo\n\nthree\n", 20, "one\ntwo\n\nthree\n"},
		{"exactly the width", "12345 7890", 10, "12345 7890"},
		{"one more than the width", "12345 78901", 10, "12345\n78901"},
		{"several lines", "aa bb cc dd ee", 5, "aa bb\ncc dd\nee"},
		{"line breaks that are there stay", "aa bb cc\ndd", 5, "aa bb\ncc\ndd"},
		{"characters are counted, not bytes", "ééééé ééé ü", 10, "ééééé ééé\nü"},
		{"an address is never cut", "see " + url + " for more", 20, "see\n" + url + "\nfor more"},
		{"nor a word", "a " + strings.Repeat("b", 30) + " c", 10, "a\n" + strings.Repeat("b", 30) + "\nc"},
		{"a list item hangs", "- aaa bbb ccc", 9, "- aaa bbb\n  ccc"},
		{"a number too", "10. aaa bbb", 8, "10. aaa\n    bbb"},
		{"a nested item", "  - aaa bbb", 8, "  - aaa\n    bbb"},
		{"a continued item", "  aaa bbb", 6, "  aaa\n  bbb"},
		{"a quote", "> aaa bbb", 6, "> aaa\n> bbb"},
		{"a list in a quote", "> - aaa bbb", 8, "> - aaa\n>   bbb"},
		{"a dash in a sentence is no marker", "aaa - bbb ccc", 9, "aaa - bbb\nccc"},
		{"a no-break space does not break", "aaa bbb\u00a0ccc", 8, "aaa\nbbb\u00a0ccc"},
		{"default width", strings.Repeat("abcd ", 15), 0, strings.Repeat("abcd ", 13) + "abcd\nabcd"},
		{"spaces only", strings.Repeat(" ", 30), 10, strings.Repeat(" ", 30)},
		{"nothing", "", 10, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Wrap(tt.src, tt.width)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkWrapped(t, tt.src, got, tt.width)
		})
	}
}

func TestWrap_seeds(t *testing.T) {
	t.Parallel()
	src := render(t, readSeed(t, "callrail").Incident.Postmortem.Markdown).Text
	got := Wrap(src, 0)
	checkWrapped(t, src, got, 0)
	if want := "1. With better understanding of this limit, CallRail will monitor our\n   platform for performance against this limit.\n2. Our"; !strings.Contains(got, want) {
		t.Errorf("the list lacks %q", want)
	}
}

// checkWrapped wants the same words, and no line that is too long and could have been broken.
func checkWrapped(t *testing.T, src, got string, width int) {
	t.Helper()
	if width <= 0 {
		width = 72
	}
	words := func(s string) []string { // without the quote marks, which are repeated
		return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '>' })
	}
	if diff := cmp.Diff(words(src), words(got)); diff != "" {
		t.Errorf("%q: other words (-want +got):\n%s", src, diff)
	}
	for line := range strings.SplitSeq(got, "\n") {
		body := strings.TrimRight(line[len(lineStart.FindString(line)):], " ")
		if utf8.RuneCountInString(line) > width && strings.Contains(body, " ") {
			t.Errorf("%q: a line of %d, want at most %d: %q", src, utf8.RuneCountInString(line), width, line)
		}
	}
}
