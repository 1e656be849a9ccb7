package view

import (
	"html/template"
	"slices"
	"strconv"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
)

// AdminIncident is /admin/incidents/{code} and /admin/maintenance/{code}.
type AdminIncident struct {
	AdminBase
	Head       AdminHead
	Post       *AdminPost // nil for those who may not post, and for what was withdrawn
	Steps      []AdminStep
	Updates    []AdminUpdate // newest first
	Affected   []AdminSpan
	Postmortem AdminSaid // what there is of one
	Titled     string    // in which other languages its title is had, in words
	Reported   string    // and its postmortem
}

func (AdminIncident) adminSet() string { return "incident" }

// AdminNote is a sentence with a mark.
type AdminNote struct {
	Mark string
	Text AdminSaid
}

// AdminHead is an incident in one line: what lists and headings show of it.
type AdminHead struct {
	Code, Title string
	URL         string // the page for staff
	PublicURL   string
	Maintenance bool
	Over        bool
	Withdrawn   bool
	State       string // in words
	Mark        string // of the worst that it does now
	Started     AdminTime
	For         string // how long it lasts, or lasted
	Resolved    *AdminTime
	From, To    *AdminTime // of a maintenance: when it is planned for
	Promise     AdminSaid  // what was promised
	Late        bool       // and that moment has passed
	Impact      string
	Overridden  bool
	Author      string
}

// NewAdminHead words an incident. affected are the statuses that it says now.
func NewAdminHead(p *i18n.Printer, i incidents.Incident, affected []components.Status, now time.Time) AdminHead {
	h := AdminHead{
		Code: i.Code, Title: i.Title, URL: AdminURL(i.Kind, i.Code), PublicURL: "/incidents/" + i.Code,
		Maintenance: i.Kind == incidents.KindMaintenance, Over: i.State.Done(), Withdrawn: i.WithdrawnAt != nil,
		State: adminState(p, i), Mark: adminIncidentMark(i, affected),
		Started: adminClock(p, i.StartedAt, now), Resolved: adminMaybe(p, i.ResolvedAt, now),
		Impact: p.T("impact." + string(i.Impact)), Overridden: i.ImpactOverride != "", Author: i.AuthorName,
	}
	end := now
	if i.ResolvedAt != nil {
		end = *i.ResolvedAt
	}
	h.For = p.Duration(end.Sub(i.StartedAt))
	if i.ScheduledFor != nil && i.ScheduledUntil != nil {
		h.From, h.To = adminMaybe(p, i.ScheduledFor, now), adminMaybe(p, i.ScheduledUntil, *i.ScheduledFor)
	}
	h.Promise, h.Late = adminPromise(p, i, now)
	return h
}

// adminState is the step that an incident is at. One that was withdrawn is at none: it is not on the page any more.
func adminState(p *i18n.Printer, i incidents.Incident) string {
	if i.WithdrawnAt != nil {
		return p.T("admin.withdrawn")
	}
	return p.State(string(i.State))
}

// AdminURL is the page for staff of an incident or maintenance.
func AdminURL(k incidents.Kind, code string) string {
	if k == incidents.KindMaintenance {
		return "/admin/maintenance/" + code
	}
	return "/admin/incidents/" + code
}

func adminPromise(p *i18n.Printer, i incidents.Incident, now time.Time) (words AdminSaid, late bool) {
	if i.NextUpdateBy == nil || i.State.Done() || i.WithdrawnAt != nil {
		return nil, false
	}
	at := adminClock(p, *i.NextUpdateBy, now)
	if now.After(*i.NextUpdateBy) {
		return adminSaid(p, "admin.promise.late", "At", at, "Now", adminClock(p, now, now)), true
	}
	return adminSaid(p, "admin.promise.due", "At", at, "In", p.Duration(i.NextUpdateBy.Sub(now))), false
}

