package markdown

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

func render(t *testing.T, src string) Doc {
	t.Helper()
	d, err := New(Options{OwnHosts: []string{"status.example.com", "Intern.example:8443"}}).Render(t.Context(), src, MaxPostmortem)
	if err != nil {
		t.Fatalf("render: %v", err)
	}
	return d
}

const external = ` rel="nofollow noopener noreferrer ugc"`

func TestRender(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, html, text string }{
		{
			name: "a line end is a line break, as in a chat",
			src:  "Calls fail.\nWe look into it.\r\nSorry.",
			html: "<p>Calls fail.<br>\nWe look into it.<br>\nSorry.</p>\n",
			text: "Calls fail.\nWe look into it.\nSorry.",
		},
		{
			name: "a blank line is a paragraph, several are too",
			src:  "One.\n\n\n\nTwo.\n",
			html: "<p>One.</p>\n<p>Two.</p>\n",
			text: "One.\n\nTwo.",
		},
		{
			name: "the old ways of a line break make one, not two",
			src:  "a  \nb\\\nc",
			html: "<p>a<br>\nb<br>\nc</p>\n",
			text: "a\nb\nc",
		},
		{
			name: "headings begin below the heading of the page, skip no level and end at h6",
			src:  "#### Deep\n# One\n## Two\n###### Six\n###### Six\n###### Six\n###### Six\n# One\nbelow",
			html: "<h3>Deep</h3>\n<h2>One</h2>\n<h3>Two</h3>\n<h4>Six</h4>\n<h5>Six</h5>\n<h6>Six</h6>\n<h6>Six</h6>\n<h2>One</h2>\n<p>below</p>\n",
			text: "Deep\n\nOne\n\nTwo\n\nSix\n\nSix\n\nSix\n\nSix\n\nOne\n\nbelow",
		},
		{
			name: "a tag is text",
			src:  "<b>bold</b> & <script>alert(1)</script>\n\n<div>\n*x*\n</div>\n\n<!-- note -->",
			html: "<p>&lt;b&gt;bold&lt;/b&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt;</p>\n" +
				"<p>&lt;div&gt;<br>\n<em>x</em><br>\n&lt;/div&gt;</p>\n<p>&lt;!-- note --&gt;</p>\n",
			text: "<b>bold</b> & <script>alert(1)</script>\n\n<div>\nx\n</div>\n\n<!-- note -->",
		},
		{
			name: "emphasis",
			src:  "*a* **b** ~~c~~ `d <e>` ***f***",
			html: "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d &lt;e&gt;</code> <em><strong>f</strong></em></p>\n",
			text: "a b c d <e> f",
		},
		{
			name: "escapes and entities are what they stand for",
			src:  `\*a\* &amp; &copy; &#x41; &nosuch; AT&T`,
			html: "<p>*a* &amp; © A &amp;nosuch; AT&amp;T</p>\n",
			text: "*a* & © A &nosuch; AT&T",
		},
		{
			name: "lists",
			src:  "We did:\n- one\n  more\n- two\n  1. deep\n  2. deeper\n\nand\n\n3) three\n4) four",
			html: "<p>We did:</p>\n<ul>\n<li>one<br>\nmore</li>\n<li>two\n<ol>\n<li>deep</li>\n<li>deeper</li>\n</ol>\n</li>\n</ul>\n" +
				"<p>and</p>\n<ol start=\"3\">\n<li>three</li>\n<li>four</li>\n</ol>\n",
			text: "We did:\n\n- one\n  more\n- two\n  1. deep\n  2. deeper\n\nand\n\n3) three\n4) four",
		},
		{
			name: "a definition on two lines",
			src:  "[Update]:\nfixed\n'words'\n",
			html: "<p>[Update]:<br>\nfixed<br>\n&#39;words&#39;</p>\n",
			text: "[Update]:\nfixed\n'words'",
		},
		{
			name: "a list with room",
			src:  "- one\n\n  more\n\n- two",
			html: "<ul>\n<li><p>one</p>\n<p>more</p>\n</li>\n<li><p>two</p>\n</li>\n</ul>\n",
			text: "- one\n\n  more\n\n- two",
		},
		{
			name: "an empty item keeps its place",
			src:  "1. a\n2.\n3. c",
			html: "<ol>\n<li>a</li>\n<li></li>\n<li>c</li>\n</ol>\n",
			text: "1. a\n2.\n3. c",
		},
		{
			name: "tasks are signs, not inputs",
			src:  "- [x] restart\n- [ ] explain",
			html: "<ul>\n<li>☑ restart</li>\n<li>☐ explain</li>\n</ul>\n",
			text: "- ☑ restart\n- ☐ explain",
		},
		{
			name: "quotes",
			src:  "They say:\n\n> It is back.\n>\n> - really\n> > deep\n\nWe check.",
			html: "<p>They say:</p>\n<blockquote>\n<p>It is back.</p>\n<ul>\n<li>really</li>\n</ul>\n<blockquote>\n<p>deep</p>\n</blockquote>\n</blockquote>\n<p>We check.</p>\n",
			text: "They say:\n\n> It is back.\n>\n> - really\n>\n> > deep\n\nWe check.",
		},
		{
			name: "code keeps its lines and spaces",
			src:  "```sh\nif x; then\n\n  <y>\nfi\n```\nthen\n\n    a\n      b\n",
			html: "<pre><code>if x; then\n\n  &lt;y&gt;\nfi\n</code></pre>\n<p>then</p>\n<pre><code>a\n  b\n</code></pre>\n",
			text: "    if x; then\n\n      <y>\n    fi\n\nthen\n\n    a\n      b",
		},
		{
			name: "a code span over two lines is one line",
			src:  "`a\nb`",
			html: "<p><code>a b</code></p>\n",
			text: "a b",
		},
		{
			name: "a table has heads for columns and rows, and keeps how its columns are set",
			src:  "Times:\n\n| Period | Impact | |\n|:--|--:|:-:|\n| 1pm | *none* | x |\n| 2pm |  \n\nafter",
			html: "<p>Times:</p>\n<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Table\"><table>\n<thead>\n<tr>\n" +
				"<th scope=\"col\">Period</th>\n<th scope=\"col\" class=\"right\">Impact</th>\n<th scope=\"col\" class=\"center\"></th>\n</tr>\n</thead>\n<tbody>\n" +
				"<tr>\n<th scope=\"row\">1pm</th>\n<td class=\"right\"><em>none</em></td>\n<td class=\"center\">x</td>\n</tr>\n" +
				"<tr>\n<th scope=\"row\">2pm</th>\n<td></td>\n<td></td>\n</tr>\n</tbody>\n</table></div>\n<p>after</p>\n",
			text: "Times:\n\n- Period: 1pm; Impact: none; x\n- Period: 2pm; Impact: –\n\nafter",
		},
		{
			name: "a table without rows still shows its heads",
			src:  "|a|b|\n|-|-|",
			html: "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Table\"><table>\n<thead>\n<tr>\n" +
				"<th scope=\"col\">a</th>\n<th scope=\"col\">b</th>\n</tr>\n</thead>\n</table></div>\n",
			text: "a; b",
		},
		{
			name: "links",
			src: "[our *log*](https://a.example/x?y=1&z=2 \"the title\") https://b.example/p_q. <https://c.example> www.d.example " +
				"me@e.example [write](mailto:f@e.example) [ref] [ref][] [words][ref]\n\n[ref]: https://g.example",
			html: `<p><a href="https://a.example/x?y=1&amp;z=2"` + external + ` title="the title">our <em>log</em></a> ` +
				`<a href="https://b.example/p_q"` + external + `>https://b.example/p_q</a>. ` +
				`<a href="https://c.example"` + external + `>https://c.example</a> ` +
				`<a href="http://www.d.example"` + external + `>www.d.example</a> ` +
				`<a href="mailto:me@e.example"` + external + `>me@e.example</a> ` +
				`<a href="mailto:f@e.example"` + external + `>write</a> ` +
				`<a href="https://g.example"` + external + `>ref</a> <a href="https://g.example"` + external + `>ref</a> ` +
				`<a href="https://g.example"` + external + `>words</a></p>` + "\n",
			text: "our log (https://a.example/x?y=1&z=2) https://b.example/p_q. https://c.example www.d.example " +
				"me@e.example write (f@e.example) ref (https://g.example) ref (https://g.example) words (https://g.example)",
		},
		{
			name: "our own hosts are vouched for, whatever the case, and one only at its port",
			src:  "[a](https://STATUS.example.com/x) [b](https://INTERN.example:8443/) [c](https://intern.example/) [d](https://status.example.com.evil.example)",
			html: `<p><a href="https://STATUS.example.com/x">a</a> <a href="https://INTERN.example:8443/">b</a> ` +
				`<a href="https://intern.example/"` + external + `>c</a> <a href="https://status.example.com.evil.example"` + external + ">d</a></p>\n",
			text: "a (https://STATUS.example.com/x) b (https://INTERN.example:8443/) c (https://intern.example/) d (https://status.example.com.evil.example)",
		},
		{
			name: "a link without words shows its address",
			src:  "[](https://a.example) ![](https://b.example/c.png) [](mailto:d@e.example)",
			html: `<p><a href="https://a.example"` + external + `>https://a.example</a> <a href="https://b.example/c.png"` + external +
				`>https://b.example/c.png</a> <a href="mailto:d@e.example"` + external + ">d@e.example</a></p>\n",
			text: "https://a.example https://b.example/c.png d@e.example",
		},
		{
			name: "an image is a link to it",
			src:  "![graph of *errors*](https://a.example/g.png)",
			html: `<p><a href="https://a.example/g.png"` + external + ">graph of errors</a></p>\n",
			text: "graph of errors (https://a.example/g.png)",
		},
		{
			name: "a link in a link is one link",
			src:  "[![x](https://a.example/i.png)](https://b.example) ![y [z](https://c.example)](https://d.example) [<https://e.example>](https://f.example)",
			html: `<p><a href="https://b.example"` + external + `>x</a> <a href="https://d.example"` + external + `>y z</a> ` +
				`<a href="https://f.example"` + external + ">https://e.example</a></p>\n",
			text: "x (https://a.example/i.png) (https://b.example) y z (https://d.example) https://e.example (https://f.example)",
		},
		{
			name: "a refused link keeps its words",
			src:  "[a](/x) [b](//c.example/x) [d](ftp://e.example) [f](tel:1) <tel:2> ![g](/h.png) [i](mailto:) [j](https://k.example/" + strings.Repeat("l", 2048) + ")",
			html: "<p>a b d f tel:2 g i j</p>\n",
			text: "a b d f tel:2 g i j",
		},
		{
			name: "a definition that nobody uses is words",
			src:  "[Update]: fixed\n[used]: https://a.example\n\n[used]",
			html: "<p>[Update]: fixed</p>\n" + `<p><a href="https://a.example"` + external + ">used</a></p>\n",
			text: "[Update]: fixed\n\nused (https://a.example)",
		},
		{
			name: "separators",
			src:  "a\n\n- - - - - - - - - - - - - - - - - - - - - - -\n\nb",
			html: "<p>a</p>\n<hr>\n<p>b</p>\n",
			text: "a\n\n----\n\nb",
		},
		{
			name: "addresses of people who do not write English",
			src:  "[a](https://bücher.example/straße) 详见 https://a.example/状态。",
			html: `<p><a href="https://b%C3%BCcher.example/stra%C3%9Fe"` + external + `>a</a> 详见 <a href="https://a.example/"` + external + ">https://a.example/</a>状态。</p>\n",
			text: "a (https://b%C3%BCcher.example/stra%C3%9Fe) 详见 https://a.example/状态。",
		},
		{
			name: "control characters vanish, also written as entities",
			src:  "a\x01b\x1b[31mc\u0085 &#1;&#27;d\tend &#0;",
			html: "<p>ab[31mc d\tend \ufffd</p>\n",
			text: "ab[31mc d\tend \ufffd",
		},
		{name: "nothing", src: " \n\t\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := render(t, tt.src)
			if diff := cmp.Diff(tt.html, d.HTML); diff != "" {
				t.Errorf("HTML (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.text, d.Text); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRender_lead(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, want string }{
		{"the first paragraph on one line", "Calls *fail*\nfor [some](https://a.example).\n\nMore.", "Calls fail for some."},
		{"headings are passed over", "# Postmortem\n\n## For May 14\n\nOn May 14 it broke.", "On May 14 it broke."},
		{"a heading alone", "# Resolved", "Resolved"},
		{"a list", "- one\n- two", "one"},
		{"a quote", "> it is back\n\nyes", "it is back"},
		{"a table", "|a|b|\n|-|-|\n|c|d|", "a: c; b: d"},
		{"an image", "![graph](https://a.example/g.png)", "graph"},
		{"nothing", "", ""},
		{"exactly 200", strings.Repeat("a", 200), strings.Repeat("a", 200)},
		{"cut at a word end", strings.Repeat("abcd ", 50), strings.TrimSpace(strings.Repeat("abcd ", 40)) + "…"},
		{"no comma before the dots", strings.Repeat("a", 150) + ", " + strings.Repeat("b", 150), strings.Repeat("a", 150) + "…"},
		{"a word longer than all", strings.Repeat("字", 300), strings.Repeat("字", 199) + "…"},
		{"an accent stays with its letter", strings.Repeat("a", 198) + "e\u0301" + strings.Repeat("b", 50), strings.Repeat("a", 198) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := render(t, tt.src).Lead
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if n := len([]rune(got)); n > 200 {
				t.Errorf("got %d characters, want at most 200", n)
			}
		})
	}
}

// seed is an incident as a real company published it, given with this project.
type seed struct {
	Incident struct {
		Updates []struct {
			Body string `json:"body"`
		} `json:"updates_newest_first"`
		Postmortem struct {
			Markdown string `json:"markdown"`
		} `json:"postmortem"`
	} `json:"incident"`
}

func readSeed(t *testing.T, name string) seed {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var s seed
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Incident.Updates) == 0 || s.Incident.Postmortem.Markdown == "" {
		t.Fatal("the seed is empty")
	}
	return s
}

