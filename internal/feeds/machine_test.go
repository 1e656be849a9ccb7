package feeds_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/feeds"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func render(t *testing.T, o feeds.Source, f func(feeds.Source) ([]byte, error)) string {
	t.Helper()
	if o.P == nil {
		o.P = printer(t, o.Snapshot)
	}
	raw, err := f(o)
	ok(t, err)
	return string(raw)
}

func TestFeeds_ofOneComponentTellOfItAlone(t *testing.T) {
	t.Parallel()
	s := busy(t).Snapshot()
	api := s.Component(s.Components()[0].Code)
	for _, f := range feeds.All {
		all, one := render(t, feeds.Source{Snapshot: s}, f.Render), render(t, feeds.Source{Snapshot: s, Only: api}, f.Render)
		if !strings.Contains(all, "Next week") || strings.Contains(one, "Next week") {
			t.Errorf("%s: of the page %d bytes, of API %d", f.Kind, len(all), len(one))
		}
		if f.Kind != "ical" && (!strings.Contains(one, "Slow") || strings.Contains(one, "Calls fail")) {
			t.Errorf("%s of API: %s", f.Kind, one)
		}
		if (f.Kind == "atom" || f.Kind == "jsonfeed") && !strings.Contains(one, "?component="+api.Code) {
			t.Errorf("%s of API does not say where it comes from", f.Kind)
		}
	}
}

func TestJSONFeed(t *testing.T) {
	t.Parallel()
	s := busy(t).Snapshot()
	var feed struct {
		Version string `json:"version"`
		Items   []struct {
			ID, URL, Title      string
			HTML                string    `json:"content_html"`
			Text                string    `json:"content_text"`
			Published, Modified time.Time `json:"-"`
			Tags                []string
		} `json:"items"`
	}
	ok(t, json.Unmarshal([]byte(render(t, feeds.Source{Snapshot: s}, feeds.JSONFeed)), &feed))
	if feed.Version != "https://jsonfeed.org/version/1.1" || len(feed.Items) != 5 {
		t.Fatalf("%s with %d items", feed.Version, len(feed.Items))
	}
	first := feed.Items[0]
	if first.Title != "Calls fail" || !strings.HasPrefix(first.HTML, "<p><small>May <var") || !strings.HasPrefix(first.Text, "Investigating, ") || !strings.Contains(strings.Join(first.Tags, " "), "Calls (Voice)") {
		t.Errorf("first item %+v", first)
	}
}

// What readers of feeds go by: an id that stays, and a date that moves when,
// and only when, there is something new to show.
func TestFeeds_identityAndDates(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	published := func() (string, string) {
		feed, _ := read[atomFeed](t, s.Snapshot(), feeds.Atom)
		return feed.Entries[0].ID, feed.Entries[0].Published
	}
	now := s.At("15:00").Clock.Now()
	// Back-dated by two hours: news of now, or nobody would be shown it.
	i, u, err := s.Desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: "Calls fail", Body: "one", HappenedAt: now.Add(-2 * time.Hour)})
	ok(t, err)
	id, at := published()
	if at != now.UTC().Format("2006-01-02T15:04:05Z") {
		t.Errorf("back-dated: published %s, want %v", at, now)
	}
	// A correction of wording, and one of time, are no news.
	s.At("15:10")
	_, err = s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: "one, corrected"})
	ok(t, err)
	_, err = s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: "one, corrected", HappenedAt: now.Add(-3 * time.Hour)})
	ok(t, err)
	if id2, at2 := published(); id2 != id || at2 != at {
		t.Errorf("corrected: %s %s, was %s %s", id2, at2, id, at)
	}
	feed, _ := read[atomFeed](t, s.Snapshot(), feeds.Atom)
	if feed.Entries[0].Updated <= at {
		t.Error("a correction does not move updated")
	}
	// A new word is.
	s.At("15:20")
	_, err = s.Desk.Post(t.Context(), s.Staff, incidents.Post{Page: s.Page.ID, Incident: i.Code, Body: "two"})
	ok(t, err)
	if id2, at2 := published(); id2 != id || at2 <= at {
		t.Errorf("a new update: %s %s, was %s %s", id2, at2, id, at)
	}
	// A story of last year is history: no reader should take it for news.
	long := now.AddDate(-1, 0, 0)
	_, _, err = s.Desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: "Long ago", Body: "one", HappenedAt: long, StartedAt: long, Backdate: true})
	ok(t, err)
	feed, _ = read[atomFeed](t, s.Snapshot(), feeds.Atom)
	if e := feed.Entries[1]; e.Title != "Long ago" || e.Published != long.UTC().Format("2006-01-02T15:04:05Z") {
		t.Errorf("history: %s published %s", e.Title, e.Published)
	}
}

