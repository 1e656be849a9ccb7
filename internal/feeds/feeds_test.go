package feeds_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/feeds"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

var update = flag.Bool("update", false, "write the golden files anew; then read them")

func printer(t testing.TB, s *snapshot.Snapshot) *i18n.Printer {
	t.Helper()
	c, err := i18n.Load(os.DirFS("../../web/locales"))
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer(s.Page.Language, s.Zone, s.Page.Words)
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func doc(t testing.TB, text string) markdown.Doc {
	t.Helper()
	d, err := markdown.New(markdown.Options{}).Render(t.Context(), text, markdown.MaxPostmortem)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fromSeed is a page on which nothing happened but the story of a seed.
func fromSeed(t testing.TB, seed statustest.Seed, started string) snapshot.Snapshot {
	t.Helper()
	i := &snapshot.Incident{
		Code: "kctbh9vrtdwd", Number: 7, Kind: incidents.KindIncident, Title: seed.Incident.Name, Impact: components.Major,
		StartedAt: at(t, started), UpdatedAt: seed.Incident.Postmortem.Posted.UTC.Add(time.Hour),
	}
	var before incidents.State
	for n, u := range seed.Incident.OldestFirst() {
		d, state := doc(t, u.Body), incidents.State(u.State)
		i.Updates = append(i.Updates, snapshot.Update{N: n + 1, State: state, Label: incidents.Label(before, state), HTML: d.HTML, Plain: d.Text, HappenedAt: u.Posted.UTC})
		i.State, before = state, state
	}
	slices.Reverse(i.Updates)
	d := doc(t, seed.Incident.Postmortem.Markdown)
	i.Postmortem = &snapshot.Postmortem{HTML: d.HTML, Plain: d.Text, PublishedAt: seed.Incident.Postmortem.Posted.UTC}
	return snapshot.Snapshot{
		Page:    snapshot.Page{Name: seed.Page.Name, TimeZone: seed.Page.TimeZone, Language: "en", BaseURL: "https://status.example.com"},
		BuiltAt: i.UpdatedAt.Add(time.Hour), ChangedAt: i.UpdatedAt, Incidents: []*snapshot.Incident{i},
	}
}

func maintenance(t testing.TB, number int64, from, until, told string) *snapshot.Incident {
	t.Helper()
	start, end := at(t, from), at(t, until)
	d := doc(t, "We will be undergoing scheduled maintenance during this time.")
	return &snapshot.Incident{
		Code: fmt.Sprintf("maintenance%d", number), Number: number, Kind: incidents.KindMaintenance, Title: "Database upgrade", State: incidents.Scheduled,
		Impact: components.Maint, StartedAt: start, ScheduledFor: &start, ScheduledUntil: &end, UpdatedAt: at(t, told),
		Updates: []snapshot.Update{{N: 1, State: incidents.Scheduled, Label: "scheduled", HTML: d.HTML, HappenedAt: at(t, told)}},
	}
}

// callRail has a maintenance inside one day, one over two days, and one that has begun.
func callRail(t testing.TB) *snapshot.Snapshot {
	t.Helper()
	s := fromSeed(t, statustest.CallRail(t), "2018-05-14T17:30:00Z")
	begun := maintenance(t, 6, "2018-05-08T02:00:00Z", "2018-05-08T06:30:00Z", "2018-05-01T12:00:00Z")
	begun.State = incidents.InProgress
	d := doc(t, "Scheduled maintenance is currently in progress.\nWe will provide updates as necessary.")
	begun.Updates = append([]snapshot.Update{{N: 2, State: incidents.InProgress, Label: "in_progress", HTML: d.HTML, HappenedAt: at(t, "2018-05-08T02:00:00Z")}}, begun.Updates...)
	s.Incidents = append(s.Incidents, begun,
		maintenance(t, 8, "2018-05-27T06:00:00Z", "2018-05-27T07:30:00Z", "2018-05-20T12:00:00Z"),
		maintenance(t, 9, "2018-06-02T01:00:00Z", "2018-06-02T09:00:00Z", "2018-05-21T12:00:00Z"))
	return snapshot.New(s)
}

func raco(t testing.TB) *snapshot.Snapshot {
	t.Helper()
	return snapshot.New(fromSeed(t, statustest.RACO(t), "2019-07-23T02:00:00Z"))
}

func TestAll_golden(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*snapshot.Snapshot{"callrail": callRail(t), "raco": raco(t)} {
		for _, f := range feeds.All {
			got, err := f.Render(feeds.Source{Snapshot: s, P: printer(t, s)})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+"."+f.Kind)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s changed (-want +got):\n%s", file, diff)
			}
		}
	}
}

