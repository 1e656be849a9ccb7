package view_test

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

const code = "kctbh9vrtdwd" // of the incident in every fixture

func must(t testing.TB, body []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func home(t testing.TB, facts snapshot.Snapshot) *statustest.Node {
	t.Helper()
	body, err := views(t).Home(snapshot.New(facts))
	return statustest.Page(t, must(t, body, err))
}

func incident(t testing.TB, facts snapshot.Snapshot) *statustest.Node {
	t.Helper()
	s := snapshot.New(facts)
	body, err := views(t).Incident(s, s.Incident(code))
	return statustest.Page(t, must(t, body, err))
}

func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// The report of each seed as its readers saw it: texts, order, labels, times, what was affected.
func TestIncident_readsAsTheSeed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		seed  statustest.Seed
		facts snapshot.Snapshot
	}{
		{"CallRail", statustest.CallRail(t), callRail(t)},
		{"RACO", statustest.RACO(t), raco(t)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			page := incident(t, c.facts)
			same(t, "heading", page.Find("h1").Text(), c.seed.Incident.Name)
			same(t, "report", page.Find(".crumbs [aria-current]").Text(), c.seed.Incident.ReportLine)
			same(t, "affected", page.Find(".affected").Text(), c.seed.Incident.AffectedLine)
			same(t, "posted", page.Find("#postmortem .prose > .sm time").Text(), c.seed.Incident.Postmortem.Posted.Display)
			updates := page.FindAll("ol.ups > li")
			if len(updates) != len(c.seed.Incident.Updates) {
				t.Fatalf("got %d updates, want %d", len(updates), len(c.seed.Incident.Updates))
			}
			for n, want := range c.seed.Incident.Updates {
				got := updates[n]
				label := want.Label
				if label == "" {
					label = want.LabelInferred
				}
				same(t, "label", got.Find("b").Text(), label)
				same(t, "time", got.Find("time").Text(), want.Posted.Display)
				same(t, "datetime", got.Find("time").Attr("datetime"), want.Posted.UTC.Format(time.RFC3339))
				same(t, "text", got.Find(".said").Text(), strings.Join(strings.Fields(want.Body), " "))
				same(t, "permalink", got.Find(".when a").Attr("href"), "#"+got.Attr("id"))
			}
			if !page.Has(`link[rel="canonical"][href="https://status.example.com/incidents/` + code + `"]`) {
				t.Error("no canonical address")
			}
		})
	}
}

func TestIncident_saysPostmortemOnce(t *testing.T) {
	t.Parallel()
	same(t, "CallRail writes the heading", strings.Join(incident(t, callRail(t)).Texts("#postmortem h2"), "|"), "Postmortem")
	same(t, "RACO does not", strings.Join(incident(t, raco(t)).Texts("#postmortem h2"), "|"), "Postmortem")
	rows := incident(t, callRail(t)).Texts("#postmortem table tbody th")
	same(t, "periods of impact", len(rows), 5)
}

func TestIncident_facts(t *testing.T) {
	t.Parallel()
	same(t, "finished", incident(t, callRail(t)).Find(".facts").Text(), "Resolved Started May 14, 2018 - 13:30 EDT Resolved 17:47 EDT Lasted 4 h 17 min")
	same(t, "over days", incident(t, raco(t)).Find(".facts").Text(), "Resolved Started Jul 22, 2019 - 19:00 PDT Resolved Jul 25, 12:00 PDT Lasted 2 d 17 h")
	open := incident(t, during(t))
	same(t, "open", open.Find(".facts").Text(), "Investigating Started May 14, 2018 - 13:30 EDT Next update by 15:20 EDT")
	same(t, "chips", strings.Join(open.Texts(".chip"), "|"), "Application Dashboard: down|Call Routing: partly down|Backup Call Routing: partly down|DNI and Keyword Tracking: working|Call Recording: working")
	same(t, "follow", open.Find(".then a").Attr("href"), "/subscribe?incident="+code)
	same(t, "chip in a group", incident(t, raco(t)).Find(".chip").Text(), "AlarmAgent Voice System Health")
}

