package public_test

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// What staff wrote is said wherever the headline is said; shape and colour stay
// those of the services, and so does what the contract fixes.
func TestHeadline_writtenByStaffIsSaidEverywhere(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	h.Component("Website")
	h.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
	const written = `A <b>fibre</b> is cut in Ohio`
	must(t, h.Desk.WriteHeadline(t.Context(), h.Staff, incidents.WriteHeadline{Page: h.Page.ID, Text: written}))

	page := statustest.Page(t, h.ask("GET", "/").Body.Bytes())
	h1 := page.Find("h1")
	if h1.Text() != written || h1.Attr("lang") != "" || page.Find(".hero").Attr("data-s") != "down" || !strings.Contains(page.Find("link[rel=icon]").Attr("href"), "favicon-down") {
		t.Errorf("the page says %q in %q under %s", h1.Text(), h1.Attr("lang"), page.Find(".hero").Attr("data-s"))
	}
	if got := page.Find("title").Text(); !strings.HasPrefix(got, written) {
		t.Errorf("title %q", got)
	}
	if got := page.Find("meta[property=og:title]").Attr("content"); !strings.HasPrefix(got, written) {
		t.Errorf("shared as %q", got)
	}
	for target, want := range map[string]string{
		"/live.json":          `"say":"A \u003cb\u003efibre\u003c/b\u003e is cut in Ohio","mark":"down"`,
		"/status.txt":         written,
		"/status.md":          `# A \<b\>fibre\</b\> is cut in Ohio`,
		"/embed":              "A &lt;b&gt;fibre&lt;/b&gt; is cut in Ohio",
		"/nothing-here":       "A &lt;b&gt;fibre&lt;/b&gt; is cut in Ohio",
		"/api/v2/status.json": `"description":"Partial System Outage"`,
	} {
		if got := h.ask("GET", target).Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s does not say %s:\n%s", target, want, got)
		}
	}

	german := h.ask("GET", "/?lang=de")
	h1 = statustest.Page(t, german.Body.Bytes()).Find("h1")
	if h1.Text() != written || h1.Attr("lang") != "en" {
		t.Errorf("to a German reader %q in %q", h1.Text(), h1.Attr("lang"))
	}
	if got := h.ask("GET", "/live.json?lang=de").Body.String(); !strings.Contains(got, `"lang":"en"`) {
		t.Errorf("announced to a German reader: %s", got)
	}

	tag := h.ask("GET", "/").Header().Get("ETag")
	must(t, h.Desk.DropHeadline(t.Context(), h.Staff, incidents.DropHeadline{Page: h.Page.ID}))
	w := h.ask("GET", "/", "If-None-Match", tag)
	if got := statustest.Page(t, w.Body.Bytes()).Find("h1").Text(); w.Code != 200 || got != "API is down" {
		t.Errorf("taken back: %d, %q", w.Code, got)
	}
	if got := statustest.Page(t, h.ask("GET", "/?lang=de").Body.Bytes()).Find("h1"); got.Attr("lang") != "" || got.Text() != "API ist ausgefallen" {
		t.Errorf("taken back, to a German reader: %q in %q", got.Text(), got.Attr("lang"))
	}
}

func TestStood_saysTheHeadlineOfThen(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.At("12:00")
	api := h.Component("API")
	h.At("14:00")
	i := h.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
	h.At("14:10")
	must(t, h.Desk.WriteHeadline(t.Context(), h.Staff, incidents.WriteHeadline{Page: h.Page.ID, Text: "A fibre is cut"}))
	h.At("14:30")
	i.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
	h.At("15:00")
	for at, want := range map[string]string{"14:05": "API is down", "14:20": "A fibre is cut", "14:40": "Everything is working"} {
		page := statustest.Page(t, h.ask("GET", "/?at=2018-05-14T"+at+"-04:00").Body.Bytes())
		if got := page.Find("h1").Text(); got != want {
			t.Errorf("at %s: %q, want %q", at, got, want)
		}
	}
}