type atomFeed struct {
	Lang    string `xml:"lang,attr"`
	ID      string `xml:"id"`
	Title   string `xml:"title"`
	Updated string `xml:"updated"`
	Entries []struct {
		ID        string `xml:"id"`
		Title     string `xml:"title"`
		Published string `xml:"published"`
		Updated   string `xml:"updated"`
		Content   string `xml:"content"`
	} `xml:"entry"`
}

type rssFeed struct {
	Channel struct {
		Description string `xml:"description"`
		PubDate     string `xml:"pubDate"`
		Items       []struct {
			Title       string `xml:"title"`
			Description string `xml:"description"`
			PubDate     string `xml:"pubDate"`
			End         string `xml:"maintenanceEndDate"`
			Link        string `xml:"link"`
			GUID        string `xml:"guid"`
		} `xml:"item"`
	} `xml:"channel"`
}

func read[T any](t testing.TB, s *snapshot.Snapshot, render func(feeds.Source) ([]byte, error)) (feed T, raw string) {
	t.Helper()
	body, err := render(feeds.Source{Snapshot: s, P: printer(t, s)})
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(body, &feed); err != nil {
		t.Fatalf("not XML: %v", err)
	}
	return feed, string(body)
}

// The updates of a seed, as a program reads them out of an entry.
func TestAtom_tellsTheSeed(t *testing.T) {
	t.Parallel()
	seed := statustest.CallRail(t)
	feed, raw := read[atomFeed](t, callRail(t), feeds.Atom)
	entry := feed.Entries[2] // two announcements are newer
	if entry.Title != seed.Incident.Name || entry.ID != "tag:status.example.com,2005:Incident/7" {
		t.Fatalf("got %q %q", entry.Title, entry.ID)
	}
	statement := regexp.MustCompile(`<p><small>(\w+) <var data-var='date'>([ \d]\d)</var>, <var data-var='time'>(\d\d:\d\d)</var> (\w+)</small><br><strong>([\w ]+)</strong> - (.*?)</p>`)
	got := statement.FindAllStringSubmatch(entry.Content, -1)
	if len(got) != len(seed.Incident.Updates) { // the postmortem begins with a heading and has no paragraph beside its label
		t.Fatalf("got %d statements, want %d", len(got), len(seed.Incident.Updates))
	}
	for n, u := range seed.Incident.Updates {
		when := u.Posted.Local.Format("Jan 02 15:04 ") + u.Posted.ZoneLabel
		if s := got[n][1] + " " + got[n][2] + " " + got[n][3] + " " + got[n][4]; s != when {
			t.Errorf("got %q, want %q", s, when)
		}
		if got[n][5] != u.Label {
			t.Errorf("%s: got %q, want %q", when, got[n][5], u.Label)
		}
		first, _, _ := strings.Cut(u.Body, "\n\n")
		if text := strings.ReplaceAll(got[n][6], "&#39;", "'"); text != first {
			t.Errorf("%s: got %q, want %q", when, text, first)
		}
	}
	if !strings.HasPrefix(entry.Content, "<p><small>May <var data-var='date'>15</var>, <var data-var='time'>09:42</var> EDT</small><br><strong>Postmortem</strong></p>") {
		t.Error("the postmortem does not come first")
	}
	if !strings.Contains(raw, "&lt;strong&gt;Resolved&lt;/strong&gt;") {
		t.Error("the text that a client searches for is not in the raw feed")
	}
	if entry.Published != "2018-05-15T13:42:00Z" || entry.Updated != "2018-05-15T14:42:00Z" || feed.Updated != "2018-05-15T14:42:00Z" {
		t.Errorf("got %s %s %s", entry.Published, entry.Updated, feed.Updated)
	}
}

