package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func maintenance(t testing.TB, facts snapshot.Snapshot) *statustest.Node {
	t.Helper()
	body, err := views(t).Maintenance(snapshot.New(facts))
	return statustest.Page(t, must(t, body, err))
}

// kept is a maintenance of days ago in a state.
func kept(t testing.TB, n, days int, state incidents.State) *snapshot.Incident {
	t.Helper()
	i := *planned(t)
	from := i.ScheduledFor.AddDate(0, 0, -days)
	to := from.Add(90 * time.Minute)
	i.ID, i.Number, i.Code, i.Title, i.State = int64(n+100), int64(n+100), fmt.Sprintf("kept%08d", n), fmt.Sprintf("Work %d", n), state
	i.StartedAt, i.ScheduledFor, i.ScheduledUntil = from, &from, &to
	i.Updates = append([]snapshot.Update{{Code: "x", N: 2, State: state, Label: string(state), HTML: "<p>Done.</p>", Plain: "Done.", HappenedAt: from}}, i.Updates...)
	if state.Done() {
		i.ResolvedAt = &to
	}
	return &i
}

func TestMaintenance_listsWhatRunsWhatIsPlannedAndWhatIsOver(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.Incidents = append(facts.Incidents, kept(t, 1, 5, incidents.InProgress), kept(t, 2, 60, incidents.Completed))
	page := maintenance(t, facts)
	same(t, "menu", page.Find(".top [aria-current]").Text(), "Maintenance")
	same(t, "runs", strings.Join(page.Texts(".inc h2"), "|"), "Work 1")
	same(t, "planned", strings.Join(page.Texts(".soon h3"), "|"), "Database upgrade for reports")
	same(t, "its calendar", page.Find(".soon .then a").Attr("href"), "/incidents/p31zjtct2jer.ics")
	same(t, "over", strings.Join(page.Texts(".days h3"), "|"), "Work 2")
	same(t, "when", page.Find(".days > li > time").Text(), "Mar 28, 2018")
	same(t, "all of it", page.Has(`main .head a[href="/maintenance.ics"]`), true)
	same(t, "no incidents", strings.Contains(page.Text(), "Upstream"), false)
	same(t, "nothing older", page.Has("a[rel=next]"), false)
}

func TestMaintenance_showsTheLatestAndLeadsOn(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	for n := range 30 {
		facts.Incidents = append(facts.Incidents, kept(t, n, 30+n, incidents.Completed))
	}
	page := maintenance(t, facts)
	same(t, "rows", len(page.FindAll(".days article")), 25)
	same(t, "on", page.Find("a[rel=next]").Attr("href"), "/history?before=kept00000024&kind=maintenance")
}

func TestMaintenance_isInTheMenuOnlyWhereThereIsSome(t *testing.T) {
	t.Parallel()
	same(t, "with", home(t, callRail(t)).Has(`.top nav a[href="/maintenance"]`), true)
	facts := callRail(t)
	facts.Incidents = facts.Incidents[:1]
	same(t, "without", home(t, facts).Has(`.top nav a[href="/maintenance"]`), false)
	same(t, "said", maintenance(t, facts).Find("main section").Text(), "Coming up Nothing is planned.")
}

func TestHome_aPlanCanBePutIntoACalendar(t *testing.T) {
	t.Parallel()
	a := home(t, callRail(t)).Find(".soon .then a")
	same(t, "address", a.Attr("href"), "/incidents/p31zjtct2jer.ics")
	same(t, "words", a.Text(), "Add to calendar: Database upgrade for reports")
}

func TestIncident_ofAMaintenanceCanBePutIntoACalendar(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.Incidents = append(facts.Incidents, kept(t, 2, 60, incidents.Completed))
	s := snapshot.New(facts)
	for code, want := range map[string]bool{"p31zjtct2jer": true, "kept00000002": false, code: false} {
		body, err := views(t).Incident(s, s.Incident(code))
		same(t, code, statustest.Page(t, must(t, body, err)).Has(`.links a[href="/incidents/`+code+`.ics"]`), want)
	}
}