// item is an entry as readers see it.
type item struct {
	id, title string
	at        time.Time
}

// items are those of a feed in any of the three formats.
func items(t *testing.T, s *snapshot.Snapshot, kind string) (out []item) {
	t.Helper()
	when := func(layout, text string) time.Time {
		at, err := time.Parse(layout, text)
		ok(t, err)
		return at
	}
	switch kind {
	case "atom":
		feed, _ := read[atomFeed](t, s, feeds.Atom)
		for _, e := range feed.Entries {
			out = append(out, item{e.ID, e.Title, when(time.RFC3339, e.Published)})
		}
	case "rss":
		feed, _ := read[rssFeed](t, s, feeds.RSS)
		for _, e := range feed.Channel.Items {
			out = append(out, item{e.GUID, e.Title, when(time.RFC1123Z, e.PubDate)})
		}
	case "json":
		var feed struct {
			Items []struct {
				ID, Title string
				Published string `json:"date_published"`
			}
		}
		ok(t, json.Unmarshal([]byte(render(t, feeds.Source{Snapshot: s}, feeds.JSONFeed)), &feed))
		for _, e := range feed.Items {
			out = append(out, item{e.ID, e.Title, when(time.RFC3339, e.Published)})
		}
	}
	return out
}

// feedReader shows what is new to it: by identity what it never saw, by date what
// is newer than all that it saw.
type feedReader struct {
	seen   map[string]bool
	newest time.Time
}

func (r *feedReader) fetch(all []item) (byID, byDate []string) {
	newest := r.newest
	for _, i := range all {
		if !r.seen[i.id] {
			byID = append(byID, i.title)
		}
		if i.at.After(r.newest) {
			byDate = append(byDate, i.title)
		}
		r.seen[i.id] = true
		if i.at.After(newest) {
			newest = i.at
		}
	}
	r.newest = newest
	return byID, byDate
}

// docs/feeds.md: neither is a back-dated incident passed over nor a correction
// told again, by either kind of reader, in any format.
func TestFeeds_readersShowEachNewsOnce(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	readers := map[string]*feedReader{"atom": {seen: map[string]bool{}}, "rss": {seen: map[string]bool{}}, "json": {seen: map[string]bool{}}}
	step := func(what, wantID, wantDate string) {
		t.Helper()
		for kind, r := range readers {
			byID, byDate := r.fetch(items(t, s.Snapshot(), kind))
			if strings.Join(byID, ",") != wantID || strings.Join(byDate, ",") != wantDate {
				t.Errorf("%s, %s: shown by identity %q, want %q; by date %q, want %q", what, kind, byID, wantID, byDate, wantDate)
			}
		}
	}
	s.At("13:00").Reports("Slow", "one").Posts(incidents.Resolved, "over")
	step("an incident", "Slow", "Slow")
	step("nothing", "", "")
	now := s.At("15:00").Clock.Now()
	i, u, err := s.Desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: "Calls fail", Body: "one", HappenedAt: now.Add(-5 * time.Hour), StartedAt: now.Add(-5 * time.Hour)})
	ok(t, err)
	step("back-dated to before all that was shown", "Calls fail", "Calls fail")
	s.At("15:10")
	_, err = s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: "corrected", HappenedAt: now.Add(-4 * time.Hour)})
	ok(t, err)
	step("a correction of words and of time", "", "")
	_, err = s.Desk.Edit(t.Context(), s.Staff, incidents.Edit{Page: s.Page.ID, Incident: i.Code, Title: "All calls fail"})
	ok(t, err)
	step("another title", "", "")
	s.At("15:20")
	statustest.Incident{Site: s, Code: i.Code}.Posts(incidents.Resolved, "over")
	step("an update", "", "All calls fail")
	s.At("15:30")
	post := func(body string) {
		t.Helper()
		_, err = s.Desk.PublishPostmortem(t.Context(), s.Staff, incidents.PublishPostmortem{Page: s.Page.ID, Incident: i.Code, Body: body})
		ok(t, err)
	}
	post("# Why\n\nBecause.")
	step("the postmortem", "", "All calls fail")
	s.At("15:40")
	post("# Why\n\nBecause of us.")
	step("the postmortem, corrected", "", "")
	long := now.AddDate(0, -3, 0)
	_, _, err = s.Desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: "Long ago", Body: "one", HappenedAt: long, StartedAt: long, Backdate: true})
	ok(t, err)
	step("a story of three months ago", "Long ago", "")
	ok(t, s.Desk.WithdrawIncident(t.Context(), s.Staff, s.Page.ID, i.Code))
	step("a withdrawal", "", "")
}