func TestAtom_window(t *testing.T) {
	t.Parallel()
	lead := func(i *snapshot.Incident, zone string) string {
		s := snapshot.New(snapshot.Snapshot{Page: snapshot.Page{Name: "P", TimeZone: zone, BaseURL: "https://status.example.com"}, Incidents: []*snapshot.Incident{i}})
		feed, _ := read[atomFeed](t, s, feeds.Atom)
		text, _, _ := strings.Cut(feed.Entries[0].Content, "<p><small>")
		return text
	}
	two := maintenance(t, 1, "2020-05-28T16:30:00Z", "2020-05-29T16:30:00Z", "2020-05-20T12:00:00Z")
	for _, c := range []struct {
		name, zone string
		i          *snapshot.Incident
		want       string
	}{
		{"over days", "UTC", two, "<p><strong>THIS IS A SCHEDULED EVENT May <var data-var='date'>28</var>, <var data-var='time'>16:30</var> UTC &nbsp;-&nbsp; May <var data-var='date'>29</var>, <var data-var='time'>16:30</var> UTC</strong></p>"},
		{"inside a day", "Europe/London", maintenance(t, 1, "2024-01-06T12:00:00Z", "2024-01-06T16:00:00Z", "2024-01-02T12:00:00Z"), "<p><strong>THIS IS A SCHEDULED EVENT Jan <var data-var='date'> 6</var>, <var data-var='time'>12:00</var> - <var data-var='time'>16:00</var> GMT</strong></p>"},
		{"over a change of the clocks", "America/New_York", maintenance(t, 1, "2018-03-11T06:00:00Z", "2018-03-11T08:00:00Z", "2018-03-01T12:00:00Z"), "<p><strong>THIS IS A SCHEDULED EVENT Mar <var data-var='date'>11</var>, <var data-var='time'>01:00</var> EST - <var data-var='time'>04:00</var> EDT</strong></p>"},
	} {
		if got := lead(c.i, c.zone); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	two.State = incidents.InProgress
	if got := lead(two, "UTC"); got != "" {
		t.Errorf("begun: got %s", got)
	}
}

func TestRSS_dates(t *testing.T) {
	t.Parallel()
	feed, raw := read[rssFeed](t, callRail(t), feeds.RSS)
	if feed.Channel.Description != "Statuspage" || feed.Channel.PubDate != "Tue, 15 May 2018 10:42:00 -0400" {
		t.Errorf("got %q %q", feed.Channel.Description, feed.Channel.PubDate)
	}
	var got []string
	for _, i := range feed.Channel.Items {
		got = append(got, strings.TrimPrefix(i.GUID, "https://status.example.com/incidents/")+" | "+i.PubDate+" | "+i.End)
		if i.Link != i.GUID {
			t.Errorf("got %q, want %q", i.GUID, i.Link)
		}
	}
	want := []string{
		"maintenance9 | Fri, 01 Jun 2018 21:00:00 -0400 | Sat, 02 Jun 2018 05:00:00 -0400",
		"maintenance8 | Sun, 27 May 2018 02:00:00 -0400 | Sun, 27 May 2018 03:30:00 -0400",
		"kctbh9vrtdwd | Tue, 15 May 2018 09:42:00 -0400 | ",
		"maintenance6 | Mon, 07 May 2018 22:00:00 -0400 | Tue, 08 May 2018 02:30:00 -0400",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(raw, "&lt;var data-var='date'&gt;&#32;7&lt;/var&gt;") {
		t.Error("a day of one digit is not padded")
	}
	if !strings.Contains(raw, "in progress.&lt;br /&gt;We will") {
		t.Error("a line break is not <br />")
	}
}

// Twenty-five entries, by what happened last and not by what began last.
func TestEntries_areTheNewestActivity(t *testing.T) {
	t.Parallel()
	s := snapshot.Snapshot{Page: snapshot.Page{Name: "P", TimeZone: "UTC", BaseURL: "https://status.example.com"}}
	for n := range 40 {
		began := at(t, "2020-01-01T00:00:00Z").AddDate(0, 0, n)
		s.Incidents = append(s.Incidents, &snapshot.Incident{
			Code: fmt.Sprint(n), Number: int64(n), Kind: incidents.KindIncident, StartedAt: began,
			Updates: []snapshot.Update{{State: incidents.Investigating, Label: "investigating", HappenedAt: began}},
		})
	}
	s.Incidents[3].Updates[0].HappenedAt = at(t, "2020-06-01T00:00:00Z")
	s.Incidents[4].Postmortem = &snapshot.Postmortem{PublishedAt: at(t, "2020-07-01T00:00:00Z")}
	feed, _ := read[rssFeed](t, snapshot.New(s), feeds.RSS)
	var got []string
	for _, i := range feed.Channel.Items {
		got = append(got, i.Link[len("https://status.example.com/incidents/"):])
	}
	if len(got) != 25 || strings.Join(got[:4], " ") != "4 3 39 38" {
		t.Errorf("got %d: %v", len(got), got)
	}
}

// Whatever people write, the feed is XML, and its HTML holds none of their markup.
func TestAll_hostile(t *testing.T) {
	t.Parallel()
	bad := "]]><script>alert('x')</script> \x00\x01\x1f\uFFFE\xff \u202e & \"quotes\" <b>"
	d := doc(t, "- a list\n- <script>\n\n[x](javascript:alert(1))")
	i := maintenance(t, 1, "2020-05-28T16:30:00Z", "2020-05-29T16:30:00Z", "2020-05-20T12:00:00Z")
	i.Title, i.Code = bad, `a"><b>/..`
	i.Updates[0].HTML = d.HTML
	s := snapshot.New(snapshot.Snapshot{
		Page:      snapshot.Page{Name: bad, TimeZone: "Asia/Kathmandu", Language: `en"><x>`, BaseURL: `https://status.example.com`},
		Incidents: []*snapshot.Incident{i},
	})
	atom, raw := read[atomFeed](t, s, feeds.Atom)
	if strings.Contains(atom.Entries[0].Content, "<script") || strings.Contains(atom.Entries[0].Content, "javascript:") {
		t.Errorf("got %s", atom.Entries[0].Content)
	}
	if !strings.Contains(atom.Entries[0].Content, "<strong>Scheduled</strong></p><ul>") {
		t.Errorf("a list has no place beside the label: %s", atom.Entries[0].Content)
	}
	if want := "]]><script>alert('x')</script> \uFFFD \u202e & \"quotes\" <b>"; atom.Entries[0].Title != want {
		t.Errorf("title: got %q, want %q", atom.Entries[0].Title, want)
	}
	if bytes.ContainsAny([]byte(raw), "\x00\x01\x1f") {
		t.Error("characters that XML cannot hold")
	}
	if !strings.Contains(atom.Entries[0].Content, "UTC+5:45") {
		t.Errorf("no label of the zone: %s", atom.Entries[0].Content)
	}
	rss, _ := read[rssFeed](t, s, feeds.RSS)
	if rss.Channel.Items[0].PubDate != "Thu, 28 May 2020 22:15:00 +0545" {
		t.Errorf("got %s", rss.Channel.Items[0].PubDate)
	}
}
