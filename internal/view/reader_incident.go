package view

import (
	"html/template"
	"slices"
	"strings"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// IncidentPage is the report of one incident or maintenance.
type IncidentPage struct {
	Base
	Name       string
	NameLang   string // of the name, where that is not the page's
	Month      Link   // Href is empty where the month has no page yet
	Report     string // "Incident Report for CallRail"
	State      State
	Facts      []Fact
	Label      string // what the list of chips is
	Chips      []Chip
	Steps      []Step // while it is open
	Postmortem *Postmortem
	Count      string // "9 updates"
	Updates    []Update
	Affected   []Piece // "This incident affected: A, B (x, y), and C."
	Follow     string  // address of the form for this incident alone, while it is open
	Chart      *Chart
	Related    []PastDay // other reports about the same services
	Calendar   string    // where a maintenance can be had for one's calendar
	Documents  []Link    // the report in other forms
	Moment     Moment
}

// Postmortem is a published postmortem.
type Postmortem struct {
	Heading string // empty: the text begins with that heading itself
	Label   string
	HTML    template.HTML
	Lang    string // of HTML, where that is not the page's
	Posted  []Piece
	Edited  *Edited
}

// Incident renders the page of one incident or maintenance.
func (v *Views) Incident(s *snapshot.Snapshot, i *snapshot.Incident) ([]byte, error) {
	r := v.reader(s)
	page := IncidentPage{
		Base: r.base(i.Title, incidentPath(i.Code)), Name: i.Title, NameLang: r.as(i.Translated),
		Month:  Link{Href: r.monthPath(i.Shown()), Text: r.p.Month(i.Shown())},
		Report: r.p.T("public.report."+string(i.Kind), "Name", s.Page.Name),
		State:  r.incidentState(i), Facts: r.incidentFacts(i), Label: r.p.T("public.affected.label"),
		Count: r.p.T("public.updates.count", "Count", len(i.Updates)), Affected: r.affectedLine(i),
		Postmortem: r.postmortem(i.Postmortem),
	}
	page.Description = lead(i.Latest().Plain, leadLength)
	r.shareIncident(&page.Base, i)
	page.Chips = r.chips(i)
	if i.Open() {
		page.Steps = r.steps(i)
	}
	if i.Open() && i.State != incidents.Scheduled {
		page.Chips = r.chipsNow(i)
	}
	if i.Open() && i.Kind == incidents.KindIncident && s.Stood.IsZero() {
		page.Follow = followPath(i.Code)
	}
	page.Calendar, page.Related = r.calendarPath(i), r.listed(r.related(i))
	if s.Stood.IsZero() {
		page.Documents = []Link{{Href: incidentPath(i.Code) + ".md", Text: "Markdown"}, {Href: incidentPath(i.Code) + ".json", Text: "JSON"}}
	}
	page.Chart, page.Moment, page.Forms = r.chart(i), r.moment(incidentPath(i.Code), "report"), true
	for _, u := range i.Updates {
		page.Updates = append(page.Updates, r.update(u, r.stamp(u.HappenedAt)))
	}
	return v.render("public/incident", page)
}

func (r *reader) incidentState(i *snapshot.Incident) State {
	mark := Mark("ok")
	if i.Open() {
		mark = Mark(r.effect(i).Mark())
	}
	return State{Mark: r.mark(mark), Word: r.p.State(string(i.State))}
}

// incidentFacts: when it was planned for, began and ended, and how long it
// took. How long an open one goes on would be wrong a minute later in a page
// that is kept, so it is not said.
func (r *reader) incidentFacts(i *snapshot.Incident) []Fact {
	var fs []Fact
	start := i.Shown() // of one that was begun early, when that was
	if i.Kind == incidents.KindMaintenance {
		if i.ScheduledFor != nil {
			start = *i.ScheduledFor
		}
		fs = append(fs, Fact{Label: r.p.T("public.fact.planned_for"), Time: new(r.stamp(start))})
		if i.ScheduledUntil != nil {
			fs = append(fs, r.fact("public.fact.planned_until", *i.ScheduledUntil, start))
		}
	}
	at, ok := began(i)
	switch {
	case ok && i.Kind == incidents.KindMaintenance:
		fs = append(fs, r.fact("public.fact.started", at, start))
	case ok:
		fs = append(fs, Fact{Label: r.p.T("public.fact.started"), Time: new(r.stamp(at))})
	}
	if ok && i.ResolvedAt != nil {
		fs = append(fs, r.fact("public.fact."+string(i.State), *i.ResolvedAt, at))
		if d := i.ResolvedAt.Sub(at); d > 0 {
			fs = append(fs, Fact{Label: r.p.T("public.fact.lasted"), Text: r.p.Duration(d)})
		}
	}
	return append(fs, r.promise("fact", i.NextUpdateBy, i.Open())...)
}

// affectedLine names what was affected as reports of this field do: grouped
// components stand in brackets behind their group.
func (r *reader) affectedLine(i *snapshot.Incident) []Piece {
	if len(i.Affected) == 0 {
		return nil
	}
	names := grouped(i.Affected)
	if i18n.Direction(r.p.Lang) == "rtl" || strings.ContainsFunc(strings.Join(names, ""), fromTheRight) {
		for n := range names { // each keeps its own order, see fullName
			names[n] = "\u2068" + names[n] + "\u2069"
		}
	}
	return r.sentence("public.affected."+string(i.Kind), "List", Piece{Text: r.p.List(names), Lang: r.asNamed(i.Affected)})
}

// grouped is "A", "B (x, y)" for each component without a group and each group.
func grouped(as []snapshot.Affected) []string {
	var out []string
	for n := 0; n < len(as); n++ {
		if as[n].Group == "" {
			out = append(out, as[n].Name)
			continue
		}
		names := []string{as[n].Name}
		for n+1 < len(as) && as[n+1].Group == as[n].Group {
			n++
			names = append(names, as[n].Name)
		}
		out = append(out, as[n].Group+" ("+strings.Join(names, ", ")+")")
	}
	return out
}

// titled reports whether a postmortem begins with that heading, in whichever
// language it is written.
func (r *reader) titled(html string) bool {
	return slices.ContainsFunc(r.catalog.Languages(), func(lang string) bool {
		word := r.catalog.Printer(lang, nil, "").State("postmortem")
		return strings.HasPrefix(html, "<h2>"+template.HTMLEscapeString(word)+"</h2>")
	})
}

func (r *reader) postmortem(m *snapshot.Postmortem) *Postmortem {
	if m == nil {
		return nil
	}
	word := r.p.State("postmortem")
	out := &Postmortem{Label: word, HTML: safe(m.HTML), Lang: r.as(m.Translated), Posted: r.sentence("public.posted", "Time", r.stamp(m.PublishedAt)), Edited: r.edited(m.EditedAt, m.PublishedAt, m.Earlier)}
	// Many reports begin with "# Postmortem": saying it twice would look like a slip.
	if !r.titled(m.HTML) {
		out.Heading = word
	}
	return out
}