// adminIncidentMark is the mark of the worst that an incident does now; of one
// that is over, the mark of all well.
func adminIncidentMark(i incidents.Incident, affected []components.Status) string {
	switch {
	case i.WithdrawnAt != nil:
		return "none"
	case i.State.Done():
		return components.Operational.Mark()
	case i.Kind == incidents.KindMaintenance:
		return components.Maintenance.Mark()
	}
	if w := components.Worst(affected...); w != components.Operational {
		return w.Mark()
	}
	switch i.Impact {
	case components.Critical:
		return components.MajorOutage.Mark()
	case components.Major:
		return components.PartialOutage.Mark()
	}
	return components.Degraded.Mark()
}

// AdminPost is the form that adds an update; the front page shows it in short.
type AdminPost struct {
	Form        AdminForm
	Code        string // of the incident
	Action      string
	States      []AdminOption
	Promises    []AdminOption
	Snippets    []AdminSnippet
	Affected    []AdminServiceGroup // services that the incident names, in one group
	Others      []AdminServiceGroup
	Statuses    []AdminOption
	Tell        AdminTell
	Zone        string // how the page's zone is called, and now
	Maintenance bool
	Over        bool // it is resolved: posting may mean to open it again
	Preview     AdminPreview
	More        string // address of the whole form, where this one is short
}

// Ready are the ready sentences of the form. The short form leads to the whole one, whose fields begin with p.
func (p AdminPost) Ready() AdminReady {
	return AdminReady{All: p.Snippets, At: p.Action + "#p-body"}
}

// AdminSet are services whose status a form may set, each on its own.
type AdminSet struct {
	Form     AdminForm
	Groups   []AdminServiceGroup
	Statuses []AdminOption
}

// Affecting are the services that the incident names.
func (p AdminPost) Affecting() AdminSet { return AdminSet{p.Form, p.Affected, p.Statuses} }

// Elsewhere are the other services.
func (p AdminPost) Elsewhere() AdminSet { return AdminSet{p.Form, p.Others, p.Statuses} }

// WhenOver is the label of the tick that sets everything back to working.
func (p AdminPost) WhenOver() string {
	if p.Maintenance {
		return p.Form.T.T("admin.over.maintenance")
	}
	return p.Form.T.T("admin.over.incident", "Word", p.Form.T.Status("operational"))
}

// AdminStep is one tap that takes a maintenance on.
type AdminStep struct {
	Label string
	State string
	Body  string
}

// AdminSteps are the steps that may follow in a maintenance.
func AdminSteps(p *i18n.Printer, state incidents.State) []AdminStep {
	var next []incidents.State
	switch state {
	case incidents.Scheduled:
		next = []incidents.State{incidents.InProgress}
	case incidents.InProgress:
		next = []incidents.State{incidents.Verifying, incidents.Completed}
	case incidents.Verifying:
		next = []incidents.State{incidents.Completed}
	}
	var out []AdminStep
	for _, s := range next {
		out = append(out, AdminStep{Label: p.T("admin.step." + string(s)), State: string(s), Body: p.Voice().T("snippet.maintenance." + string(s) + ".text")})
	}
	return out
}

// AdminUpdate is an update in the timeline.
type AdminUpdate struct {
	Code      string
	Link      string // of the update on the public page; empty: it is not there
	Label     string
	FellBack  bool
	When      AdminTime
	Posted    *AdminTime // when it was written, where it was back-dated
	Author    string
	Told      string // whom it reached, in words
	Edited    *AdminTime
	Versions  int
	Withdrawn bool
	Also      string // in which other languages it is had, in words
	HTML      template.HTML
	Services  []AdminStatus
	Next      *AdminTime
}

// adminBackdated is how far apart two times must be for an update to count as
// written afterwards.
const adminBackdated = 2 * time.Minute

