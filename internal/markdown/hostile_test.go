package markdown

import (
	"context"
	"runtime"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hostile makes, for a length in characters, a text meant to be slow or large.
type hostile struct {
	name string
	make func(n int) string
}

func repeat(s string) func(int) string {
	chars := len([]rune(s))
	return func(n int) string { return strings.Repeat(s, n/chars) }
}

// after puts s behind a fixed head.
func after(head, s string) func(int) string {
	tail := repeat(s)
	return func(n int) string { return head + tail(max(n-len(head), 0)) }
}

// halves is the first part n/2 characters long and the second as long.
func halves(a, b string) func(int) string {
	return func(n int) string { return repeat(a)(n/2) + repeat(b)(n/2) }
}

// blocks repeats s up to size characters in one paragraph, and that paragraph to the end.
func blocks(size int, gen func(int) string) func(int) string {
	return func(n int) string { return repeat(gen(size) + "\n\n")(n) }
}

// ticks is runs of backticks, each longer than the one before, so none has its equal.
func ticks(between string) func(int) string {
	return func(n int) string {
		var b strings.Builder
		for i := 1; b.Len()+i < n; i++ {
			b.WriteString(strings.Repeat("`", i) + between)
		}
		return b.String()
	}
}

var hostiles = []hostile{
	{"prose", repeat("Calls fail for some of you, we look into it. ")},
	{"Chinese", repeat("状态页面")},
	{"emoji", repeat("😀")},

	{"one line paragraphs", repeat("a\n\n")},
	{"lines of one letter", repeat("a\n")},
	{"headings", repeat("#\n")},
	{"headings with words", repeat("# a\n")},
	{"underlined headings", repeat("a\n=\n")},
	{"rules", repeat("***\n")},
	{"empty items", repeat("-\n")},
	{"items", repeat("- a\n")},
	{"loose items", repeat("- a\n\n")},
	{"numbered items", repeat("1. a\n")},
	{"items of changing marker", repeat("- a\n+ a\n")},
	{"tasks", repeat("- [ ] a\n")},
	{"quotes", repeat("> a\n\n")},
	{"lazy quotes", repeat("> a\nb\n")},
	{"fences", repeat("```\na\n```\n")},
	{"unclosed fences of both kinds", repeat("```\n~~~\n")},
	{"indented code", repeat("    a\n\nb\n\n")},
	{"tabs", repeat("\t")},
	{"blank lines", repeat("\n")},
	{"spaces", after("a", " ")},

	{"quote marks", repeat(">")},
	{"quote marks with spaces", repeat("> ")},
	{"sixteen quotes, lines inside", after(strings.Repeat(">", 16)+"a\n", ">a\n")},
	{"sixteen lists, blank lines", after(strings.Repeat("- ", 16)+"a\n", "\n")},
	{"sixteen lists, lazy lines", after(strings.Repeat("- ", 16)+"a\n", "a\n")},
	{"sixteen lists again and again", repeat(strings.Repeat("- ", 16) + "a\n")},
	{"sixteen quotes again and again", repeat(strings.Repeat(">", 16) + "a\n\n")},
	{"list markers", repeat("- ")},
	{"numbered markers", repeat("1. ")},
	{"stairs of lists", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i += 2 {
			b.WriteString(strings.Repeat(" ", i) + "- a\n")
		}
		return b.String()[:n]
	}},
	{"stairs of lists behind lazy lines", repeat(strings.Repeat("- ", 10) + "a\nb\n" + strings.Repeat(" ", 20) + strings.Repeat("- ", 10) + "c\n")},
	{"wide numbers", repeat("123456789. a\n     1. b\n")},

	{"emphasis", repeat("*a* ")},
	{"emphasis in paragraphs", repeat("*a*\n\n")},
	{"emphasis in items", repeat("- *a*\n")},
	{"emphasis in one word", repeat("a*")},
	{"openers", repeat("*a ")},
	{"openers that no closer fits", halves("*a ", "a_ ")},
	{"openers that no closer fits, in paragraphs", blocks(3000, halves("*a ", "a_ "))},
	{"openers that no closer fits, small paragraphs", blocks(300, halves("*a ", "a_ "))},
	{"openers of both kinds", repeat("*a _b ")},
	{"closers of both kinds", repeat("a* b_ ")},
	{"rule of three", halves("a**b", "c*")},
	{"strong signs", func(n int) string { return strings.Repeat("*", n/2) + "a" + strings.Repeat("*", n/2) }},
	{"strikethrough", repeat("~a~ ")},
	{"strikethrough openers", repeat("~~a ")},
	{"tildes", after("a", "~")},
	{"runs of tildes", repeat("a~~~~~~~~~~~~~~~~~~~")},
	{"underscores", repeat("_")},
	{"snake case", repeat("a_b_c ")},

	{"code", repeat("`a` ")},
	{"code in paragraphs", repeat("`a`\n\n")},
	{"code of rising length", ticks("a")},
	{"code of rising length on lines", ticks("\n")},
	{"code of rising length in paragraphs", blocks(10000, ticks("a"))},
	{"code behind escapes", repeat("\\`` a ")},
	{"code behind escapes on lines", repeat("\\``\n")},
	{"backticks", after("a", "`")},
	{"code over lines", after("`", "a\n")},

	{"opening brackets", repeat("[")},
	{"closing brackets", repeat("]")},
	{"image brackets", repeat("![")},
	{"brackets", repeat("[]")},
	{"brackets with words", repeat("[a] ")},
	{"brackets on lines", repeat("[a]\n")},
	{"brackets on lines of paragraphs", blocks(4000, repeat("[a]\n"))},
	{"brackets with emphasis", repeat("[*a*] ")},
	{"sixteen brackets", repeat(strings.Repeat("[", 16) + "a" + strings.Repeat("]", 16))},
	{"sixteen brackets around all", func(n int) string {
		return strings.Repeat("[", 16) + strings.Repeat("*a*", n/3) + strings.Repeat("]", 16)
	}},
	{"unclosed links", repeat("[a](")},
	{"unclosed links with address", repeat("[a](b")},
	{"unclosed pointed links", repeat("[a](<b")},
	{"unclosed pointed links with spaces", repeat("[a](<b ")},
	{"unclosed titles", repeat(`[a](b "`)},
	{"unclosed titles of all kinds", repeat(`[a](b "[a](b '[a](b (`)},
	{"links", repeat("[a](http://b.c) ")},
	{"links with emphasis", after(strings.Repeat("`c` ", 20000), "[*a*](http://b.c)")},
	{"links behind much emphasis", func(n int) string {
		return repeat("~a `b` ")(n/2) + repeat("[*a*](http://b.c)")(n/2)
	}},
	{"links to nowhere", repeat("[a](b) ")},
	{"images", repeat("![a](http://b.c) ")},
	{"references", after("[a]: http://b.c\n\n", "[a] ")},
	{"references with emphasis", after("[*a*]: http://b.c\n\n", "[*a*] ")},
	{"references to a long address", after("[a]: http://b.c/"+strings.Repeat("d", 2000)+"\n\n", "[a] ")},
	{"references to a too long address", after("[a]: http://b.c/"+strings.Repeat("d", 80000)+"\n\n", "[a] ")},
	{"references to a long title", after("[a]: http://b.c '"+strings.Repeat("d", 80000)+"'\n\n", "[a] ")},
	{"missing references", repeat("[a][b] ")},
	{"missing references, unclosed", repeat("[a][")},
	{"definitions", repeat("[a]: b\n")},
	{"definitions in paragraphs", repeat("[a]: b\n\n")},
	{"definitions with titles", repeat("[a]: b\n'\n")},
	{"definitions before many lines", func(n int) string {
		return strings.Repeat("[a]: b\n", min(n/20, 500)) + repeat("c\n")(n/5)
	}},
	{"definitions, one label each", func(n int) string {
		var b strings.Builder
		for i := rune('一'); b.Len() < n; i++ {
			b.WriteString("[" + string(i) + "]: b\n")
		}
		return b.String()
	}},

	{"bare links", repeat("http://a.b ")},
	{"bare links with dots", repeat("http://" + strings.Repeat("a.", 150) + " ")},
	{"bare links that are none", repeat("http://a ")},
	{"bare links in a chain", repeat("_http://a.b/")},
	{"bare links and signs", after("http://a.b/", "~~!")},
	{"bare links and entities", after("http://a.b/?", "&a;")},
	{"bare www", repeat("www.a.b ")},
	{"mail", repeat("a@b.c ")},
	{"long mail", repeat(strings.Repeat("a", 60) + "@" + strings.Repeat("a.", 120) + "a ")},
	{"mail names", repeat("(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")},
	{"pointed links", repeat("<http://a.b>")},
	{"pointed links, unclosed", repeat("<a:")},

	{"tables", repeat("|a|b|\n|-|-|\n|c|d|\n\n")},
	{"one table", after("|a|b|\n|-|-|\n", "|a|b|\n")},
	{"largest table", func(n int) string {
		row := strings.Repeat("|a", 32) + "|\n"
		return row + strings.Repeat("|-", 32) + "|\n" + strings.Repeat(row, min(500, n/len(row)))
	}},
	{"largest table with emphasis", func(n int) string {
		row := strings.Repeat("|*a*", 32) + "|\n"
		return row + strings.Repeat("|-", 32) + "|\n" + strings.Repeat(row, min(500, n/len(row)))
	}},
	{"table of empty rows", func(n int) string {
		return strings.Repeat("|a", 32) + "|\n" + strings.Repeat("|-", 32) + "|\n" + strings.Repeat("|\n", min(n, 499))
	}},
	{"table with a long head", after("|"+strings.Repeat("a", 20000)+"|\n|-|\n", "|b|\n")},
	{"columns", func(n int) string { return repeat("|a")(n/3) + "|\n" + repeat("|-")(n/3) + "|\n|b|" }},
	{"pipes", repeat("|")},
	{"escaped pipes in code", after("|a|b|\n|-|-|\n", "|`\\|`")},
	{"escaped pipes in code, rows", after("|a|b|\n|-|-|\n", "|`\\|\\|\\|\\|`|\n")},
	{"delimiter rows", repeat("-|-\n")},
	{"columns without pipes", after("a\n:-\n", "b\n")},

	{"ampersands", repeat("&")},
	{"entities", repeat("&amp;")},
	{"numeric entities", repeat("&#x26;")},
	{"unknown entities", repeat("&aaaaaaaa;")},
	{"quotation marks", repeat(`"'`)},
	{"less-than signs", repeat("<")},
	{"tags", repeat("<b>")},
	{"comments", repeat("<!--")},
	{"processing", repeat("<?")},
	{"escapes", repeat(`\*`)},
	{"backslashes", repeat(`\`)},
	{"exclamation marks", repeat("!")},
	{"parentheses", repeat("(")},
	{"items, then openers that no closer fits", func(n int) string {
		return repeat("- a\n")(n*18/100) + "\n\n" + halves("*a ", "a_ ")(n*9/100)
	}},
	{"a bit of everything", repeat("- *a* `b` [c](http://d.e) &amp; ~f~\n")},
}

// fill returns as much of the hostile part as the scan lets through, and prose after it up to n characters: the worst
// that this idea can still do.
func (h hostile) fill(n int) string {
	padded := func(size int) string {
		s := h.make(size)
		return s + "\n\n" + repeat("Calls fail for some of you. ")(max(n-2-len([]rune(s)), 0))
	}
	return padded(sort.Search(n-2, func(i int) bool { return scan(padded(i+1)) != nil }))
}

// BenchmarkHostile is R8.2: at most 100 ms and 32 MiB each, the whole way. Run it with -benchmem.
func BenchmarkHostile(b *testing.B) {
	r := New(Options{})
	for _, h := range hostiles {
		src := h.fill(MaxPostmortem)
		b.Run(strings.ReplaceAll(h.name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Render(context.Background(), src, MaxPostmortem)
			}
		})
	}
}

// Not parallel: it reads the allocations of the whole process. What it takes is time of the processor, which
// others on the machine do not make longer, and the bound is loose: a loop in a loop takes far more. The exact one is the
// benchmark's.
func TestRender_hostileTextStaysInBounds(t *testing.T) {
	r := New(Options{})
	size := MaxPostmortem
	if underRace {
		size = 5000
	}
	for _, h := range hostiles {
		for _, src := range []string{h.fill(size), h.make(size)} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := processorTime(t)
			_, _ = r.Render(context.Background(), src, MaxPostmortem)
			took := processorTime(t) - start
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > 32<<20 && !underRace {
				t.Errorf("%s: %d MiB allocated, want at most 32", h.name, got>>20)
			}
			if took > time.Second {
				t.Errorf("%s: took %v", h.name, took)
			}
		}
	}
}

// processorTime is what this process used so far.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
