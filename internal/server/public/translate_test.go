package public_test

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// translate says an update, its incident's title and a component in German.
func (h house) translate(i statustest.Incident, api components.Component) {
	h.t.Helper()
	u := i.Story().Updates[0]
	must(h.t, h.Desk.Translate(h.t.Context(), h.Staff, incidents.Translate{
		Page: h.Page.ID, Subject: incidents.OfUpdate, Code: u.Code, Of: incidents.WordingMark(u.Body),
		Texts: []incidents.Wording{{Language: "de", Text: "Wir suchen *die Ursache*.", Was: incidents.WordingMark("")}},
	}))
	must(h.t, h.Desk.Translate(h.t.Context(), h.Staff, incidents.Translate{
		Page: h.Page.ID, Subject: incidents.OfIncident, Code: i.Code, Of: incidents.WordingMark("Calls fail"),
		Texts: []incidents.Wording{{Language: "de", Text: "Anrufe scheitern", Was: incidents.WordingMark("")}},
	}))
	must(h.t, h.Desk.EditComponent(h.t.Context(), h.Staff, incidents.EditComponent{
		Page: h.Page.ID, Component: api.Code, Name: api.Name, Showcase: true, Names: []components.Naming{{Language: "de", Name: "Anrufverteilung"}},
	}))
}

func TestTranslations_areForReadersOfTheirLanguage(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("Call routing")
	i := h.Reports("Calls fail", "We look for the cause.", statustest.Is(api, components.MajorOutage))
	before := map[string]string{}
	own := []string{"/", "/incidents/" + i.Code, "/history", "/history.atom", "/feed.json", "/status.txt", "/uptime"}
	for _, at := range own {
		before[at] = h.ask("GET", at).Body.String()
	}
	h.translate(i, api)

	page := statustest.Page(t, h.ask("GET", "/", "Accept-Language", "de").Body.Bytes())
	if got := page.Find("h1").Text() + "|" + page.Find(".inc h2").Text() + "|" + page.Find(".ups .said").Text() + "|" + page.Find(".name").Text(); got != "Anrufverteilung ist ausgefallen|Anrufe scheitern|Wir suchen die Ursache.|Anrufverteilung" {
		t.Errorf("a German reads %s", got)
	}
	if page.Has("main [lang]") {
		t.Error("what is translated says that it is not German")
	}
	page = statustest.Page(t, h.ask("GET", "/?lang=fr").Body.Bytes())
	if got := page.Find(".inc h2").Text(); got != "Calls fail" || page.Find(".inc h2").Attr("lang") != "en" || page.Find(".ups .said").Attr("lang") != "en" || page.Find(".name bdi").Attr("lang") != "en" {
		t.Errorf("a Frenchman reads %s in %q", got, page.Find(".inc h2").Attr("lang"))
	}
	for target, want := range map[string]string{
		"/incidents/" + i.Code + "?lang=de":    "<em>die Ursache</em>",
		"/incidents/" + i.Code + ".md?lang=de": "Wir suchen *die Ursache*.",
		"/history?lang=de&q=ursache":           "Anrufe scheitern",
		"/history.atom?lang=de":                "<title>Anrufe scheitern</title>",
		"/feed.json?lang=de":                   `"title":"Anrufe scheitern"`,
		"/status.txt?lang=de":                  "! Anrufe scheitern",
		"/live.json?lang=de":                   `"say":"Anrufverteilung ist ausgefallen"`,
		"/uptime?lang=de":                      "Anrufverteilung",
		"/uptime/" + api.Code + "?lang=de":     "Anrufverteilung",
		"/subscribe?lang=de":                   "Anrufverteilung",
		"/embed?lang=de":                       "Wir suchen die Ursache.",
		// A word of a translation finds the report for everyone.
		"/history?q=anrufe": "Calls fail",
	} {
		if got := h.ask("GET", target).Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s does not say %q:\n%s", target, want, got)
		}
	}
	for _, at := range own {
		if got := h.ask("GET", at).Body.String(); strings.Contains(got, "Anruf") || strings.Contains(got, "Ursache") {
			t.Errorf("%s, in the page's own language, says\n%s", at, got)
		}
	}
	// Programs compare names and texts: in the read API they are the page's, always.
	for _, at := range []string{"/api/v2/summary.json", "/api/v2/incidents.json", "/uptime.json", "/uptime.csv", "/incidents/" + i.Code + ".json"} {
		plain, german := h.ask("GET", at).Body.String(), h.ask("GET", at+"?lang=de", "Accept-Language", "de").Body.String()
		if plain != german || strings.Contains(plain, "Anruf") || !strings.Contains(plain, "Call") {
			t.Errorf("%s changes with the language:\n%s", at, german)
		}
	}
	// Feed readers must not take a translation for news.
	for _, at := range []string{"/history.atom", "/feed.json"} {
		if got := h.ask("GET", at).Body.String(); dated(got) != dated(before[at]) {
			t.Errorf("%s is dated %s, was %s", at, dated(got), dated(before[at]))
		}
	}
}

// dated are the times of a feed's entries.
func dated(feed string) string {
	var out []string
	for _, sep := range []string{"<published>", `"date_published":"`, `"date_modified":"`} {
		for _, part := range strings.Split(feed, sep)[1:] {
			out = append(out, part[:20])
		}
	}
	if _, entry, ok := strings.Cut(feed, "<entry>"); ok {
		_, after, _ := strings.Cut(entry, "<updated>")
		out = append(out, after[:20])
	}
	return strings.Join(out, " ")
}

// What is asked for again and again in a translation costs what a page costs.
func TestTranslations_areMadeOnceAPicture(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("Call routing")
	i := h.Reports("Calls fail", "We look for the cause.", statustest.Is(api, components.MajorOutage))
	h.translate(i, api)
	german := h.Snapshot().In("de", 2)
	if a, b := german.Incident(i.Code), german.Open()[0]; a != b || a.Title != "Anrufe scheitern" {
		t.Errorf("made twice: %p %p", a, b)
	}
	french := h.Snapshot().In("fr", 2)
	if french.Incident(i.Code) != h.Snapshot().Incident(i.Code) {
		t.Error("what nobody translated is copied")
	}
	if got := german.In("fr", 2).Component(api.Code).Name; got != "Call routing" {
		t.Errorf("in French, by way of German: %s", got)
	}
}