// visible returns the words of an HTML fragment in order.
func visible(t *testing.T, fragment string) []string {
	t.Helper()
	var words []string
	for z := html.NewTokenizer(strings.NewReader(fragment)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return words
		case html.TextToken:
			words = append(words, strings.Fields(string(z.Text()))...)
		}
	}
}

// unmarked returns the words of a Markdown text that has headings, tables and numbered lists only.
func unmarked(src string) []string {
	var words []string
	for line := range strings.Lines(src) {
		for i, w := range strings.Fields(line) {
			number := i == 0 && len(w) == 2 && w[1] == '.' && w[0] <= '9'
			if strings.Trim(w, "#|-") == "" || number {
				continue
			}
			words = append(words, w)
		}
	}
	return words
}

func TestRender_seedsWordForWord(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"callrail", "raco"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := readSeed(t, name)
			for _, u := range s.Incident.Updates {
				d := render(t, u.Body)
				if diff := cmp.Diff(strings.Fields(u.Body), unescape(visible(t, d.HTML))); diff != "" {
					t.Errorf("update in HTML (-want +got):\n%s", diff)
				}
				if got, want := d.Text, strings.TrimSpace(u.Body); got != want {
					t.Errorf("update as text: got %q, want %q", got, want)
				}
			}
			d := render(t, s.Incident.Postmortem.Markdown)
			if diff := cmp.Diff(unmarked(s.Incident.Postmortem.Markdown), unescape(visible(t, d.HTML))); diff != "" {
				t.Errorf("postmortem in HTML (-want +got):\n%s", diff)
			}
		})
	}
}

