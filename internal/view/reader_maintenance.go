package view

import (
	"slices"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// MaintenancePage is what runs, what is planned and what is over.
type MaintenancePage struct {
	Base
	Running []Card
	Planned []Plan
	Past    []PastDay
	Older   string // address of what is not listed
}

// maxPastMaintenance keeps the page short; the history has the rest.
const maxPastMaintenance = 25

// Maintenance renders /maintenance.
func (v *Views) Maintenance(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	page := MaintenancePage{Base: r.base(r.p.T("public.maintenance.title"), "/maintenance"), Running: r.cards(s.Running()), Planned: r.plans()}
	page.Here = "/maintenance"
	past := slices.DeleteFunc(slices.Clone(s.Incidents), func(i *snapshot.Incident) bool { return i.Kind != incidents.KindMaintenance || i.Open() })
	if len(past) > maxPastMaintenance {
		past = past[:maxPastMaintenance]
		page.Older = searchPath(SearchForm{Kind: string(incidents.KindMaintenance)}, past[len(past)-1].Code)
	}
	page.Past = r.listed(s.AllTold(past))
	return v.render("public/maintenance", page)
}

// hasMaintenance reports whether there is anything to show under /maintenance.
func hasMaintenance(s *snapshot.Snapshot) bool {
	return slices.ContainsFunc(s.Incidents, func(i *snapshot.Incident) bool { return i.Kind == incidents.KindMaintenance })
}

// calendarPath is where a maintenance that is not over can be had for one's
// calendar; empty for what no calendar takes.
func (r *reader) calendarPath(i *snapshot.Incident) string {
	if i.Kind != incidents.KindMaintenance || !i.Open() || i.ScheduledFor == nil || i.ScheduledUntil == nil || !r.s.Stood.IsZero() {
		return ""
	}
	return incidentPath(i.Code) + ".ics"
}