// Chips say the worst first, and name the group only where that is needed to
// know which service is meant.
func TestIncident_chips(t *testing.T) {
	t.Parallel()
	p := during(t)
	affected := p.Incidents[0].Affected
	affected[0], affected[1] = affected[1], affected[0]
	other := p.Groups[0].Components[0]
	other.ID, other.Code = 99, "another00000"
	other.Name = strings.ToUpper(affected[2].Name)
	p.Groups[0].Components = append(p.Groups[0].Components, other)
	affected[2].Group = "Calls"
	page := incident(t, p)
	same(t, "chips", strings.Join(page.Texts(".chip"), "|"), "Application Dashboard: down|Call Routing: partly down|Calls (Backup Call Routing): partly down|DNI and Keyword Tracking: working|Call Recording: working")
}

func TestIncident_showsWhatWasEdited(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	u := &facts.Incidents[0].Updates[0]
	u.EditedAt = new(at(t, "2018-05-14T22:10:00Z"))
	u.Earlier = []snapshot.Earlier{{HTML: "<p>It is over.</p>", HappenedAt: at(t, "2018-05-14T21:40:00Z"), From: at(t, "2018-05-14T21:47:00Z"), Until: *u.EditedAt}}
	facts.Incidents[0].Updates[1].FellBack = true
	page := incident(t, facts)
	same(t, "edited", page.Find("#u9 details").Text(), "Edited 18:10 EDT From 17:47 EDT to 18:10 EDT this said, under the time May 14, 2018 - 17:40 EDT: It is over.")
	same(t, "others", page.Has("#u8 details"), false)
	same(t, "fell back", page.Find("#u8 .again").Text(), "Recurred")
	same(t, "only there", len(page.FindAll(".again")), 1)
}

func TestHome_onAQuietDay(t *testing.T) {
	t.Parallel()
	page := home(t, callRail(t))
	same(t, "title", page.Find("title").Text(), "Everything is working · CallRail status")
	same(t, "headline", page.Find("h1").Text(), "Everything is working")
	same(t, "mark", page.Find(".hero").Attr("data-s"), "ok")
	same(t, "favicon", page.Find(`link[rel="icon"]`).Attr("href"), "/static/favicon-ok.svg")
	same(t, "cards", len(page.FindAll(".inc")), 0)
	same(t, "services", strings.Join(page.Texts(".c .name"), "|"), "Application Dashboard|Call Routing|Backup Call Routing|DNI and Keyword Tracking|Call Recording")
	same(t, "planned", page.Find(".soon .sm").Text(), "May 27, 02:00 EDT to 03:30 EDT · 1 h 30 min")
	rows := page.FindAll(".days > li")
	same(t, "rows", len(rows), 3)
	same(t, "newest", rows[0].Text(), "May 15 to 22 Nothing to report.")
	same(t, "the day", rows[1].Find("time").Text(), "Mon, May 14")
	same(t, "its times", rows[1].Find("article .sm").Text(), "Partly down · 13:30 EDT to 17:47 EDT · Application Dashboard, Call Routing and 3 more · Postmortem")
	same(t, "oldest", rows[2].Text(), "May 9 to 13 Nothing to report.")
	same(t, "zone", page.Find("footer p").Text(), "Times are in America/New_York (EDT, UTC−4).")
	same(t, "as of", page.Has(".asof"), false)
	same(t, "atom", page.Find(`link[type="application/atom+xml"]`).Attr("title"), "CallRail Status History - Atom Feed")
	same(t, "rss", page.Find(`link[type="application/rss+xml"]`).Attr("title"), "CallRail Status History - RSS Feed")
	same(t, "rss address", page.Find(`link[type="application/rss+xml"]`).Attr("href"), "https://status.example.com/history.rss")
}

func TestHome_whileItBurns(t *testing.T) {
	t.Parallel()
	page := home(t, during(t))
	same(t, "title", page.Find("title").Text(), "Application Dashboard is down; Call Routing and Backup Call Routing have problems · CallRail status")
	same(t, "hero", page.Find(".hero p").Text(), "Updated 14:49 EDT · next update by 15:20 EDT")
	same(t, "favicon", page.Find(`link[rel="icon"]`).Attr("href"), "/static/favicon-down.svg")
	card := page.Find(".inc")
	same(t, "mark", card.Attr("data-s"), "down")
	same(t, "facts", card.Find(".facts").Text(), "Started 13:30 EDT Next update by 15:20 EDT")
	same(t, "step", card.Find(`[aria-current="step"]`).Text(), "Investigating")
	same(t, "steps", strings.Join(card.Texts(".steps li"), "|"), "Investigating|Identified|Monitoring|Resolved")
	same(t, "labels", strings.Join(card.Texts(".ups b"), "|"), "Update|Update|Investigating")
	same(t, "times", strings.Join(card.Texts(".ups time"), "|"), "14:49 EDT|14:43 EDT|14:08 EDT")
	same(t, "permalink", card.Find(".when a").Attr("href"), "/incidents/"+code+"#u3")
	same(t, "follow", card.Find(".then a").Attr("href"), "/subscribe?incident="+code)
	same(t, "today is not called quiet", page.Find(".days > li").Text(), "May 1 to 13 Nothing to report.")
	same(t, "a service", page.FindAll(".c")[1].Text(), "Call Routing Partly down")
}