func unescape(words []string) []string {
	for i, w := range words {
		words[i] = html.UnescapeString(w)
	}
	return words
}

func TestRender_callrailPostmortemAsText(t *testing.T) {
	t.Parallel()
	d := render(t, readSeed(t, "callrail").Incident.Postmortem.Markdown)
	for _, want := range []string{
		"Postmortem\n\nfor call connectivity downtime, May 14, 2018\n\nOn May 14, 2018, CallRail customers experienced",
		"\n\nImpact Timeline\n\n- Period: 1:30pm to 2:39pm EDT; Impact: Calls were tracked, but had elevated failure rates.",
		"\n- Period: 4:40pm EDT; Impact: Normal call behavior resumed, and the application dashboard became available again.\n\nIncident History\n\n",
		"in the future.\n\n1. With better understanding of this limit,",
		"\n5. CallRail is building finer-grained control",
		"customers.\n\nConclusion\n\nCallRail’s performance",
	} {
		if !strings.Contains(d.Text, want) {
			t.Errorf("text lacks %q", want)
		}
	}
	want := "On May 14, 2018, CallRail customers experienced a significant service interruption. This prevented calls from " +
		"being delivered and impacted the availability of the application dashboard. We know any…"
	if d.Lead != want {
		t.Errorf("lead: got %q, want %q", d.Lead, want)
	}
}