func event(t *testing.T, s *snapshot.Snapshot, code string) *ics.VEvent {
	t.Helper()
	cal, err := ics.ParseCalendar(strings.NewReader(render(t, feeds.Source{Snapshot: s}, feeds.Calendar)))
	ok(t, err)
	for _, e := range cal.Events() {
		if strings.HasPrefix(e.Id(), code+"@") {
			return e
		}
	}
	t.Fatalf("no event of %s", code)
	return nil
}

func property(e *ics.VEvent, p ics.ComponentProperty) string {
	if x := e.GetProperty(p); x != nil {
		return x.Value
	}
	return ""
}

func TestCalendar_growsAndStrikesOut(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	start := s.Clock.Now().Add(24 * time.Hour)
	m, err := s.Desk.Plan(t.Context(), s.Staff, incidents.Plan{Page: s.Page.ID, Title: "Upgrade; all, of it\\", Body: "Slow.", Components: []string{api.Code}, Start: start, End: start.Add(time.Hour)})
	ok(t, err)
	first := event(t, s.Snapshot(), m.Code)
	if property(first, ics.ComponentPropertyDtStart) != start.UTC().Format("20060102T150405Z") || property(first, ics.ComponentPropertySummary) != "Upgrade; all, of it\\" || property(first, ics.ComponentPropertyStatus) != "CONFIRMED" {
		t.Errorf("event %v", first)
	}
	_, err = s.Desk.Edit(t.Context(), s.Staff, incidents.Edit{Page: s.Page.ID, Incident: m.Code, Title: m.Title, Start: start.Add(time.Hour), End: start.Add(2 * time.Hour)})
	ok(t, err)
	moved := event(t, s.Snapshot(), m.Code)
	if moved.Id() != first.Id() || property(moved, ics.ComponentPropertySequence) <= property(first, ics.ComponentPropertySequence) || property(moved, ics.ComponentPropertyDtStart) == property(first, ics.ComponentPropertyDtStart) {
		t.Errorf("moved: sequence %s, was %s", property(moved, ics.ComponentPropertySequence), property(first, ics.ComponentPropertySequence))
	}
	ok(t, s.Desk.WithdrawIncident(t.Context(), s.Staff, s.Page.ID, m.Code))
	gone := event(t, s.Snapshot(), m.Code)
	if gone.Id() != first.Id() || property(gone, ics.ComponentPropertyStatus) != "CANCELLED" || property(gone, ics.ComponentPropertySequence) <= property(moved, ics.ComponentPropertySequence) {
		t.Errorf("withdrawn: %v", gone)
	}
	if strings.Contains(property(gone, ics.ComponentPropertySummary), "Upgrade") {
		t.Error("what was withdrawn is still told")
	}
	if s.Desk.SetStatus(t.Context(), s.Staff, s.Page.ID, api.Code, components.Degraded) != nil || event(t, s.Snapshot(), m.Code) == nil {
		t.Error("forgotten by the next act")
	}
	for line := range strings.SplitSeq(render(t, feeds.Source{Snapshot: s.Snapshot()}, feeds.Calendar), "\r\n") {
		if len(line) > 75 || strings.Contains(line, "\n") {
			t.Errorf("a line that is no content line of RFC 5545: %q", line)
		}
	}
}
