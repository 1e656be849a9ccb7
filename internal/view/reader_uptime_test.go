package view_test

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

// ledger is a page with one service, whose life is given in its zone, until the
// 14th of May, 18:00.
func ledger(t *testing.T, lives ...snapshot.Period) snapshot.Snapshot {
	t.Helper()
	return snapshot.Snapshot{
		Page:    snapshot.Page{Name: "CallRail", TimeZone: "America/New_York", Language: "en", Words: "plain", BaseURL: "https://status.example.com", ShowUptime: true, PastDays: 14, Weights: components.DefaultWeights},
		BuiltAt: at(t, "2018-05-14T22:00:00Z"), ChangedAt: at(t, "2018-05-14T22:00:00Z"),
		Groups: []snapshot.Group{{Components: []snapshot.Component{{ID: 1, Code: "kctbh9vrtdwd", Name: "Call routing", Status: components.Operational, Showcase: true}}}},
		Lives:  map[int64][]snapshot.Period{1: lives},
		Incidents: []*snapshot.Incident{{
			ID: 7, Code: "incident0007", Number: 7, Kind: "incident", Title: "Calls fail", State: "resolved", StartedAt: at(t, "2018-05-14T17:30:00Z"), ResolvedAt: new(at(t, "2018-05-14T19:30:00Z")),
			Updates: []snapshot.Update{{N: 1, State: "resolved", Label: "resolved", Plain: "over", HTML: "<p>over</p>", HappenedAt: at(t, "2018-05-14T19:30:00Z")}},
		}},
	}
}

func period(t *testing.T, s components.Status, from, to string, incident int64) snapshot.Period {
	t.Helper()
	p := snapshot.Period{Status: s, From: at(t, from), IncidentID: incident}
	if to != "" {
		p.To = at(t, to)
	}
	return p
}

func TestHome_strips(t *testing.T) {
	t.Parallel()
	s := ledger(t,
		period(t, components.Operational, "2018-04-01T04:00:00Z", "2018-05-10T12:00:00Z", 0),
		period(t, components.Maintenance, "2018-05-10T12:00:00Z", "2018-05-10T20:00:00Z", 0),
		period(t, components.Operational, "2018-05-10T20:00:00Z", "2018-05-14T17:30:00Z", 0),
		period(t, components.MajorOutage, "2018-05-14T17:30:00Z", "2018-05-14T19:30:00Z", 7),
		period(t, components.Operational, "2018-05-14T19:30:00Z", "", 0))
	body, err := views(t).Home(snapshot.New(s))
	page := statustest.Page(t, must(t, body, err))
	strip := page.Find("a.strip")
	same(t, "name", strip.Attr("aria-label"), "Call routing: 99.80% uptime in 90 days, problems on 1 day. Day by day")
	same(t, "link", strip.Attr("href"), "/uptime/kctbh9vrtdwd")
	same(t, "figure", page.Find(".c .num").Text(), "99.80%") // 1048 of 1050 hours, cut
	same(t, "last day", page.Find("[data-end]").Attr("data-end"), "2018-05-14")
	// 15 Feb to 31 March are 45 days without data; the 10th of May is day 85.
	same(t, "no data", strip.Attr("data-from"), "46")
	same(t, "tracks", strip.Find("path.x").Attr("d"), "M85.5 4v24M89.5 4v24")
	same(t, "maintenance hangs from the top, eight hours to the foot", strip.Find("path.maint").Attr("d"), "M85.5 28v-24")
	same(t, "two hours", strip.Find("path.down").Attr("d"), "M89.5 28v-12")
	same(t, "told", strip.Find("path.down title").Text(), "Down for 2 h Calls fail")
	if n := len(page.FindAll("#d90")); n != 1 {
		t.Errorf("%d shared drawings", n)
	}
	s.Page.ShowUptime = false
	body, err = views(t).Home(snapshot.New(s))
	if page := statustest.Page(t, must(t, body, err)); page.Has(".strip") || page.Has("#d90") || page.Has("nav a[href=/uptime]") {
		t.Error("a page that shows no uptime shows some")
	}
}