func TestHome_promiseMissed(t *testing.T) {
	t.Parallel()
	facts := during(t)
	facts.BuiltAt = at(t, "2018-05-14T19:20:00Z")
	page := home(t, facts)
	same(t, "card", page.Find(".inc .facts").Text(), "Started 13:30 EDT Next update promised by 15:20 EDT, late")
	same(t, "hero", page.Find(".hero .next").Text(), "next update promised by 15:20 EDT, late")
}

func TestHome_runningMaintenance(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.BuiltAt = at(t, "2018-05-27T06:10:00Z")
	m := facts.Incidents[1]
	m.State = incidents.InProgress
	m.Updates = append([]snapshot.Update{{N: 2, State: incidents.InProgress, Label: "in_progress", HTML: "<p>Begun.</p>", Plain: "Begun.", HappenedAt: at(t, "2018-05-27T06:02:00Z")}}, m.Updates...)
	facts.Groups[0].Components[0].Status = components.Maintenance
	page := home(t, facts)
	same(t, "headline", page.Find("h1").Text(), "Application Dashboard is under maintenance")
	same(t, "facts", page.Find(".inc .facts").Text(), "Started 02:02 EDT Planned until 03:30 EDT")
	same(t, "steps", strings.Join(page.Texts(".steps .did"), "|"), "Scheduled|In progress")
	same(t, "nothing to follow", page.Has(".then .btn"), false)
	same(t, "not planned any more", page.Has(".soon"), false)
}

// What was begun before its time still says for when it was planned.
func TestIncident_maintenanceBegunEarly(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.BuiltAt = at(t, "2018-05-27T05:50:00Z")
	m := facts.Incidents[1]
	m.State, m.StartedAt = incidents.InProgress, at(t, "2018-05-27T05:40:00Z")
	m.Updates = append([]snapshot.Update{{N: 2, State: incidents.InProgress, Label: "in_progress", HTML: "<p>Begun.</p>", Plain: "Begun.", HappenedAt: m.StartedAt}}, m.Updates...)
	body, err := views(t).Incident(snapshot.New(facts), m)
	page := statustest.Page(t, must(t, body, err))
	same(t, "facts", page.Find(".facts").Text(), "In progress Planned for May 27, 2018 - 02:00 EDT Planned until 03:30 EDT Started 01:40 EDT")
}

func TestHome_classicWords(t *testing.T) {
	t.Parallel()
	facts := during(t)
	facts.Page.Words = "classic"
	page := home(t, facts)
	same(t, "chip", page.Find(".chip").Text(), "Application Dashboard: major outage")
	same(t, "service", page.FindAll(".c")[1].Text(), "Call Routing Partial outage")
}

func TestHome_saysThatItIsOld(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.AsOf = at(t, "2018-05-22T14:30:00Z")
	want := "Shown as of May 22, 2018 - 10:30 EDT. We cannot reach our own database at the moment; this is the last good picture."
	same(t, "home", home(t, facts).Find(".asof").Text(), want)
	same(t, "incident", incident(t, facts).Find(".asof").Text(), want)
}

// A page that is being set up says so; one that has an incident must not say that nothing is wrong.
func TestHome_beforeThereIsAnything(t *testing.T) {
	t.Parallel()
	facts := during(t)
	facts.Groups = nil
	same(t, "an incident", home(t, facts).Find("h1").Text(), "We are looking into a problem: Upstream Network Impairment")
	facts.Incidents = nil
	same(t, "nothing", home(t, facts).Find("h1").Text(), "This page is being set up. Nothing is wrong.")
}

