package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

func search(t testing.TB, facts snapshot.Snapshot, f view.SearchForm, before string, limit int) *statustest.Node {
	t.Helper()
	s := snapshot.New(facts)
	found := s.Search(snapshot.Query{Text: f.Text, Component: f.Component, Kind: incidents.Kind(f.Kind), Before: before, Limit: limit})
	body, err := views(t).Search(s, f, found, before)
	return statustest.Page(t, must(t, body, err))
}

func TestSearch_showsWhatWasFoundUnderItsDay(t *testing.T) {
	t.Parallel()
	page := search(t, callRail(t), view.SearchForm{Text: "carrier partner", Component: "bomponent0000", Kind: "incident"}, "", 25)
	same(t, "found", strings.Join(page.Texts(".days h3"), "|"), "Upstream Network Impairment")
	same(t, "day", page.Find(".days > li > time").Text(), "May 14, 2018")
	same(t, "words are kept", page.Find("input[name=q]").Attr("value"), "carrier partner")
	same(t, "service is kept", page.Find("select[name=component] option[selected]").Text(), "Call Routing")
	same(t, "kind is kept", page.Find("select[name=kind] option[selected]").Text(), "Incidents")
	form := page.Find("form.find")
	same(t, "method", form.Attr("method"), "")
	same(t, "action", form.Attr("action"), "/history")
	same(t, "not for search engines", page.Has(`meta[name=robots][content=noindex]`), true)
}

func TestSearch_saysForWhenSomethingIsPlanned(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	planned := search(t, facts, view.SearchForm{Kind: "maintenance"}, "", 25).Find(".days article p.muted").Text()
	same(t, "from and to", strings.Contains(planned, "Planned · 02:00 EDT to 03:30 EDT"), true)
}

// Whoever looks for words sees where they stand, and in which of the updates.
func TestSearch_showsThePassage(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	i := facts.Incidents[0]
	for n, text := range []string{strings.Repeat("Unrelated words. ", 5), strings.Repeat("Before it. ", 60) + "The CARRIER’s\n\nrouter failed; the carrier works on it. " + strings.Repeat("After it. ", 60), "We look into <b>failing</b> calls of one carrier."} {
		i.Updates[n].Plain = text
	}
	i.Updates, i.Postmortem = i.Updates[:3], nil
	shown := func(text string) (string, string) {
		p := search(t, facts, view.SearchForm{Text: text}, "", 25).Find(".days article > p")
		return p.Text(), strings.Join(p.Texts("mark"), "|")
	}
	text, marks := shown("carrier's ROUTER")
	same(t, "marked", marks, "CARRIER’s|router")
	if !strings.HasPrefix(text, "Update. … it. Before it. ") || !strings.HasSuffix(text, " …") || !strings.Contains(text, "The CARRIER’s router failed") || len([]rune(text)) > 230 {
		t.Errorf("the passage is %d characters: %s", len([]rune(text)), text)
	}
	text, marks = shown("carrier b") // the newest that holds both
	same(t, "words in words", strings.HasPrefix(text, "Update. Before it. ") && strings.HasPrefix(marks, "B|B|"), true)
	text, marks = shown("<b>")
	same(t, "markup is text", text+" "+marks, "Update. We look into <b>failing</b> calls of one carrier. <b>")
	text, marks = shown("upstream")
	same(t, "in the title alone", strings.HasPrefix(text, "Resolved. Unrelated words."), true)
	same(t, "nothing to mark", marks, "")
	i.Postmortem = &snapshot.Postmortem{Plain: "The carrier told us why."}
	text, marks = shown("carrier")
	same(t, "the postmortem is newer", text+" "+marks, "Postmortem. The carrier told us why. carrier")
}

func TestSearch_saysSoWhereNothingWasFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form   view.SearchForm
		before string
		want   string
	}{
		"a slip":        {form: view.SearchForm{Text: "webhok"}, want: "No incident mentions “webhok”. Check the spelling, or look by month. History by month"},
		"a choice":      {form: view.SearchForm{Component: "none"}, want: "Nothing in the history is like this. Choose less, or look by month. History by month"},
		"after the end": {form: view.SearchForm{Kind: "incident"}, before: code, want: "There is nothing older. History by month"},
	} {
		page := search(t, callRail(t), c.form, c.before, 25)
		same(t, name, page.Find("main section p").Text(), c.want)
	}
}

func TestSearch_goesOnPageByPage(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	for n := range 5 {
		i := *facts.Incidents[0]
		i.ID, i.Number, i.Code, i.Title = int64(n+10), int64(n+10), fmt.Sprintf("older%07d", n), fmt.Sprintf("Older %d", n)
		i.StartedAt = i.StartedAt.Add(-time.Duration(n+1) * 24 * time.Hour)
		facts.Incidents = append(facts.Incidents, &i)
	}
	f := view.SearchForm{Text: "calls & more", Kind: "incident"}
	f.Text = "calls"
	first := search(t, facts, f, "", 4)
	same(t, "older", first.Find(".ends a[rel=next]").Attr("href"), "/history?before=older0000002&kind=incident&q=calls")
	same(t, "newest", len(first.FindAll(".ends a")), 1)
	second := search(t, facts, f, "older0000002", 4)
	same(t, "the rest", strings.Join(second.Texts(".days h3"), "|"), "Older 3|Older 4")
	same(t, "back", second.Find(".ends a").Attr("href"), "/history?kind=incident&q=calls")
}

// A service that is on the page no more can still be looked for, and the form says so.
func TestSearch_keepsAServiceThatIsGone(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.Incidents[0].Affected = append(facts.Incidents[0].Affected, snapshot.Affected{Code: "gonegonegone", Name: "Fax"})
	page := search(t, facts, view.SearchForm{Component: "gonegonegone"}, "", 25)
	same(t, "chosen", page.Find("select[name=component] option[selected]").Text(), "Fax")
	same(t, "found", len(page.FindAll(".days article")), 1)
}

func TestHistory_hasTheForm(t *testing.T) {
	t.Parallel()
	body, err := views(t).History(snapshot.New(callRail(t)), []byte(`{"months":[]}`))
	page := statustest.Page(t, must(t, body, err))
	same(t, "form", page.Find("form.find[role=search]").Attr("action"), "/history")
	same(t, "styles", page.Has(`link[href="/static/more.css"]`), true)
}