// AdminTimeline are the updates of a story, newest first. told says in words
// whom each update reached, by its id; tongues are the languages of readers.
func AdminTimeline(p *i18n.Printer, s incidents.Story, names map[int64]string, told map[int64]string, tongues []AdminTongue, now time.Time) []AdminUpdate {
	var out []AdminUpdate
	var before incidents.State
	shown := 0
	for _, u := range s.Updates {
		a := adminUpdate(p, u, names, now)
		a.Told = told[u.ID]
		a.Versions = adminRevisions(s.Revisions, u)
		a.Label = p.State(string(u.State))
		if u.WithdrawnAt == nil {
			shown++
			a.Link = "/incidents/" + s.Incident.Code + "#u" + strconv.Itoa(shown)
			a.Label = p.State(incidents.Label(before, u.State))
			a.FellBack = incidents.FellBack(s.Incident.Kind, before, u.State)
			before = u.State
			a.Also = adminAlso(p, s.In(incidents.OfUpdate, u.ID), u.Body, tongues)
		}
		out = append(out, a)
	}
	slices.Reverse(out)
	return out
}

func adminUpdate(p *i18n.Printer, u incidents.Update, names map[int64]string, now time.Time) AdminUpdate {
	a := AdminUpdate{
		Code: u.Code, When: adminClock(p, u.HappenedAt, now), Author: u.AuthorName,
		Edited: adminMaybe(p, u.EditedAt, now), Withdrawn: u.WithdrawnAt != nil, HTML: adminHTML(u.HTML), Next: adminMaybe(p, u.NextUpdateBy, now),
	}
	if u.PostedAt.Sub(u.HappenedAt).Abs() > adminBackdated {
		a.Posted = adminMaybe(p, &u.PostedAt, now)
	}
	for _, c := range u.Components {
		if c.OldStatus != c.NewStatus {
			a.Services = append(a.Services, adminStatus(p, c.NewStatus, names[c.ComponentID]))
		}
	}
	return a
}

func adminRevisions(rs []incidents.Revision, u incidents.Update) int {
	n := 0
	for _, r := range rs {
		if r.Subject == incidents.OfUpdate && r.SubjectID == u.ID && r.Action != "withdrawn" {
			n++
		}
	}
	return n
}

// AdminSpan is a time in which a service was in a status because of an incident.
type AdminSpan struct {
	AdminStatus
	From AdminTime
	To   *AdminTime // nil: still
}

// AdminSpans are the spans that an incident caused, without those in which all
// was well again.
func AdminSpans(p *i18n.Printer, spans []components.Span, incident int64, names map[int64]string, now time.Time) []AdminSpan {
	var out []AdminSpan
	for _, s := range spans {
		if s.IncidentID == nil || *s.IncidentID != incident || s.Status == components.Operational {
			continue
		}
		out = append(out, AdminSpan{AdminStatus: adminStatus(p, s.Status, names[s.ComponentID]), From: adminClock(p, s.ValidFrom, now), To: adminMaybe(p, s.ValidTo, now)})
	}
	return out
}

// Also adds in which other languages the title and the postmortem are had.
func (i *AdminIncident) Also(p *i18n.Printer, s incidents.Story, tongues []AdminTongue) {
	i.Titled = adminAlso(p, s.In(incidents.OfIncident, s.Incident.ID), s.Incident.Title, tongues)
	if m := s.Postmortem; m != nil && m.PublishedAt != nil {
		i.Reported = adminAlso(p, s.In(incidents.OfPostmortem, m.ID), m.Body, tongues)
	}
}

// AdminIncidents is /admin/incidents and /admin/maintenance.
type AdminIncidents struct {
	AdminBase
	Maintenance bool
	Rows        []AdminHead
	Older       string // address of the next page
	First       bool   // this is the first page
}

func (AdminIncidents) adminSet() string { return "incidents" }

// AdminEdit is the form for an incident's own facts.
type AdminEdit struct {
	AdminBase
	Head    AdminHead
	Form    AdminForm
	Weights []AdminOption
	Zone    string
}

func (AdminEdit) adminSet() string { return "edit" }

