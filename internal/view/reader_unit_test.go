package view

import (
	"os"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

func speak(t *testing.T, zone string) *i18n.Printer {
	t.Helper()
	c, err := i18n.Load(os.DirFS("../../web/locales"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer("en", z, "plain")
}

func TestHeadline(t *testing.T) {
	t.Parallel()
	const (
		ok, maint, slow, part, down = components.Operational, components.Maintenance, components.Degraded, components.PartialOutage, components.MajorOutage
	)
	open := func(state incidents.State) []*snapshot.Incident {
		return []*snapshot.Incident{{Title: "Calls fail", State: state}, {Title: "An older one", State: incidents.Identified}}
	}
	for _, c := range []struct {
		name     string
		statuses []components.Status
		open     []*snapshot.Incident
		words    string
		mark     Mark
		text     string
	}{
		{name: "all fine", statuses: []components.Status{ok, ok}, mark: "ok", text: "Everything is working"},
		{name: "all fine, classic", statuses: []components.Status{ok, ok}, words: "classic", mark: "ok", text: "All systems operational"},
		{name: "nothing at all", mark: "ok", text: "Everything is working"},
		{name: "one down", statuses: []components.Status{ok, down}, mark: "down", text: "B is down"},
		{name: "one down, classic", statuses: []components.Status{ok, down}, words: "classic", mark: "down", text: "B has a major outage"},
		{name: "two partly down", statuses: []components.Status{part, part, ok}, mark: "part", text: "A and B are partly down"},
		{name: "three slow", statuses: []components.Status{slow, slow, slow, ok}, mark: "slow", text: "A, B, and C are slow or unreliable"},
		{name: "four slow", statuses: []components.Status{slow, slow, slow, slow, ok}, mark: "slow", text: "Several services have problems"},
		{name: "the worst first", statuses: []components.Status{slow, down, part}, mark: "down", text: "B is down; C and A have problems"},
		{name: "one down, one slow", statuses: []components.Status{slow, down, ok}, mark: "down", text: "B is down; A has problems"},
		{name: "everything", statuses: []components.Status{down, down, down, down}, mark: "down", text: "Everything is down"},
		{name: "the only one", statuses: []components.Status{down}, mark: "down", text: "A is down"},
		{name: "under maintenance", statuses: []components.Status{maint, ok}, mark: "maint", text: "A is under maintenance"},
		{name: "much under maintenance", statuses: []components.Status{maint, maint, maint, maint}, mark: "maint", text: "Several services are under maintenance"},
		{name: "maintenance is no problem beside one", statuses: []components.Status{maint, maint, maint, part}, mark: "part", text: "D is partly down"},
		{name: "open, nothing down", statuses: []components.Status{ok}, open: open(incidents.Investigating), mark: "none", text: "We are looking into a problem: Calls fail"},
		{name: "open, cause known", statuses: []components.Status{ok}, open: open(incidents.Identified), mark: "none", text: "We found the cause of a problem: Calls fail"},
		{name: "open, fixed", statuses: []components.Status{ok}, open: open(incidents.Monitoring), mark: "none", text: "A fix is in place and we are watching it: Calls fail"},
		{name: "statuses speak before incidents", statuses: []components.Status{down, ok}, open: open(incidents.Monitoring), mark: "down", text: "A is down"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var all []snapshot.Component
			for n, s := range c.statuses {
				all = append(all, snapshot.Component{Name: string(rune('A' + n)), Status: s})
			}
			words := c.words
			if words == "" {
				words = "plain"
			}
			got := headline(speak(t, "UTC"), words, all, c.open)
			if want := (Headline{Mark: c.mark, Text: c.text}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func inWords(first Day, last *Day) string {
	if last == nil {
		return first.Text
	}
	return first.Text + " to " + last.Text
}

func TestDays_nameMonthAndYearOnce(t *testing.T) {
	t.Parallel()
	r := &reader{p: speak(t, "Pacific/Auckland")}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, r.p.Zone) }
	for _, c := range []struct {
		from, to time.Time
		want     string
	}{
		{day(2018, 5, 22), day(2018, 5, 22), "May 22"},
		{day(2018, 5, 15), day(2018, 5, 22), "May 15 to 22"},
		{day(2018, 7, 22), day(2018, 8, 5), "Jul 22 to Aug 5"},
		{day(2018, 12, 29), day(2019, 1, 5), "Dec 29, 2018 to Jan 5, 2019"},
	} {
		if got := inWords(r.days(c.from, c.to)); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestZone_saysOffsetOnceWhereTheZoneHasNoLetters(t *testing.T) {
	t.Parallel()
	may := time.Date(2018, 5, 14, 12, 0, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"America/New_York": "Times are in America/New_York (EDT, UTC−4).",
		"Asia/Kathmandu":   "Times are in Asia/Kathmandu (UTC+5:45).",
		"Pacific/Auckland": "Times are in Pacific/Auckland (NZST, UTC+12).",
		"Europe/London":    "Times are in Europe/London (BST, UTC+1).",
		"Etc/UTC":          "Times are in UTC.",
		"UTC":              "Times are in UTC.",
	} {
		r := &reader{p: speak(t, zone), s: snapshot.New(snapshot.Snapshot{Page: snapshot.Page{TimeZone: zone}, BuiltAt: may})}
		if got := r.zone(); got != want {
			t.Errorf("%s: got %q, want %q", zone, got, want)
		}
	}
}

func TestLead_cutsAtAWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ plain, want string }{
		{"Short.\n\nMore.", "Short."},
		{"Two\nlines.", "Two lines."},
		{"We found the cause, and mend it", "We found the cause…"},
		{"Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffahr…"},
		{"", ""},
	} {
		if got := lead(c.plain, 20); got != c.want {
			t.Errorf("lead(%q): got %q, want %q", c.plain, got, c.want)
		}
	}
}

func TestTrouble_countsWhatRanTogetherOnce(t *testing.T) {
	t.Parallel()
	noon := time.Date(2018, 5, 14, 12, 0, 0, 0, time.UTC)
	inc := func(from, to int) *snapshot.Incident {
		i := &snapshot.Incident{StartedAt: noon.Add(time.Duration(from) * time.Minute)}
		if to > 0 {
			end := noon.Add(time.Duration(to) * time.Minute)
			i.ResolvedAt = &end
		}
		return i
	}
	for _, c := range []struct {
		name string
		all  []*snapshot.Incident
		want time.Duration
		ok   bool
	}{
		{"none", nil, 0, true},
		{"apart", []*snapshot.Incident{inc(60, 70), inc(0, 10)}, 20 * time.Minute, true},
		{"over each other", []*snapshot.Incident{inc(0, 30), inc(20, 40)}, 40 * time.Minute, true},
		{"one inside the other", []*snapshot.Incident{inc(0, 60), inc(20, 40), inc(50, 70)}, 70 * time.Minute, true},
		{"one open", []*snapshot.Incident{inc(0, 60), inc(20, 0)}, 0, false},
	} {
		if got, ok := trouble(c.all); got != c.want || ok != c.ok {
			t.Errorf("%s: got %v %v, want %v %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	got := grouped([]snapshot.Affected{
		{Name: "Site"}, {Name: "East", Group: "Calls"}, {Name: "West", Group: "Calls"}, {Name: "East", Group: "Mail"},
	})
	want := []string{"Site", "Calls (East, West)", "Mail (East)"}
	for n := range want {
		if len(got) != len(want) || got[n] != want[n] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// The past two weeks must never call a day quiet on which something went on,
// nor speak of days before the page existed.
func TestPast(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	local := func(month time.Month, day, hour int) time.Time {
		return time.Date(2019, month, day, hour, 0, 0, 0, zone).UTC()
	}
	incident := func(from time.Time, to *time.Time) *snapshot.Incident {
		i := &snapshot.Incident{
			Kind: incidents.KindIncident, State: incidents.Resolved, Title: "It broke", StartedAt: from, ResolvedAt: to,
			Updates: []snapshot.Update{{State: incidents.Resolved, HappenedAt: from}},
		}
		if to == nil {
			i.State = incidents.Investigating
		}
		return i
	}
	// The clocks of Auckland went back on 7 April 2019: days of 25 hours must not shift the rows.
	for _, c := range []struct {
		name    string
		created time.Time
		all     []*snapshot.Incident
		want    []string
	}{
		{"quiet", local(1, 1, 0), nil, []string{"quiet Mar 28 to Apr 10"}},
		{"a young page", local(4, 8, 15), nil, []string{"quiet Apr 8 to 10"}},
		{"one day", local(1, 1, 0), []*snapshot.Incident{incident(local(4, 7, 1), new(local(4, 7, 23)))}, []string{"quiet Apr 8 to 10", "Sun, Apr 7", "quiet Mar 28 to Apr 6"}},
		{"three days long", local(1, 1, 0), []*snapshot.Incident{incident(local(4, 3, 20), new(local(4, 5, 9)))}, []string{"quiet Apr 6 to 10", "Wed, Apr 3", "quiet Mar 28 to Apr 2"}},
		{"still open", local(1, 1, 0), []*snapshot.Incident{incident(local(4, 9, 20), nil)}, []string{"quiet Mar 28 to Apr 8"}},
		{"began before the window", local(1, 1, 0), []*snapshot.Incident{incident(local(3, 2, 20), new(local(3, 30, 9)))}, []string{"quiet Mar 31 to Apr 10", "Sat, Mar 30"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := snapshot.New(snapshot.Snapshot{
				Page:    snapshot.Page{TimeZone: "Pacific/Auckland", CreatedAt: c.created},
				BuiltAt: local(4, 10, 12), Incidents: c.all,
			})
			r := &reader{p: speak(t, "Pacific/Auckland"), s: s, words: "plain", used: markSet{}}
			var got []string
			for _, d := range r.past() {
				text := d.Day.Text
				if d.Quiet {
					text = "quiet " + inWords(d.Day, d.Until)
				}
				got = append(got, text)
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for n := range got {
				if got[n] != c.want[n] {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestFullName_keepsTheOrderOfEachPart(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]snapshot.Affected{
		"API":                                {Name: "API"},
		"Calls (API)":                        {Group: "Calls", Name: "API"},
		"\u2068خدمة\u2069 (\u2068API\u2069)": {Group: "خدمة", Name: "API"},
		"\u2068Calls\u2069 (\u2068שירות\u2069)": {Group: "Calls", Name: "שירות"},
		"خدمة": {Name: "خدمة"}, // it stands in an element of its own
	} {
		if got := fullName(a); got != want {
			t.Errorf("%+q, want %+q", got, want)
		}
	}
}
