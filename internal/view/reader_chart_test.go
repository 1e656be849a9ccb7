package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

// lived is the course of a component: statuses, each from a time of the day on which CallRail's calls failed.
func lived(t testing.TB, incident int64, parts ...string) []snapshot.Period {
	t.Helper()
	out := []snapshot.Period{{ID: 1, Status: components.Operational, From: at(t, "2018-01-01T00:00:00Z")}}
	for n, p := range parts {
		clock, status, _ := strings.Cut(p, " ")
		from := at(t, "2018-05-14T"+clock+":00-04:00").UTC()
		out[len(out)-1].To = from
		out = append(out, snapshot.Period{ID: int64(n + 2), Status: components.Status(status), From: from, IncidentID: incident, Cause: components.CauseIncident})
	}
	return out
}

// charted is the CallRail page with what its postmortem says of each period.
func charted(t testing.TB) snapshot.Snapshot {
	t.Helper()
	facts := callRail(t)
	calls := []string{"13:30 partial_outage", "14:39 degraded_performance", "15:22 partial_outage", "16:09 degraded_performance", "16:40 operational"}
	apps := []string{"14:39 major_outage", "15:22 operational", "16:09 major_outage", "16:40 operational"}
	facts.Lives = map[int64][]snapshot.Period{1: lived(t, 1, apps...), 2: lived(t, 1, calls...), 3: lived(t, 1, calls...), 4: lived(t, 1, apps...), 5: lived(t, 7, apps...)}
	return facts
}

func TestChart_drawsEveryPeriodOfTheIncident(t *testing.T) {
	t.Parallel()
	page := incident(t, charted(t))
	svg := page.Find("svg.lanes")
	same(t, "role", svg.Attr("role"), "img")
	same(t, "lanes", strings.Join(svg.Texts("text.lbl"), "|"), "Application Dashboard and DNI and Keyword Tracking|Call Routing and Backup Call Routing|Updates posted here")
	var classes []string
	for _, r := range svg.FindAll("rect") {
		classes = append(classes, r.Attr("class"))
	}
	same(t, "blocks", strings.Join(classes, ","), ",down,,down,,part,slow,part,slow,")
	same(t, "words where they fit", strings.Join(svg.Texts("text.in"), "|"), "Working|Down|Working|Down|Working|Partly down|Slow|Partly down|Slow|Working")
	same(t, "one word a block", svg.FindAll("rect")[1].Attr("x"), "166.6")
	same(t, "dots", len(svg.FindAll("circle")), 9)
	same(t, "the first dot", strings.Contains(svg.HTML(), "<title>Update 1 of 9, 14:08 EDT</title>"), true)
	label := svg.Attr("aria-label")
	for _, part := range []string{
		"Application Dashboard and DNI and Keyword Tracking: Working, 13:30 EDT to 14:39 EDT; Down, 14:39 EDT to 15:22 EDT;", "Partly down, 15:22 EDT to 16:09 EDT", "The table below gives the same periods.",
	} {
		same(t, part, strings.Contains(label, part), true)
	}
	same(t, "styles", page.Has(`link[href="/static/more.css"]`), true)
}

func TestChart_hasATableThatSaysTheSame(t *testing.T) {
	t.Parallel()
	table := incident(t, charted(t)).Find("table.course")
	same(t, "columns", strings.Join(table.Texts("thead th[scope=col]"), "|"), "Service|Status|When|Lasted")
	heads := table.FindAll("tbody th[scope=rowgroup]")
	same(t, "services", len(heads), 2)
	same(t, "spans", heads[0].Attr("rowspan"), "5")
	rows := table.Texts("tbody tr")
	same(t, "rows", len(rows), 10)
	same(t, "a row", rows[1], "Down 14:39 EDT to 15:22 EDT 43 min")
	same(t, "times", table.Find("tbody time").Attr("datetime"), "2018-05-14T17:30:00Z")
}