// AdminCorrect is /admin/updates/{code}: wording and time of one update, and
// what it said before.
type AdminCorrect struct {
	AdminBase
	Head     AdminHead
	Update   AdminUpdate
	Form     AdminForm
	Versions []AdminVersion
	Preview  AdminPreview
	Zone     string
}

func (AdminCorrect) adminSet() string { return "correct" }

// AdminVersion is what readers were shown from a moment on.
type AdminVersion struct {
	Author string
	When   AdminTime
	What   string
	Shown  *AdminTime // the time that the text bore, of an update
	Text   string
}

// AdminVersions are the revisions of one thing, newest first.
func AdminVersions(p *i18n.Printer, rs []incidents.Revision, subject incidents.Subject, id int64, now time.Time) []AdminVersion {
	var out []AdminVersion
	for _, r := range rs {
		if r.Subject != subject || r.SubjectID != id {
			continue
		}
		v := AdminVersion{Author: r.AuthorName, When: adminClock(p, r.RecordedAt, now), What: AdminDid(p, r.Action)}
		if c, err := r.Decode(); err == nil { // one that cannot be read is still listed
			v.Text = c.Body
			v.Shown = adminMaybe(p, c.HappenedAt, now)
		}
		out = append(out, v)
	}
	slices.Reverse(out)
	return out
}

// AdminDid is what a revision's action did, in words.
func AdminDid(p *i18n.Printer, action string) string {
	if key := "admin.did." + action; p.Has(key) {
		return p.T(key)
	}
	return action
}

// AdminTheirsOf is the last thing that somebody did to a story: what stands
// above the form of the one who was slower.
func AdminTheirsOf(p *i18n.Printer, rs []incidents.Revision, now time.Time) *AdminTheirs {
	// What was said in another language is no change of the story.
	rs = slices.DeleteFunc(slices.Clone(rs), func(r incidents.Revision) bool { return r.Subject == incidents.OfTranslation })
	if len(rs) == 0 {
		return nil
	}
	last := rs[len(rs)-1]
	t := &AdminTheirs{Author: last.AuthorName, When: adminClock(p, last.RecordedAt, now), Ago: p.Duration(now.Sub(last.RecordedAt)), What: AdminDid(p, last.Action)}
	// One act may leave several rows; the one with a text says most.
	for n := len(rs) - 1; n >= 0 && rs[n].RecordedAt.Equal(last.RecordedAt); n-- {
		if c, err := rs[n].Decode(); err == nil && c.Body != "" {
			t.Text = c.Body
			break
		}
	}
	return t
}

// AdminConfirmWithdraw asks before a whole incident leaves the page.
type AdminConfirmWithdraw struct {
	AdminBase
	Head    AdminHead
	Updates string // how many, in words
	Form    AdminForm
}

func (AdminConfirmWithdraw) adminSet() string { return "withdraw" }

// AdminPostmortem is /admin/incidents/{code}/postmortem.
type AdminPostmortem struct {
	AdminBase
	Head      AdminHead
	Form      AdminForm
	Status    AdminSaid // draft or published, since when
	Published bool
	Preview   AdminPreview
	Versions  []AdminVersion
	Tell      AdminTell
}

func (AdminPostmortem) adminSet() string { return "postmortem" }

// AdminMortemStatus says in words what there is of a postmortem.
func AdminMortemStatus(p *i18n.Printer, m *incidents.Postmortem, now time.Time) AdminSaid {
	switch {
	case m == nil:
		return nil
	case m.PublishedAt != nil && m.Draft != m.Body:
		return adminSaid(p, "admin.postmortem.changed", "At", adminClock(p, *m.PublishedAt, now))
	case m.PublishedAt != nil:
		return adminSaid(p, "admin.postmortem.published", "At", adminClock(p, *m.PublishedAt, now))
	}
	return adminSaid(p, "admin.postmortem.draft", "At", adminClock(p, m.DraftSavedAt, now))
}