func TestRender_aPostmortemOfFullLengthPasses(t *testing.T) {
	t.Parallel()
	one := readSeed(t, "callrail").Incident.Postmortem.Markdown + "\n"
	src := strings.Repeat(one, MaxPostmortem/len([]rune(one)))
	if _, err := New(Options{}).Render(t.Context(), src, MaxPostmortem); err != nil {
		t.Errorf("%d characters: %v", len([]rune(src)), err)
	}
	item := "- **12:30** `api-1` *restarted*, see [the log](https://a.example/log/123) for more of it.\n"
	if _, err := New(Options{}).Render(t.Context(), strings.Repeat(item, 1000), MaxPostmortem); err != nil {
		t.Errorf("a log of 1,000 lines: %v", err)
	}
}

func TestRender_limits(t *testing.T) {
	t.Parallel()
	table := func(columns, rows int) string {
		row := strings.Repeat("|a", columns) + "|\n"
		return row + strings.Repeat("|-", columns) + "|\n" + strings.Repeat(row, rows)
	}
	many := func(s string) func(int) string { return func(n int) string { return strings.Repeat(s, n) } }
	tests := []struct {
		name  string
		what  string
		limit int
		make  func(n int) string
	}{
		{"characters", "length", MaxPostmortem, many("é")},
		{"characters, CR LF being one", "length", MaxPostmortem, func(n int) string {
			return strings.Repeat("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", n/40) + strings.Repeat("b", n%40)
		}},
		{"columns", "table_columns", 32, func(n int) string { return table(n, 1) }},
		{"columns without outer pipes", "table_columns", 32, func(n int) string {
			return strings.Repeat("a|", n-1) + "a\n" + strings.Repeat("-|", n-1) + "-\n"
		}},
		{"rows", "table_rows", 500, func(n int) string { return table(2, n) }},
		{"rows of full width", "table_rows", 500, func(n int) string { return table(32, n) }},
		{"rows in two tables", "table_rows", 500, func(n int) string { return table(2, n-300) + "\n" + table(2, 300) }},
		{"rows in a quote", "table_rows", 500, func(n int) string {
			return strings.ReplaceAll("> "+strings.TrimSpace(table(2, n)), "\n", "\n> ")
		}},
		{"quotes", "nesting", 16, func(n int) string { return strings.Repeat("> ", n) + "a" }},
		{"lists on one line", "nesting", 16, func(n int) string { return strings.Repeat("- ", n) + "a" }},
		{"numbers on one line", "nesting", 16, func(n int) string { return strings.Repeat("1. ", n) + "a" }},
		{"lists by indent", "nesting", 16, func(n int) string {
			var b strings.Builder
			for i := range n {
				b.WriteString(strings.Repeat("  ", i) + "- a\n")
			}
			return b.String()
		}},
		{"emphasis", "nesting", 16, func(n int) string {
			return strings.Repeat("*a ", n) + "a" + strings.Repeat(" a*", n)
		}},
		{"brackets", "nesting", 16, many("[")},
		{"links", "links", 1000, many("[a](https://b.example) ")},
		{"images", "links", 1000, many("![a](/b) ")},
		{"bare links", "links", 1000, many("http://a.example ")},
		{"pointed links", "links", 1000, many("<http://a.example> ")},
		{"www", "links", 1000, many("www.a.example ")},
		{"mail", "links", 1000, many("a@b.example ")},
		{"references", "links", 1000, func(n int) string {
			return "[a]: http://b.example\n\n" + strings.Repeat("[a] [a][] ", n/2) + strings.Repeat("[a]", n%2)
		}},
		{"definitions", "links", 1000, many("[a]: /b\n\n")},
	}
	r := New(Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := r.Render(t.Context(), tt.make(tt.limit), MaxPostmortem); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			_, err := r.Render(t.Context(), tt.make(tt.limit+1), MaxPostmortem)
			var got *LimitError
			if !errors.As(err, &got) {
				t.Fatalf("over the limit: got %v, want a LimitError", err)
			}
			if want := (LimitError{tt.what, tt.limit}); *got != want {
				t.Errorf("got %v, want %v", *got, want)
			}
		})
	}
}

