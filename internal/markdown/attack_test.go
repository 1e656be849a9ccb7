package markdown

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// attacks are texts that made a page run someone's code, elsewhere and in earlier versions of what we use.
var attacks = []string{
	"[x](javascript:alert(1))",
	"[x](javascript&colon;alert(1))", // CVE-2026-5160
	"[x](javascript&#58;alert(1))",
	"[x](javascript&#x3a;alert(1))",
	"[x](javascript&#0000058alert(1))",
	"[x](&#106;avascript:alert(1))",
	"[x](&Tab;javascript:alert(1))",
	"[x](java&Tab;script:alert(1))",
	"[x](java&NewLine;script:alert(1))",
	"[x](java&#13;script:alert(1))",
	"[x](java\tscript:alert(1))",
	"[x](<java\tscript:alert(1)>)",
	"[x](<java script:alert(1)>)",
	"[x](<\x01javascript:alert(1)>)",
	"[x](&#1;javascript:alert(1))",
	"[x](\u200bjavascript:alert(1))",
	"[x](\u00a0javascript:alert(1))",
	"[x](JaVaScRiPt:alert(1))",
	"[x](javascript\\:alert(1))",
	"[x](javascript%3Aalert(1))",
	"[x](vbscript:msgbox(1))",
	"[x](data:text/html,<script>alert(1)</script>)",
	"[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
	"[x](data:image/svg+xml;base64,PHN2Zz4=)",
	"![x](data:image/png;base64,iVBORw0KGgo=)",
	"[x](file:///etc/passwd)",
	"[x](blob:https://a.example/1)",
	"[x](view-source:https://a.example)",
	"[x](//evil.example/x)",
	"[x](\\\\evil.example/x)",
	"[x](/\\evil.example/x)",
	"[x](https:evil.example)",
	"[x](https:/evil.example)",
	"[x](https:///evil.example)",
	"[x](http:\\\\evil.example)",
	"[](&#1;x)", // once put a control character into the words
	"0[ ]()0",   // once lost its space on the page
	"[x](?q)",
	"[x](#top)",
	"<javascript:alert(1)>",
	"<javascript&colon;alert(1)>",
	"<JAVASCRIPT:alert(1)>",
	"<data:text/html,x>",
	"<vbscript:x>",
	"[x]: javascript:alert(1)\n\n[x]",
	"[x]: javascript&colon;alert(1) 'title'\n\n![x]",
	"[x]: <java&Tab;script:alert(1)>\n\n[y][x]",
	"![x](javascript:alert(1))",
	"![x](https://a.example/\" onerror=\"alert(1))",
	"![\" onerror=\"alert(1)](https://a.example)",
	"![<img src=x onerror=alert(1)>](https://a.example)",
	"[x](https://a.example \"\\\" onmouseover=alert(1) \\\"\")",
	"[x](https://a.example '\"><script>alert(1)</script>')",
	"[x](<https://a.example/\"onclick=\"alert(1)>)",
	"[x](https://a.example/'onclick='alert(1))",
	"[x](https://a.example/&quot;onclick=&quot;alert(1))",
	"[<b onclick=alert(1)>](https://a.example)",
	"[[[x](javascript:a)](javascript:b)](javascript:c)",
	"[![x](javascript:a)](javascript:b)",
	"![[x](javascript:a)](javascript:b)",
	"https://a.example/\"onmouseover=\"alert(1)",
	"https://a.example/<script>alert(1)</script>",
	"http://a.example/&quot;><script>",
	"www.a.example/\"><script>alert(1)</script>",
	"a@b.example\"><script>",
	"mailto:a@b.example\"onclick=x",
	"<script>alert(1)</script>",
	"<ScRiPt src=//evil.example></sCrIpT>",
	"<img src=x onerror=alert(1)>",
	"<svg/onload=alert(1)>",
	"<a href=javascript:alert(1)>x</a>",
	"<a href=\"java&#x09;script:alert(1)\">x</a>",
	"<iframe srcdoc='<script>alert(1)</script>'></iframe>",
	"<style>@import 'https://evil.example'</style>",
	"<div style=\"background:url(javascript:alert(1))\">",
	"<form action=//evil.example><input name=x>",
	"<base href=//evil.example>",
	"<meta http-equiv=refresh content=0>",
	"<!--><script>alert(1)</script>-->",
	"<![CDATA[<script>alert(1)</script>]]>",
	"<?x <script>alert(1)</script>?>",
	"<noscript><p title=\"</noscript><script>alert(1)</script>\">",
	"<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">",
	"&lt;script&gt;alert(1)&lt;/script&gt;",
	"&#60;script&#62;alert(1)",
	"`<script>alert(1)</script>`",
	"```<script>\n<script>alert(1)</script>\n```",
	"```\" onclick=\"alert(1)\nx\n```",
	"    <script>alert(1)</script>",
	"# <script>alert(1)</script> {#x onclick=alert(1)}",
	"|<script>|\n|-|\n|<img src=x onerror=alert(1)>|",
	"|a|\n|:-:|\n|[x](javascript:alert(1))|",
	"- [x] <script>alert(1)</script>",
	"1. a\n\n99999999999. b",
	"~~<b>~~ **<i>** *<u>*",
	"*[x*](javascript:alert(1))",
	"\\<script>alert(1)\\</script>",
	"<<script>script>alert(1)<</script>/script>",
	"x\u2028<script>\u2029",
	"[x](https://a.example/\u202ecod.exe)",
	"[a](https://status.example.com@evil.example/)",
}

