package view

import (
	"cmp"
	"slices"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
)

// AdminService is a component as the forms for staff offer it.
type AdminService struct {
	Code, Name  string
	Status      AdminStatus // as it is now
	Hidden      bool
	Note        AdminSaid // hidden, or since when its uptime counts
	Chosen      bool      // ticked
	Set         string    // mark chosen for it alone; empty: as the whole form says
	First, Last bool      // in its group
}

// AdminServiceGroup is a group with its components; the one without a name
// holds those that stand alone.
type AdminServiceGroup struct {
	Code, Name  string
	Services    []AdminService
	First, Last bool
}

// AdminServiceGroups puts components under their groups in page order:
// ungrouped ones first. form says which are ticked ("components") and what is
// set for each alone ("m-" and its code).
func AdminServiceGroups(p *i18n.Printer, groups []components.Group, cs []components.Component, form AdminForm) []AdminServiceGroup {
	var out []AdminServiceGroup
	alone := AdminServiceGroup{}
	for _, c := range adminInOrder(cs) {
		if c.GroupID == nil && c.ArchivedAt == nil {
			alone.Services = append(alone.Services, adminService(p, c, form))
		}
	}
	if len(alone.Services) > 0 {
		out = append(out, alone)
	}
	for n, g := range groups {
		ag := AdminServiceGroup{Code: g.Code, Name: g.Name, First: n == 0, Last: n == len(groups)-1}
		for _, c := range adminInOrder(cs) {
			if c.GroupID != nil && *c.GroupID == g.ID && c.ArchivedAt == nil {
				ag.Services = append(ag.Services, adminService(p, c, form))
			}
		}
		out = append(out, ag)
	}
	for n := range out {
		if s := out[n].Services; len(s) > 0 {
			s[0].First, s[len(s)-1].Last = true, true
		}
	}
	return out
}

func adminInOrder(cs []components.Component) []components.Component {
	out := slices.Clone(cs)
	slices.SortStableFunc(out, func(a, b components.Component) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func adminService(p *i18n.Printer, c components.Component, form AdminForm) AdminService {
	s := AdminService{Code: c.Code, Name: c.Name, Hidden: c.Hidden, Status: adminStatus(p, c.Status, c.Name)}
	s.Chosen = form.Has("components", c.Code)
	s.Set = form.V("m-" + c.Code)
	switch {
	case c.Hidden:
		s.Note = adminSaid(p, "admin.service.hidden")
	case c.StartDate != "":
		s.Note = adminSaid(p, "admin.service.start", "Day", adminCalendar(p, c.StartDate))
	}
	return s
}

// adminCalendar words a day that is kept as "2018-05-14"; what is no day stays as it is.
func adminCalendar(p *i18n.Printer, day string) AdminTime {
	t, err := time.ParseInLocation(time.DateOnly, day, p.Zone)
	if err != nil {
		return AdminTime{ISO: day, Text: day}
	}
	return AdminTime{ISO: day, Text: p.Date(t)}
}

// AdminServices is /admin/services.
type AdminServices struct {
	AdminBase
	Groups   []AdminServiceGroup
	Archived []AdminService
	Statuses []AdminOption
	Form     AdminForm // of the last refused act; empty otherwise
	Empty    bool
}

func (AdminServices) adminSet() string { return "services" }

// AdminStatuses are all statuses as choices, by mark.
func AdminStatuses(p *i18n.Printer) []AdminOption {
	var out []AdminOption
	for _, s := range components.Statuses() {
		out = append(out, AdminOption{Value: s.Mark(), Label: p.Status(string(s)), Mark: s.Mark()})
	}
	return out
}

// AdminArchived are the archived components by name.
func AdminArchived(p *i18n.Printer, cs []components.Component) []AdminService {
	var out []AdminService
	for _, c := range cs {
		if c.ArchivedAt != nil {
			out = append(out, AdminService{Code: c.Code, Name: c.Name, Note: AdminSaid{adminDay(p, *c.ArchivedAt)}})
		}
	}
	return out
}

// AdminServiceEdit is /admin/services/new and /admin/services/{code}; Group
// says that it is a group that is edited.
type AdminServiceEdit struct {
	AdminBase
	Form     AdminForm
	Group    bool
	Code     string // empty: a new one
	Name     string
	Action   string
	Groups   []AdminOption
	Status   *AdminStatus
	Statuses []AdminOption
	Archived bool
	Tongues  []AdminTongue // what it is called in other languages
}

// Called are those of them that say something, in words.
func (e AdminServiceEdit) Called() string {
	var names []string
	for _, t := range e.Tongues {
		if t.Filled() {
			names = append(names, t.Name)
		}
	}
	return e.T.List(names)
}

// Wrong reports whether one of these fields has a message.
func (e AdminServiceEdit) Wrong() bool { return slices.ContainsFunc(e.Tongues, AdminTongue.Refused) }

func (AdminServiceEdit) adminSet() string { return "service" }

// AdminGroupOptions are the groups as choices, none first.
func AdminGroupOptions(p *i18n.Printer, groups []components.Group) []AdminOption {
	out := []AdminOption{{Value: "", Label: p.T("admin.service.nogroup")}}
	for _, g := range groups {
		out = append(out, AdminOption{Value: g.Code, Label: g.Name})
	}
	return out
}
