package statustest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/statustest"
)

const statusPage = `<!doctype html><html lang="en"><head><title>CallRail status</title><style>p{color:red}</style></head>
<body class="page dark"><main>
  <p id="overall">All systems
     <strong>operational</strong>.</p>
  <ol class="ups open"><li data-state="resolved">Resolved<time datetime="2018-05-14T21:47:00Z">17:47</time></li><li
     data-state="identified">Identified</li></ol>
  <section><ol><li>Not an update</li></ol></section>
  <noscript>Reload to see changes</noscript><script>var shown = "no"</script>
  <div hidden>Secret</div><p>a<br>b<b>c</b></p>
  <a href="/history?month=2018-05">History</a>
  <table><tr><th scope="col">Period</th><th scope="col">Impact</th></tr><tr><td>1:30pm</td><td>Calls</td></tr></table>
</main></body></html>`

func TestNode_textIsWhatAReaderSees(t *testing.T) {
	t.Parallel()
	page := statustest.Page(t, []byte(statusPage))
	for selector, want := range map[string]string{
		"#overall": "All systems operational.",
		"ol.ups":   "Resolved17:47 Identified",
		"noscript": "Reload to see changes",
		"title":    "CallRail status",
		"table":    "Period Impact 1:30pm Calls",
		"[hidden]": "Secret",
	} {
		if got := page.Find(selector).Text(); got != want {
			t.Errorf("%s: got %q, want %q", selector, got, want)
		}
	}
	whole := page.Text()
	for _, unseen := range []string{"CallRail", "color", "shown", "Secret"} {
		if strings.Contains(whole, unseen) {
			t.Errorf("the page's text shows %q: %s", unseen, whole)
		}
	}
	if !strings.Contains(whole, "a bc") {
		t.Errorf("a line break does not part words, or bold does: %s", whole)
	}
}

func TestNode_findsByPlace(t *testing.T) {
	t.Parallel()
	page := statustest.Page(t, []byte(statusPage))
	for selector, want := range map[string][]string{
		"ol.ups > li":                       {"Resolved17:47", "Identified"},
		"ol li":                             {"Resolved17:47", "Identified", "Not an update"},
		"main>ol li":                        {"Resolved17:47", "Identified"},
		"body > li":                         nil,
		".ups.open li[data-state=resolved]": {"Resolved17:47"},
		`li[data-state="identified"]`:       {"Identified"},
		"li[data-state] time[datetime]":     {"17:47"},
		"th[scope=col], #overall strong":    {"operational", "Period", "Impact"},
		"*#overall":                         {"All systems operational."},
		`[href="/history?month=2018-05"]`:   {"History"},
		".up":                               nil,
		"li.ups":                            nil,
	} {
		if got := page.Texts(selector); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", selector, got, want)
		}
		if got := page.Has(selector); got != (len(want) > 0) {
			t.Errorf("%s: Has says %v", selector, got)
		}
	}
}

func TestNode_looksBelowItselfOnly(t *testing.T) {
	t.Parallel()
	page := statustest.Page(t, []byte(statusPage))
	if got, want := page.Find("section").Texts("li"), []string{"Not an update"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if page.Find("section").Has("main li") {
		t.Error("an element above the node counted")
	}
	if !page.Find("section").Has("section > ol") {
		t.Error("the node itself did not count")
	}
	entry := page.Find("ol.ups > li")
	if got, want := entry.Find("time").Attr("datetime"), "2018-05-14T21:47:00Z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := entry.Attr("class"); got != "" {
		t.Errorf("got class %q, want none", got)
	}
	if got, want := entry.Find("time").HTML(), `<time datetime="2018-05-14T21:47:00Z">17:47</time>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNode_failsTheTestOverWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for selector, want := range map[string]string{
		"#outage":          "nothing matches #outage in: All systems operational.",
		"li:first-child":   "do not understand",
		"li >":             "expected an element",
		"> li":             "expected an element",
		"a,":               "expected an element",
		"":                 "expected an element",
		"p.":               "expected a name",
		"[href":            "expected [attr]",
		"[href^=x]":        "expected [attr]",
		"[=x]":             "expected [attr]",
		`[href="/history]`: `no "]`,
		"a + b":            "expected an element",
	} {
		words := fatal(t, func(t testing.TB) { statustest.Page(t, []byte(statusPage)).Find(selector) })
		if !strings.Contains(words, want) {
			t.Errorf("%q: got %q, want %q", selector, words, want)
		}
	}
}