func TestRender_attacksEndAsText(t *testing.T) {
	t.Parallel()
	for _, src := range attacks {
		d := render(t, src)
		checkSafe(t, src, d.HTML)
		if d.Text == "" {
			t.Errorf("%q: lost", src)
		}
	}
}

func TestRender_refusesEverySchemeButThree(t *testing.T) {
	t.Parallel()
	for _, src := range attacks {
		if !strings.HasPrefix(src, "[x](") || strings.Contains(src, "a.example") {
			continue
		}
		if got := render(t, src).HTML; strings.Contains(got, "<a") {
			t.Errorf("%q: got a link: %s", src, got)
		}
	}
}

// allowedTags is written out again, by hand: a mistake in the policy must not pass because the test shares it.
var allowedTags = map[string][]string{
	"p": nil, "br": nil, "hr": nil, "h2": nil, "h3": nil, "h4": nil, "h5": nil, "h6": nil, "blockquote": nil, "pre": nil,
	"code": nil, "ul": nil, "ol": {"start"}, "li": nil, "em": nil, "strong": nil, "del": nil, "table": nil, "thead": nil,
	"tbody": nil, "tr": nil, "td": {"class"}, "th": {"scope", "class"}, "a": {"href", "rel", "title"},
	"div": {"class", "role", "tabindex", "aria-label"},
}

// checkSafe parses a fragment as a browser does. It wants the tags above, addresses that go where they seem to go, and
// the very tree that was written: a fragment that a browser must repair is one that it may read differently.
func checkSafe(t *testing.T, src, fragment string) {
	t.Helper()
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(fragment), body)
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	var again strings.Builder
	for _, n := range nodes {
		checkNode(t, src, n)
		if err := html.Render(&again, n); err != nil {
			t.Fatalf("%q: %v", src, err)
		}
	}
	if got := strings.NewReplacer("<br/>", "<br>", "<hr/>", "<hr>").Replace(again.String()); got != fragment {
		t.Errorf("%q: a browser would repair\n%s\nto\n%s", src, fragment, got)
	}
}

func checkNode(t *testing.T, src string, n *html.Node) {
	t.Helper()
	switch n.Type {
	case html.TextNode:
	case html.ElementNode:
		attrs, ok := allowedTags[n.Data]
		if !ok {
			t.Errorf("%q: made a <%s>", src, n.Data)
		}
		for _, a := range n.Attr {
			if !slices.Contains(attrs, a.Key) {
				t.Errorf("%q: made a <%s %s=%q>", src, n.Data, a.Key, a.Val)
			}
			if a.Key == "href" && !goodAddress(a.Val) {
				t.Errorf("%q: made a link to %q", src, a.Val)
			}
			if a.Key == "class" && !slices.Contains([]string{"scroll", "right", "center"}, a.Val) {
				t.Errorf("%q: made a class %q", src, a.Val)
			}
		}
	default:
		t.Errorf("%q: made a node of type %d", src, n.Type)
	}
	for c := range n.ChildNodes() {
		checkNode(t, src, c)
	}
}

func goodAddress(s string) bool {
	if strings.ContainsAny(s, " \t\n\r\\\"<>") {
		return false
	}
	after, ok := strings.CutPrefix(s, "http://")
	if !ok {
		after, ok = strings.CutPrefix(s, "https://")
	}
	if ok {
		return after != "" && after[0] != '/' && after[0] != '?' && after[0] != '#'
	}
	return len(s) > len("mailto:") && strings.HasPrefix(s, "mailto:")
}
