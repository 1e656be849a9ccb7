package admin

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) services(c *gin.Context) error { return h.servicesPage(c, reply{}) }

// servicesPage lists groups and services in page order.
func (h *Handlers) servicesPage(c *gin.Context, r reply) error {
	b, err := h.base(c, "services", "Services")
	if err != nil {
		return err
	}
	groups, all, err := h.components().All(c, server.PageOf(c).ID)
	if err != nil {
		return err
	}
	p := view.AdminServices{AdminBase: b, Form: r.form(b.T, "s", nil), Archived: view.AdminArchived(b.T, all)}
	p.Groups = view.AdminServiceGroups(b.T, withoutArchived(groups), all, view.AdminForm{})
	p.Empty = len(p.Groups) == 0
	return h.page(c, r, p)
}

func (h *Handlers) addServiceForm(c *gin.Context) error { return h.addServicePage(c, reply{}) }

func (h *Handlers) addServicePage(c *gin.Context, r reply) error {
	b, err := h.base(c, "services", "Add a service")
	if err != nil {
		return err
	}
	groups, _, err := h.components().List(c, server.PageOf(c).ID)
	if err != nil {
		return err
	}
	return h.page(c, r, view.AdminServiceEdit{AdminBase: b, Form: r.form(b.T, "s", proposed("showcase", "1")), Action: "/admin/services/new", Groups: view.AdminGroupOptions(b.T, groups)})
}

// addService adds one service a line. They are added one after the other: when
// one is refused, those before it stand, and the form keeps the rest.
func (h *Handlers) addService(c *gin.Context) error {
	t, by := read(c), server.Actor(c)
	names := lines(t.text("name"))
	if len(names) == 0 {
		names = []string{""} // the desk says what is missing
	}
	for n, name := range names {
		_, err := h.Desk.AddComponent(c, by, incidents.AddComponent{
			Page: server.PageOf(c).ID, Group: t.line("group"), Name: name, Description: t.line("description"),
			StartDate: t.line("start_date"), Hidden: t.tick("hidden"), Showcase: t.tick("showcase"),
		})
		if err != nil {
			t.values.Set("name", strings.Join(names[n:], "\n"))
			return h.refuse(c, err, t, h.addServicePage)
		}
	}
	return goTo(c, "/admin/services", "added")
}

func lines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func (h *Handlers) serviceForm(c *gin.Context) error { return h.servicePage(c, reply{}) }

// servicePage is the form of one service, and its status by hand.
func (h *Handlers) servicePage(c *gin.Context, r reply) error {
	groups, all, err := h.components().List(c, server.PageOf(c).ID)
	if err != nil {
		return err
	}
	x := byCode(all, c.Param("code"))
	if x == nil {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	b, err := h.base(c, "services", x.Name)
	if err != nil {
		return err
	}
	names, err := h.components().Namings(c, x.PageID, components.OfComponent, x.ID)
	if err != nil {
		return err
	}
	v := proposed("name", x.Name, "description", x.Description, "start_date", x.StartDate, "status", x.Status.Mark(), "hidden", one(x.Hidden), "showcase", one(x.Showcase),
		"expect", incidents.ComponentMark(*x, names))
	called(v, names)
	if r.conflict() && r.values != nil {
		r.values.Set("expect", v.Get("expect")) // who presses Save again has been told
	}
	for _, g := range groups {
		if x.GroupID != nil && g.ID == *x.GroupID {
			v.Set("group", g.Code)
		}
	}
	status, form := view.NewAdminStatus(b.T, x.Status), r.form(b.T, "s", v)
	return h.page(c, r, view.AdminServiceEdit{
		AdminBase: b, Form: form, Tongues: h.named(c, form), Code: x.Code, Action: "/admin/services/" + x.Code,
		Groups: view.AdminGroupOptions(b.T, groups), Status: &status, Statuses: view.AdminStatuses(b.T),
	})
}

func byCode(all []components.Component, code string) *components.Component {
	for n := range all {
		if all[n].Code == code {
			return &all[n]
		}
	}
	return nil
}

func one(yes bool) string {
	if yes {
		return "1"
	}
	return ""
}

func (h *Handlers) editService(c *gin.Context) error {
	t := read(c)
	err := h.Desk.EditComponent(c, server.Actor(c), incidents.EditComponent{
		Page: server.PageOf(c).ID, Component: c.Param("code"), Group: t.line("group"), Name: t.line("name"), Description: t.line("description"),
		StartDate: t.line("start_date"), Hidden: t.tick("hidden"), Showcase: t.tick("showcase"),
		Names: h.names(c, t), Expect: t.line("expect"),
	})
	if err != nil {
		return h.refuse(c, err, t, h.servicePage)
	}
	return goTo(c, "/admin/services", "saved")
}

func (h *Handlers) setStatus(c *gin.Context) error {
	t := read(c)
	if err := h.Desk.SetStatus(c, server.Actor(c), server.PageOf(c).ID, c.Param("code"), statusOf(t.line("status"))); err != nil {
		return h.refuse(c, renamed(err, "components", "status"), nil, h.servicePage)
	}
	return goTo(c, "/admin/services", "status")
}

func (h *Handlers) moveService(up bool) server.Handler {
	return func(c *gin.Context) error {
		if err := h.Desk.MoveComponent(c, server.Actor(c), server.PageOf(c).ID, c.Param("code"), up); err != nil {
			return h.refuse(c, err, nil, h.servicesPage)
		}
		server.SeeOther(c, "/admin/services#s-"+c.Param("code"))
		return nil
	}
}

func (h *Handlers) archiveService(c *gin.Context) error {
	if err := h.Desk.ArchiveComponent(c, server.Actor(c), server.PageOf(c).ID, c.Param("code")); err != nil {
		return h.refuse(c, err, nil, h.servicesPage)
	}
	return goTo(c, "/admin/services", "archived")
}

func (h *Handlers) restoreService(c *gin.Context) error {
	if err := h.Desk.RestoreComponent(c, server.Actor(c), server.PageOf(c).ID, c.Param("code")); err != nil {
		return h.refuse(c, err, nil, h.servicesPage)
	}
	return goTo(c, "/admin/services", "restored")
}