// What another incident did to a service is not told as this one's, and a service that this one did nothing to has no lane.
func TestChart_isOfThisIncidentAlone(t *testing.T) {
	t.Parallel()
	facts := charted(t)
	life := facts.Lives[2]
	life[2].IncidentID = 7
	facts.Lives = map[int64][]snapshot.Period{2: life, 5: facts.Lives[5]}
	page := incident(t, facts)
	same(t, "rows", strings.Join(page.Texts("table.course tbody tr"), "|"),
		"Call Routing Partly down 13:30 EDT to 14:39 EDT 1 h 9 min|Partly down 15:22 EDT to 16:09 EDT 47 min|Slow or unreliable 16:09 EDT to 16:40 EDT 31 min|Working 16:40 EDT to 17:47 EDT 1 h 7 min")
}

func TestChart_onlyWhereThereIsSomethingToDraw(t *testing.T) {
	t.Parallel()
	none := map[string]snapshot.Snapshot{"nothing known": callRail(t), "as it stood": charted(t), "it took no time": charted(t), "all worked": charted(t)}
	stood := none["as it stood"]
	stood.Stood, stood.Lives = stood.BuiltAt, nil
	none["as it stood"] = stood
	none["it took no time"].Incidents[0].ResolvedAt = &none["it took no time"].Incidents[0].StartedAt
	worked := none["all worked"]
	worked.Lives = map[int64][]snapshot.Period{1: lived(t, 1, "14:00 operational")}
	none["all worked"] = worked
	for name, facts := range none {
		page := incident(t, facts)
		same(t, name+": drawing", page.Has("svg.lanes"), false)
		same(t, name+": table", page.Has("table.course"), false)
	}
}

func ticksOf(svg *statustest.Node) (out []*statustest.Node) {
	for _, n := range svg.FindAll("text[text-anchor]") {
		if n.Attr("class") == "" {
			out = append(out, n)
		}
	}
	return out
}

// A service that left the page since keeps its lane: the report is of then.
func TestChart_keepsAServiceThatIsGone(t *testing.T) {
	t.Parallel()
	facts := charted(t)
	facts.Incidents[0].Affected = []snapshot.Affected{{ID: 77, Code: "gonegonegone", Name: "Fax"}}
	facts.Lives = map[int64][]snapshot.Period{77: lived(t, 1, "13:30 major_outage")}
	same(t, "lane", incident(t, facts).Find("table.course tbody tr").Text(), "Fax Down 13:30 EDT to 17:47 EDT 4 h 17 min")
}

// Words under the drawing never run into each other, however long it took.
func TestChart_ticksHaveRoom(t *testing.T) {
	t.Parallel()
	for _, lasted := range []time.Duration{time.Minute, 7 * time.Minute, 50 * time.Minute, 4 * time.Hour, 17 * time.Hour, 3 * 24 * time.Hour, 40 * 24 * time.Hour, 700 * 24 * time.Hour} {
		facts := charted(t)
		i := facts.Incidents[0]
		end := i.StartedAt.Add(lasted)
		facts.BuiltAt = end.Add(time.Hour)
		i.ResolvedAt = &end
		facts.Lives = map[int64][]snapshot.Period{2: lived(t, 1, "13:30 major_outage")}
		svg := incident(t, facts).Find("svg.lanes")
		left := 0.0
		ticks := ticksOf(svg)
		for _, n := range ticks {
			var x float64
			if _, err := fmt.Sscan(n.Attr("x"), &x); err != nil {
				t.Fatal(err)
			}
			width := float64(len([]rune(n.Text()))) * 6.5
			switch n.Attr("text-anchor") {
			case "middle":
				x -= width / 2
			case "end":
				x -= width
			}
			if x < left {
				t.Errorf("%v: %q at %f stands on what ends at %f", lasted, n.Text(), x, left)
			}
			left = x + width
		}
		if len(ticks) < 2 || (lasted > 2*time.Hour && len(ticks) < 3) {
			t.Errorf("%v: %d ticks", lasted, len(ticks))
		}
	}
}