func TestRender_limitsThatHaveNoNumber(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, what, src string }{
		{"a table that grows", "output", strings.Repeat("|a", 32) + "|\n" + strings.Repeat("|-", 32) + "|\n" + strings.Repeat("|\n", 499)},
		{"a head repeated for each row", "output", "|" + strings.Repeat("a", 20000) + "|\n|-|\n" + strings.Repeat("|b|\n", 400)},
		{"pieces", "output", strings.Repeat("a\n", 12000)},
		{"emphasis that does not fit", "nesting", strings.Repeat("*a ", 5000) + strings.Repeat("a_ ", 5000)},
		{"tildes", "nesting", "a" + strings.Repeat("~", 20000)},
		{"backticks", "nesting", ticks("aaa")(90000)},
		{"backticks on lines", "nesting", strings.Repeat("\\``\n", 5000)},
		{"unclosed links", "links", strings.Repeat("[a](", 20000)},
		{"unclosed links below the number", "links", strings.Repeat("[a]("+strings.Repeat("b", 90), 999)},
		{"brackets on lines", "links", strings.Repeat("[a]\n", 5000)},
		{"links behind much code", "links", strings.Repeat("`c` ", 8000) + strings.Repeat("[*a*](http://b.c)", 300)},
		{"definitions before many lines", "links", strings.Repeat("[a]: b\n", 500) + strings.Repeat("c\n", 9000)},
		{"pipes in code", "table_columns", "|a|\n|-|\n" + strings.Repeat("|`"+strings.Repeat("\\|", 11)+"`|\n", 100)},
		{"lists and blank lines", "nesting", strings.Repeat("- ", 16) + "a\n" + strings.Repeat("\n", 20000)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(Options{}).Render(t.Context(), tt.src, MaxPostmortem)
			var got *LimitError
			if !errors.As(err, &got) || got.What != tt.what {
				t.Errorf("got %v, want a limit of %s", err, tt.what)
			}
		})
	}
}

