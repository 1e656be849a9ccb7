package view

import (
	"cmp"
	"slices"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// AdminNow is /admin: what is wrong, what waits, and a form for each incident
// that is open.
type AdminNow struct {
	AdminBase
	Heading  string
	Headline AdminHeadline
	Quiet    AdminSaid
	Ongoing  []AdminOpen
	Waiting  []AdminWaiting
	Services []AdminTrouble
	Empty    bool // there are no services yet
}

func (AdminNow) adminSet() string { return "now" }

// Cards are the open ones in the order of their weight: what was not planned comes first.
func (n AdminNow) Cards() []AdminOpen {
	return slices.SortedStableFunc(slices.Values(n.Ongoing), func(a, b AdminOpen) int {
		return cmp.Compare(planned(a), planned(b))
	})
}

func planned(o AdminOpen) int {
	if o.Head.Maintenance {
		return 1
	}
	return 0
}

// AdminOpen is an open incident with its short form.
type AdminOpen struct {
	Head AdminHead
	Post *AdminPost
}

// AdminWaiting is something that waits for staff.
type AdminWaiting struct {
	Title, Text, URL, Link string
	When                   AdminTime
}

// AdminTrouble are the services in one status.
type AdminTrouble struct {
	AdminStatus
	Names string
}

// AdminHeading is the heading of the front page.
func AdminHeading(p *i18n.Printer, open int) string {
	if open == 0 {
		return p.T("admin.now.quiet")
	}
	return p.T("admin.now.open", "Count", open)
}

// AdminHeadline is what readers are told in one sentence, and the form that
// replaces it.
type AdminHeadline struct {
	Mark, Text string     // as readers see it; an empty text: there is no picture yet
	Automatic  string     // what it would say by itself; empty where it does
	Author     string     // who wrote it; empty: nobody did
	When       *AdminTime // and when
	Form       AdminForm
	Open       bool // the form was refused
}

// NewAdminHeadline words the headline of a page, as its readers get it in the
// page's own language.
func NewAdminHeadline(p *i18n.Printer, s *snapshot.Snapshot, written *incidents.Headline, form AdminForm, now time.Time) AdminHeadline {
	out := AdminHeadline{Form: form, Open: form.Summary != ""}
	if s == nil {
		return out
	}
	h := headline(p.Voice(), s.Page.Words, s.Components(), s.Open())
	out.Mark, out.Text = string(h.Mark), h.Text
	if written != nil {
		out.Text, out.Automatic, out.Author, out.When = written.Text, h.Text, written.AuthorName, adminMaybe(p, &written.SetAt, now)
	}
	return out
}

// Max is the longest that it may be.
func (AdminHeadline) Max() int { return incidents.MaxHeadline }

// AdminQuiet is the sentence when nothing is open.
func AdminQuiet(p *i18n.Printer, last *time.Time) AdminSaid {
	if last == nil {
		return adminSaid(p, "admin.now.never")
	}
	return adminSaid(p, "admin.now.last", "Day", adminDay(p, *last))
}

// AdminTroubles gathers services by status, worst first. Those that work are
// only counted, unless there are no others.
func AdminTroubles(p *i18n.Printer, cs []components.Component) []AdminTrouble {
	names := map[components.Status][]string{}
	for _, c := range adminInOrder(cs) {
		if c.ArchivedAt == nil {
			names[c.Status] = append(names[c.Status], c.Name)
		}
	}
	var out []AdminTrouble
	all := components.Statuses()
	for n := len(all) - 1; n >= 0; n-- {
		s := all[n]
		if len(names[s]) == 0 {
			continue
		}
		t := AdminTrouble{AdminStatus: adminStatus(p, s, ""), Names: p.List(names[s])}
		if s == components.Operational {
			key := "admin.now.all"
			if len(out) > 0 {
				key = "admin.now.others"
			}
			t.Names = p.T(key, "Count", len(names[s]))
		}
		out = append(out, t)
	}
	return out
}

// AdminPlannedLine is a maintenance that comes, as something that waits.
func AdminPlannedLine(p *i18n.Printer, i incidents.Incident) AdminWaiting {
	w := AdminWaiting{Title: p.T("admin.waiting.maintenance"), Text: i.Title, URL: AdminURL(i.Kind, i.Code), Link: p.T("admin.waiting.open")}
	if i.ScheduledFor != nil {
		w.When = AdminTime{ISO: p.ISO(*i.ScheduledFor), Text: p.Stamp(*i.ScheduledFor)}
	}
	return w
}

// AdminDraftLine is a postmortem that nobody published yet.
func AdminDraftLine(p *i18n.Printer, i incidents.Incident) AdminWaiting {
	return AdminWaiting{
		Title: p.T("admin.waiting.draft"), Text: i.Title, When: adminDay(p, i.StartedAt),
		URL: AdminURL(i.Kind, i.Code) + "/postmortem", Link: p.T("admin.waiting.write"),
	}
}