func TestChart_ofAnOpenIncidentComesAfterTheNews(t *testing.T) {
	t.Parallel()
	facts := during(t)
	facts.Lives = map[int64][]snapshot.Period{2: lived(t, 1, "13:30 partial_outage")}
	text := incident(t, facts).Find("main").Text()
	if strings.Index(text, "What was affected when") < strings.Index(text, "Updates") {
		t.Error("the drawing stands before the news")
	}
	same(t, "it goes on", strings.Contains(text, "Partly down since 13:30 EDT –"), true)
	same(t, "no end", strings.Contains(text, "to 14:50 EDT"), false)
	same(t, "in words", strings.HasPrefix(incident(t, facts).Find("svg.lanes").Attr("aria-label"), "Timeline. Call Routing: Partly down, since 13:30 EDT."), true)
}

func TestIncident_leadsToRelatedReports(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.Incidents = append(facts.Incidents, kept(t, 9, 40, incidents.Completed)) // shares the dashboard
	for n := range 4 {
		i := *facts.Incidents[0]
		i.ID, i.Number, i.Code, i.Title = int64(n+10), int64(n+10), fmt.Sprintf("older%07d", n), fmt.Sprintf("Older %d", n)
		i.StartedAt = i.StartedAt.Add(-time.Duration(n+1) * 24 * time.Hour)
		if n == 0 {
			i.Affected = []snapshot.Affected{{Code: "elsewhere000", Name: "Fax"}}
		}
		facts.Incidents = append(facts.Incidents, &i)
	}
	page := incident(t, facts)
	same(t, "related", strings.Join(page.Texts("section[aria-labelledby=related] h3"), "|"), "Older 1|Older 2|Older 3")
	same(t, "none", incident(t, callRail(t)).Has("section[aria-labelledby=related]"), false)
}

func TestStood_saysSoAndHasNothingThatMoves(t *testing.T) {
	t.Parallel()
	facts := during(t)
	facts.Stood = facts.BuiltAt
	s := snapshot.New(facts)
	body, err := views(t).Incident(s, s.Incident(code))
	for name, page := range map[string]*statustest.Node{"/": home(t, facts), "/incidents/" + code: statustest.Page(t, must(t, body, err))} {
		banner := page.Find("p.asof")
		same(t, name+": says", banner.Text(), "This is the page as it stood at May 14, 2018 - 14:50 EDT; what was withdrawn since is left out. See the page of now")
		same(t, name+": leads to now", banner.Find("a").Attr("href"), name)
		same(t, name+": dot", page.Has(".live"), false)
		same(t, name+": tag for the script", page.Has("[data-tag]"), false)
		same(t, name+": index", page.Has(`meta[name=robots][content=noindex]`), true)
		same(t, name+": canonical", page.Has("link[rel=canonical]"), false)
		same(t, name+": forms", page.Has(`main a[href="/subscribe?incident=`+code+`"]`), false)
	}
	h := home(t, facts)
	same(t, "reports of then", h.Find(".inc h2 a").Attr("href"), "/incidents/"+code+"?at=2018-05-14T18%3A50%3A00Z")
	same(t, "the title", h.Find("title").Text(), "Application Dashboard is down; Call Routing and Backup Call Routing have problems, as it stood at May 14, 2018 - 14:50 EDT · CallRail status")
	same(t, "the line under it", strings.HasPrefix(strings.ToLower(h.Find(".hero p").Text()), "next update"), true)
	same(t, "strips", h.Has(".strip"), false)
}

// Where nobody said then how a service was, its name stands alone: it is not
// called working because today it is.
func TestStood_inventsNoStatus(t *testing.T) {
	t.Parallel()
	facts := during(t)
	facts.Stood, facts.Groups = facts.BuiltAt, nil
	same(t, "chips", strings.Join(incident(t, facts).Texts(".chip"), "|"), "Application Dashboard|Call Routing|Backup Call Routing|DNI and Keyword Tracking|Call Recording")
}