// What the scan lets through is counted once more, exactly. Here the scan is left out.
func TestRender_countsAgainAfterParsing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what string
		src  string
	}{
		{"table_rows", "|a|\n|-|\n" + strings.Repeat("|b|\n", 501)},
		{"links", "[a]: http://b.example\n\n" + strings.Repeat("[a] ", 1001)},
		{"nesting", strings.Repeat(">", 17) + "a"},
		{"nesting", strings.Repeat("*", 50000) + "a" + strings.Repeat("*", 50000)},
	}
	for _, tt := range tests {
		_, _, _, err := New(Options{}).write([]byte(tt.src))
		var got *LimitError
		if !errors.As(err, &got) || got.What != tt.what {
			t.Errorf("%.20q: got %v, want a limit of %s", tt.src, err, tt.what)
		}
	}
}

func TestRender_maxCharsIsTheCallersButNeverMoreThanAPostmortem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ max, limit int }{{10, 10}, {0, MaxUpdate}, {-1, MaxUpdate}, {1 << 40, MaxPostmortem}} {
		_, err := New(Options{}).Render(t.Context(), strings.Repeat("a", tt.limit+1), tt.max)
		var got *LimitError
		if !errors.As(err, &got) || *got != (LimitError{"length", tt.limit}) {
			t.Errorf("max %d: got %v, want a limit of %d", tt.max, err, tt.limit)
		}
	}
}

func TestRender_refusesWhatIsNoText(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"\xff", "a\xc3(", "\xed\xa0\x80", "a\x00b"} {
		if _, err := New(Options{}).Render(t.Context(), src, 0); !errors.Is(err, ErrEncoding) {
			t.Errorf("%q: got %v, want ErrEncoding", src, err)
		}
	}
}

func TestRender_waitsForASlotAsLongAsItsContext(t *testing.T) {
	t.Parallel()
	r := New(Options{Slots: 1})
	r.slots <- struct{}{} // someone else converts
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := r.Render(ctx, "a", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no slot: got %v, want a deadline", err)
	}
	<-r.slots
	for range 20 { // a select picks at random
		if _, err := r.Render(ctx, "a", 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a slot, but too late: got %v, want a deadline", err)
		}
	}
	if _, err := r.Render(t.Context(), strings.Repeat(">", 17), 0); err == nil {
		t.Error("too much nesting: got no error")
	}
	for range 2 { // the slot came back each time
		if _, err := r.Render(t.Context(), "a", 0); err != nil {
			t.Errorf("a slot: %v", err)
		}
	}
}

func TestRender_isSafeForManyAtOnce(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	src := readSeed(t, "callrail").Incident.Postmortem.Markdown
	want, err := r.Render(t.Context(), src, MaxPostmortem)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := r.Render(t.Context(), src, MaxPostmortem); err != nil || got != want {
				t.Errorf("got another document, or %v", err)
			}
		})
	}
	wg.Wait()
}

func TestRender_needsNoSanitising(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	srcs := []string{readSeed(t, "callrail").Incident.Postmortem.Markdown, readSeed(t, "raco").Incident.Postmortem.Markdown}
	for _, h := range hostiles {
		srcs = append(srcs, h.make(2000))
	}
	srcs = append(srcs, attacks...)
	for _, src := range srcs {
		page, _, _, err := r.write([]byte(src))
		if err != nil {
			continue
		}
		if safe := r.policy.Sanitize(page); safe != page {
			t.Errorf("%.60q: the sanitiser changed it:\n%s", src, cmp.Diff(page, safe))
		}
	}
}