// A group's day has the worst that happened to one of its services, for as long
// as the longest; its figure is of all of them together.
func TestUptime_groupsHaveStrips(t *testing.T) {
	t.Parallel()
	s := ledger(t,
		period(t, components.Operational, "2018-01-01T04:00:00Z", "2018-05-14T17:30:00Z", 0),
		period(t, components.MajorOutage, "2018-05-14T17:30:00Z", "2018-05-14T19:30:00Z", 7),
		period(t, components.Operational, "2018-05-14T19:30:00Z", "", 0))
	s.Groups[0].Name = "Calls"
	s.Groups[0].Components = append(s.Groups[0].Components, snapshot.Component{ID: 2, Code: "reports00000", Name: "Reports", Status: components.Operational, Showcase: true},
		snapshot.Component{ID: 3, Code: "secret000000", Name: "Uncounted", Status: components.Operational})
	s.Lives[2] = []snapshot.Period{
		period(t, components.Operational, "2018-01-01T04:00:00Z", "2018-05-14T12:00:00Z", 0),
		period(t, components.PartialOutage, "2018-05-14T12:00:00Z", "2018-05-14T20:00:00Z", 0),
		period(t, components.Operational, "2018-05-14T20:00:00Z", "", 0),
	}
	body, err := views(t).Uptime(snapshot.New(s))
	page := statustest.Page(t, must(t, body, err))
	same(t, "strips", len(page.FindAll(".strip")), 1)
	strip := page.Find("span.strip")
	same(t, "name", strip.Attr("aria-label"), "Calls: 99.89%, problems on 1 day")
	same(t, "the worst, as high as the longest", strip.Find("path.down").Attr("d"), "M89.5 28v-24")
	same(t, "told", strip.Find("path.down title").Text(), "Call routing: Down for 2 h Calls fail Reports: Partly down for 8 h")
	same(t, "last day", page.Find("[data-end]").Attr("data-end"), "2018-05-14")
	same(t, "figure of the table", page.Find("tr.all td").Text(), "99.89%")
}

func TestUptimeOf_isACalendarInWords(t *testing.T) {
	t.Parallel()
	s := ledger(t,
		period(t, components.Operational, "2017-12-20T05:00:00Z", "2018-05-14T03:30:00Z", 0),
		period(t, components.PartialOutage, "2018-05-14T03:30:00Z", "2018-05-14T17:30:00Z", 7), // from 23:30 on the 13th
		period(t, components.MajorOutage, "2018-05-14T17:30:00Z", "2018-05-14T19:30:00Z", 7),
		period(t, components.Operational, "2018-05-14T19:30:00Z", "", 0))
	snap := snapshot.New(s)
	body, err := views(t).UptimeOf(snap, snap.Components()[0], 0)
	page := statustest.Page(t, must(t, body, err))
	same(t, "months", strings.Join(page.Texts("caption"), "|"), "December 2017100%|January 2018100%|February 2018100%|March 2018100%|April 2018100%|May 201898.12%")
	may := page.FindAll("table.cal")[5]
	same(t, "first week", strings.Join(may.FindAll("tbody tr")[0].Texts("td"), ","), ",1,2,3,4,5,6")
	same(t, "the 13th", may.Find("[id=2018-05-13] a").Text(), "13: Partly down for 30 min")
	same(t, "the 14th, the worst first", may.Find("[id=2018-05-14] a").Text(), "14: Down for 2 h; Partly down for 13 h 30 min")
	same(t, "the 14th is down", may.Find("[id=2018-05-14] a").Attr("data-s"), "down")
	if may.Find("[id=2018-05-14] a").Attr("href") != "#d2018-05-14" || page.Find("#d2018-05-14 p a").Attr("href") != "/incidents/incident0007" {
		t.Error("the way from a day to its report")
	}
	if got := may.FindAll(".off"); len(got) != 17 {
		t.Errorf("%d days to come, want 17", len(got))
	}
	same(t, "years", strings.Join(page.Texts(".years a"), " "), "Latest 2018 2017")
	body, err = views(t).UptimeOf(snap, snap.Components()[0], 2017)
	page = statustest.Page(t, must(t, body, err))
	same(t, "2017", strings.Join(page.Texts("caption"), "|"), "December 2017100%")
	if v := views(t); v.UptimeYears(snap, snap.Components()[0], 2016) || v.UptimeYears(snap, snap.Components()[0], 2019) || !v.UptimeYears(snap, snap.Components()[0], 2017) {
		t.Error("years are those that something is known of")
	}
}

func TestUptime_saysItsRule(t *testing.T) {
	t.Parallel()
	s := ledger(t, period(t, components.Operational, "2017-12-20T05:00:00Z", "", 0))
	body, err := views(t).Uptime(snapshot.New(s))
	page := statustest.Page(t, must(t, body, err))
	same(t, "rule", page.Find(".head p").Text(), "Counted to the second from what we report: down counts in full, partly down counts 30%, slow counts as up, and maintenance does not count as down. Figures are cut, never rounded up.")
	same(t, "head", strings.Join(page.Texts("thead th"), "|"), "Service|90 days|May 2018|April 2018|March 2018")
	same(t, "row", strings.Join(page.Texts("tbody tr td"), "|"), "100%|100%|100%|100%")
}