func TestHome_groupsFoldWhenThereAreMany(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.Groups = nil
	for g := range 4 {
		group := snapshot.Group{Name: "Group " + string(rune('A'+g))}
		for range 4 {
			group.Components = append(group.Components, snapshot.Component{Name: "Thing", Status: components.Operational})
		}
		facts.Groups = append(facts.Groups, group)
	}
	facts.Groups[2].Components[1].Status = components.Degraded
	page := home(t, facts)
	var open []string
	for _, g := range page.FindAll("details.group[open]") {
		open = append(open, g.Find("h3").Text())
	}
	same(t, "open", strings.Join(open, "|"), "Group C")
	same(t, "folded", page.Find("details.group summary").Text(), "Group A 4 services All working")
	same(t, "worst inside", page.FindAll("details.group")[2].Find("summary .st").Text(), "Slow or unreliable")
	for n := range facts.Groups {
		facts.Groups[n].Components = facts.Groups[n].Components[:3]
	}
	same(t, "few", len(home(t, facts).FindAll("details.group[open]")), 4)
}

// Two hundred open incidents are possible; the page must stay one that a phone can load.
func TestHome_isBoundedOnTheWorstDay(t *testing.T) {
	t.Parallel()
	facts := during(t)
	one := facts.Incidents[0]
	long := *one
	for n := range 30 {
		u := one.Updates[0]
		u.N = 10 + n
		long.Updates = append([]snapshot.Update{u}, long.Updates...)
	}
	facts.Incidents[0] = &long
	for n := range 199 {
		i := *one
		i.Code = "c" + strings.Repeat("0", 8) + string(rune('a'+n/26)) + string(rune('a'+n%26)) + "0"
		facts.Incidents = append(facts.Incidents, &i)
	}
	s := snapshot.New(facts)
	body, err := views(t).Home(s)
	page := statustest.Page(t, must(t, body, err))
	same(t, "in full", len(page.FindAll(".inc")), 10)
	same(t, "in short", len(page.FindAll(`section[aria-labelledby="more"] article`)), 190)
	same(t, "updates of one", len(page.Find(".inc").FindAll(".ups > li")), 12)
	same(t, "the rest", page.Find(".inc .then").Text(), "Tell me when this changes All 33 updates")
	if gz := weigh(t, body); gz > 20<<10 {
		t.Errorf("%d bytes compressed", gz)
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.Page.CreatedAt = at(t, "2017-11-30T00:00:00Z")
	s := snapshot.New(facts)
	body, err := views(t).History(s, []byte(`{"months":[]}`))
	page := statustest.Page(t, must(t, body, err))
	same(t, "months", strings.Join(page.Texts("section h2"), "|"), "May 2018|November 2017 to April 2018|The page as it stood")
	same(t, "summary", page.Find("section small").Text(), "1 incident · 4 h 17 min of trouble")
	same(t, "row", page.Find(".days article .sm").Text(), "Partly down · 13:30 EDT to 17:47 EDT · 5 services · 9 updates · Postmortem")
	same(t, "day", page.Find(".days > li > time").Text(), "Mon, May 14")
	same(t, "years", strings.Join(page.Texts("dt"), "|"), "2018")
	same(t, "months with something to tell", strings.Join(page.Texts("dd a"), "|"), "May (1)")
	same(t, "current", page.Find("header [aria-current]").Text(), "History")
	same(t, "planned is no history", strings.Contains(page.Text(), "Database upgrade"), false)

	m, ok := s.MonthOf("2018-04")
	same(t, "April", ok, true)
	body, err = views(t).HistoryMonth(s, m, []byte("{}"))
	page = statustest.Page(t, must(t, body, err))
	same(t, "quiet month", page.Find("section p").Text(), "Nothing to report.")
	same(t, "ends", page.Find(".ends").Text(), "Earlier: March 2018 Later: May 2018")
}

// A slip of the keyboard must not make a page of 24,000 months.
func TestHistory_isBounded(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.Page.CreatedAt = time.Time{}
	for n := range 300 {
		i := *facts.Incidents[0]
		i.Code = "x" + string(rune('a'+n/26)) + string(rune('a'+n%26))
		facts.Incidents = append(facts.Incidents, &i)
	}
	s := snapshot.New(facts)
	body, err := views(t).History(s, []byte(`{"months":[]}`))
	page := statustest.Page(t, must(t, body, err))
	same(t, "links", len(page.FindAll("dd a")), 1)
	same(t, "quiet months in one entry, and the form", len(page.FindAll("section")), 3)
	same(t, "rows", len(page.FindAll("article")), 50)
	same(t, "the rest", strings.Join(page.Texts(`section a[href="/history/2018-05"]`), "|"), "May 2018|All 301 entries of May 2018")
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	v, s := views(t), snapshot.New(during(t))
	render := func(f view.SubscribeForm) *statustest.Node {
		body, err := v.Subscribe(s, f)
		return statustest.Page(t, must(t, body, err))
	}
	chosen := func(page *statustest.Node) string {
		var on []string
		for _, n := range page.FindAll("input[checked]") {
			on = append(on, n.Attr("name")+"="+n.Attr("value"))
		}
		return strings.Join(on, " ")
	}
	fresh := render(view.NewSubscribeForm(""))
	same(t, "fresh", chosen(fresh), "what=all how=every maint=1")
	same(t, "nothing is wrong yet", fresh.Has("[aria-invalid]") || fresh.Has("[role=alert]"), false)
	same(t, "other ways", strings.Join(fresh.Texts(".ways summary"), "|"), "Feed reader or calendar")

	one := render(view.NewSubscribeForm(code))
	same(t, "one incident", chosen(one), "what=incident how=every maint=1")
	same(t, "its title", one.Find(".pick .hint").Text(), "Upstream Network Impairment")
	same(t, "its code", one.Find(`input[name="incident"]`).Attr("value"), code)
	same(t, "an unknown incident", chosen(render(view.NewSubscribeForm("nosuch"))), "what=all how=every maint=1")

	f := view.SubscribeForm{Email: "dana@bright-dental", What: "some", Components: []string{"bomponent0000"}, How: "ends", Errors: map[string]string{"email": "No ending.", "components": "Choose."}}
	refused := render(f)
	same(t, "kept", chosen(refused), "what=some c=bomponent0000 how=ends")
	email := refused.Find("#em")
	same(t, "typed", email.Attr("value"), "dana@bright-dental")
	same(t, "invalid", email.Attr("aria-invalid"), "true")
	same(t, "described", refused.Find("#"+email.Attr("aria-describedby")).Text(), "No ending.")
	same(t, "summary", strings.Join(refused.Texts("[role=alert] a"), "|"), "No ending.|Choose.")
	same(t, "open to be mended", refused.Has("details#choose[open]"), true)

	sent := render(view.SubscribeForm{Email: "dana@bright-dental.example", Sent: true})
	same(t, "neutral", strings.Contains(sent.Text(), "dana"), false)
	same(t, "heading", sent.Find("h1").Text(), "Check your mail")
}

func TestManage(t *testing.T) {
	t.Parallel()
	v, s := views(t), snapshot.New(callRail(t))
	body, err := v.Manage(s, view.ManageForm{
		Address: "dana@bright-dental.example", Since: at(t, "2018-05-03T12:00:00Z"), What: "some", Components: []string{"aomponent0000"}, How: "ends",
		Incidents: []string{code, "gone"}, Stop: "/u/abc",
	})
	page := statustest.Page(t, must(t, body, err))
	same(t, "whose", page.Find(".head p").Text(), "For dana@bright-dental.example, since May 3, 2018. This page opens only from the link in your e-mails.")
	same(t, "follows", page.Find(".pick .hint").Text(), "Upstream Network Impairment")
	same(t, "stop", page.Find(".row a").Attr("href"), "/u/abc")
	same(t, "not indexed", page.Find(`meta[name="robots"]`).Attr("content"), "noindex")
	same(t, "no lasting address", page.Has(`link[rel="canonical"]`), false)
}

func TestConfirm_saysWhatIsConfirmed(t *testing.T) {
	t.Parallel()
	v, s := views(t), snapshot.New(callRail(t))
	for _, c := range []struct {
		ask  view.Confirmation
		want string
	}{
		{view.Confirmation{What: "all"}, "everything"},
		{view.Confirmation{What: "some", Components: []string{"bomponent0000", "aomponent0000", "gone"}}, "Application Dashboard and Call Routing"},
		{view.Confirmation{What: "none", Incidents: []string{code}}, "only the incident “Upstream Network Impairment”"},
		{view.Confirmation{What: "some", Components: []string{"gone"}}, "what you chose"},
	} {
		c.ask.Address = "dana@bright-dental.example"
		body, err := v.Confirm(s, c.ask)
		page := statustest.Page(t, must(t, body, err))
		same(t, "sentence", page.Find("main p").Text(), "Send status updates about "+c.want+" to dana@bright-dental.example?")
		same(t, "only a button acts", len(page.FindAll(`form[method="post"] button`)), 1)
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	v, s := views(t), snapshot.New(during(t))
	text := func(body []byte, err error) string { return statustest.Page(t, must(t, body, err)).Find("main").Text() }
	same(t, "404", text(v.NotFound(s)), "There is no page here. Current status: Application Dashboard is down; Call Routing and Backup Call Routing have problems. See history")
	same(t, "500", text(v.ServerError("CallRail")), "This page has a problem of its own. Your service may be fine. Try again in a minute. Current status")
	same(t, "link", text(v.LinkExpired(s)), "This link has expired It is too old, was already used, or is not complete. If you confirmed before, you are already subscribed. Enter your address and we send a new one. Get updates Current status")
	same(t, "fault", text(v.Refused(s, fault.New(fault.TooLarge, "fault.toolarge"))), "This did not work This is more than one form may send. Shorten it. Current status")
	same(t, "field", text(v.Refused(s, fault.At("email", "email.required"))), "This did not work Enter an e-mail address. Current status")
}

// What the pages of the mock-ups weigh.
func TestWeight(t *testing.T) {
	t.Parallel()
	v, s := views(t), snapshot.New(callRail(t))
	body, err := v.Home(s)
	if gz := weigh(t, must(t, body, err)); gz > 11<<9 {
		t.Errorf("status page: %d bytes compressed", gz)
	}
	body, err = v.Incident(s, s.Incident(code))
	if gz := weigh(t, must(t, body, err)); gz > 7<<10 {
		t.Errorf("report with postmortem: %d bytes compressed", gz)
	}
	body, err = v.Home(snapshot.New(hostile(t)))
	if gz := weigh(t, must(t, body, err)); gz > 80<<10 { // a strip costs about 150 bytes
		t.Errorf("300 services: %d bytes compressed", gz)
	}
}

func weigh(t testing.TB, body []byte) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// Only the marks that a page uses are in it.
func TestMarks(t *testing.T) {
	t.Parallel()
	v, s := views(t), snapshot.New(callRail(t))
	body, err := v.Incident(s, s.Incident(code))
	page := statustest.Page(t, must(t, body, err))
	var have []string
	for _, n := range page.FindAll("symbol") {
		have = append(have, n.Attr("id"))
	}
	same(t, "symbols", strings.Join(have, " "), "m-ok")
	if slices.Contains(have, "m-down") {
		t.Error("a mark that is not used")
	}
}

// Each step has the colour of what was so during it; the one that is current agrees with its card.
func TestSteps_haveTheColourOfTheirTime(t *testing.T) {
	t.Parallel()
	facts := during(t)
	i := facts.Incidents[0]
	said := func(n int, state incidents.State, status components.Status) {
		i.Updates[n].State = state
		i.Updates[n].Affected = []snapshot.Affected{{Code: i.Affected[0].Code, New: status}}
	}
	said(2, incidents.Investigating, components.MajorOutage) // oldest
	said(1, incidents.Investigating, components.Degraded)
	said(0, incidents.Monitoring, components.Degraded)
	i.State = incidents.Monitoring
	for n := range facts.Groups[0].Components {
		facts.Groups[0].Components[n].Status = components.Operational
	}
	facts.Groups[0].Components[0].Status = components.Degraded
	for name, page := range map[string]*statustest.Node{"its page": incident(t, facts), "the status page": home(t, facts)} {
		var marks []string
		for _, n := range page.FindAll(".steps li") {
			marks = append(marks, n.Attr("data-s"))
		}
		same(t, "on "+name, strings.Join(marks, "|"), "down|down|slow|")
	}
}

func TestHome_quietForLongLeadsToTheLastReport(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.BuiltAt = at(t, "2018-08-01T14:32:00Z")
	page := home(t, facts)
	same(t, "before", page.Find(".before").Text(), "Before that Upstream Network Impairment May 14, 2018")
	same(t, "its day", page.Find(".before time").Attr("datetime"), "2018-05-14")
}
