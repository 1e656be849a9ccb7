package view_test

import (
	"io/fs"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

// views are those of the product: its templates, its catalogue.
func views(t testing.TB) *view.Views {
	t.Helper()
	web := os.DirFS("../../web")
	catalog, err := i18n.Load(os.DirFS("../../web/locales"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := view.New(os.DirFS("../../web/templates"), catalog, assets{t, web})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type assets struct {
	t   testing.TB
	web fs.FS
}

func (a assets) Address(name string) string {
	if a.Bytes(name) == nil {
		return ""
	}
	return "/static/" + name
}

func (a assets) Bytes(name string) []byte {
	raw, err := fs.ReadFile(a.web, "static/"+name)
	if err != nil {
		a.t.Errorf("a template asks for %s: %v", name, err)
	}
	return raw
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// doc renders Markdown as the desk does.
func doc(t testing.TB, text string) markdown.Doc {
	t.Helper()
	d, err := markdown.New(markdown.Options{}).Render(t.Context(), text, markdown.MaxPostmortem)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fromSeed is the picture of a page after the whole story of a seed. The seeds
// give no statuses; said is what each update says of every component.
func fromSeed(t testing.TB, seed statustest.Seed, now, started time.Time, said components.Status) snapshot.Snapshot {
	t.Helper()
	s := snapshot.Snapshot{
		Page: snapshot.Page{
			ID: 1, Code: "callrailpage", Name: seed.Page.Name, TimeZone: seed.Page.TimeZone, Language: "en", Words: "plain",
			BaseURL: "https://status.example.com", SupportURL: "https://example.com/help", SetUp: true, CreatedAt: started.AddDate(0, -2, 0),
		},
		Version: 12, BuiltAt: now, ChangedAt: now.Add(-time.Minute),
	}
	i := &snapshot.Incident{
		ID: 1, Code: "kctbh9vrtdwd", Number: 1, Kind: incidents.KindIncident, Title: seed.Incident.Name,
		Impact: components.Major, StartedAt: started, CreatedAt: started, UpdatedAt: now.Add(-time.Minute),
	}
	var before incidents.State
	for n, c := range seed.Incident.Affected {
		code := string(rune('a'+n)) + "omponent0000"
		if len(s.Groups) == 0 || s.Groups[len(s.Groups)-1].Name != c.Group {
			s.Groups = append(s.Groups, snapshot.Group{Name: c.Group})
		}
		g := &s.Groups[len(s.Groups)-1]
		g.Components = append(g.Components, snapshot.Component{ID: int64(n + 1), Code: code, Name: c.Name, Status: components.Operational})
		i.Affected = append(i.Affected, snapshot.Affected{Code: code, Name: c.Name, Group: c.Group, Old: components.Operational, New: said})
	}
	for n, u := range seed.Incident.OldestFirst() {
		d, state := doc(t, u.Body), incidents.State(u.State)
		i.Updates = append(i.Updates, snapshot.Update{
			Code: "update" + string(rune('a'+n)), N: n + 1, State: state, Label: incidents.Label(before, state), HTML: d.HTML, Plain: d.Text, Body: u.Body,
			HappenedAt: u.Posted.UTC, PostedAt: u.Posted.UTC, Affected: i.Affected,
		})
		i.State, before = state, state
		if state.Done() {
			i.ResolvedAt = &u.Posted.UTC
		}
	}
	slices.Reverse(i.Updates)
	d := doc(t, seed.Incident.Postmortem.Markdown)
	i.Postmortem = &snapshot.Postmortem{Code: "postmortem00", HTML: d.HTML, Plain: d.Text, Body: seed.Incident.Postmortem.Markdown, PublishedAt: seed.Incident.Postmortem.Posted.UTC}
	s.Incidents = []*snapshot.Incident{i}
	return s
}

// callRail is the page the week after its outage, with a maintenance planned.
func callRail(t testing.TB) snapshot.Snapshot {
	t.Helper()
	s := fromSeed(t, statustest.CallRail(t), at(t, "2018-05-22T14:32:00Z"), at(t, "2018-05-14T17:30:00Z"), components.PartialOutage)
	s.Incidents = append(s.Incidents, planned(t))
	return s
}

func planned(t testing.TB) *snapshot.Incident {
	t.Helper()
	from, to := at(t, "2018-05-27T06:00:00Z"), at(t, "2018-05-27T07:30:00Z")
	d := doc(t, "Reports and the dashboard may be slow for up to ten minutes. Calls are not affected.")
	return &snapshot.Incident{
		ID: 2, Code: "p31zjtct2jer", Number: 2, Kind: incidents.KindMaintenance, Title: "Database upgrade for reports", State: incidents.Scheduled,
		Impact: components.Maint, StartedAt: from, ScheduledFor: &from, ScheduledUntil: &to, CreatedAt: at(t, "2018-05-21T14:00:00Z"), UpdatedAt: at(t, "2018-05-21T14:00:00Z"),
		Affected: []snapshot.Affected{{Code: "aomponent0000", Name: "Application Dashboard"}},
		Updates: []snapshot.Update{{
			Code: "plannedplann", N: 1, State: incidents.Scheduled, Label: "scheduled", HTML: d.HTML, Plain: d.Text,
			HappenedAt: at(t, "2018-05-21T14:00:00Z"), PostedAt: at(t, "2018-05-21T14:00:00Z"),
		}},
	}
}

// during is the CallRail page at 14:50 of the day, three updates in: the
// dashboard is down, calls are partly down, and an update is promised.
func during(t testing.TB) snapshot.Snapshot {
	t.Helper()
	s := fromSeed(t, statustest.CallRail(t), at(t, "2018-05-14T18:50:00Z"), at(t, "2018-05-14T17:30:00Z"), components.PartialOutage)
	i := s.Incidents[0]
	i.Updates = i.Updates[6:]
	i.State, i.ResolvedAt, i.Postmortem = incidents.Investigating, nil, nil
	promise := at(t, "2018-05-14T19:20:00Z")
	i.NextUpdateBy, i.Updates[0].NextUpdateBy = &promise, &promise
	s.Groups[0].Components[0].Status = components.MajorOutage
	for n := 1; n < 3; n++ {
		s.Groups[0].Components[n].Status = components.PartialOutage
	}
	s.Incidents = append(s.Incidents, planned(t))
	return s
}

// raco is the page of the other seed: a component in a group, Pacific time.
func raco(t testing.TB) snapshot.Snapshot {
	t.Helper()
	return fromSeed(t, statustest.RACO(t), at(t, "2019-07-30T16:00:00Z"), at(t, "2019-07-23T02:00:00Z"), components.MajorOutage)
}
