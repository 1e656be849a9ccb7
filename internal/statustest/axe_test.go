package statustest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/statustest"
)

// One fault of each kind that the rules are there for, on a page whose policy lets no script in.
func TestAxe_seesWhatIsWrong(t *testing.T) {
	t.Parallel()
	page := `<!doctype html><html lang="en"><title>A page</title><style>
		.grey { color: #999 } .tiny { display: inline-block; width: 9px; height: 9px; overflow: hidden }
		@media (prefers-color-scheme: dark) { .night { color: #222; background: #111 } }
	</style><main><h1>A page</h1>%s</main></html>`
	faults := map[string]string{
		"color-contrast": `<p class="grey">Grey on white.</p>`,
		"label":          `<details><summary>More</summary><input name="q"></details>`,
		"target-size":    `<p><button class="tiny">One</button><button class="tiny">Two</button><button class="tiny">Three</button></p>`,
		"heading-order":  `<h4>Much deeper</h4>`,
		"none":           `<h2>A part</h2><p>Black on white. <a href="/">Home</a></p>`,
		"at night":       `<p class="night">Black on black.</p>`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; require-trusted-types-for 'script'; trusted-types 'none'")
		fmt.Fprintf(w, page, faults[strings.ReplaceAll(r.URL.Path[1:], "+", " ")])
	}))
	t.Cleanup(server.Close)
	ctx := statustest.Browser(t)
	look := func(fault string) string {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/"+strings.ReplaceAll(fault, " ", "+"))); err != nil {
			t.Fatal(err)
		}
		found, err := statustest.Axe(ctx)
		if err != nil {
			t.Fatalf("%s: %v", fault, err)
		}
		return strings.Join(found, "\n")
	}
	for fault := range faults {
		got := look(fault)
		if quiet := fault == "none" || fault == "at night"; quiet && got != "" || !quiet && !strings.HasPrefix(got, fault+" (") {
			t.Errorf("%s: found %q", fault, got)
		}
	}
	if err := chromedp.Do(ctx, statustest.Prefers("prefers-color-scheme: dark")); err != nil {
		t.Fatal(err)
	}
	if got := look("at night"); !strings.HasPrefix(got, "color-contrast (") {
		t.Errorf("at night: found %q", got)
	}
}
