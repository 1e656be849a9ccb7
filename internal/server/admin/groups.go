package admin

import (
	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) addGroupForm(c *gin.Context) error { return h.addGroupPage(c, reply{}) }

func (h *Handlers) addGroupPage(c *gin.Context, r reply) error {
	b, err := h.base(c, "services", "Add a group")
	if err != nil {
		return err
	}
	return h.page(c, r, view.AdminServiceEdit{AdminBase: b, Group: true, Form: r.form(b.T, "g", proposed()), Action: "/admin/groups/new"})
}

func (h *Handlers) addGroup(c *gin.Context) error {
	t := read(c)
	if _, err := h.Desk.AddGroup(c, server.Actor(c), server.PageOf(c).ID, t.line("name"), t.line("description")); err != nil {
		return h.refuse(c, err, t, h.addGroupPage)
	}
	return goTo(c, "/admin/services", "added")
}

func (h *Handlers) groupForm(c *gin.Context) error { return h.groupPage(c, reply{}) }

func (h *Handlers) groupPage(c *gin.Context, r reply) error {
	groups, _, err := h.components().List(c, server.PageOf(c).ID)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if g.Code != c.Param("code") {
			continue
		}
		b, err := h.base(c, "services", g.Name)
		if err != nil {
			return err
		}
		names, err := h.components().Namings(c, g.PageID, components.OfGroup, g.ID)
		if err != nil {
			return err
		}
		v := proposed("name", g.Name, "description", g.Description, "expect", incidents.GroupMark(g, names))
		called(v, names)
		if r.conflict() && r.values != nil {
			r.values.Set("expect", v.Get("expect")) // who presses Save again has been told
		}
		form := r.form(b.T, "g", v)
		return h.page(c, r, view.AdminServiceEdit{AdminBase: b, Group: true, Code: g.Code, Form: form, Tongues: h.named(c, form), Action: "/admin/groups/" + g.Code})
	}
	return fault.New(fault.NotFound, "fault.notfound")
}

func (h *Handlers) editGroup(c *gin.Context) error {
	t := read(c)
	err := h.Desk.EditGroup(c, server.Actor(c), incidents.EditGroup{
		Page: server.PageOf(c).ID, Group: c.Param("code"), Name: t.line("name"), Description: t.line("description"), Names: h.names(c, t), Expect: t.line("expect"),
	})
	if err != nil {
		return h.refuse(c, err, t, h.groupPage)
	}
	return goTo(c, "/admin/services", "saved")
}

func (h *Handlers) moveGroup(up bool) server.Handler {
	return func(c *gin.Context) error {
		if err := h.Desk.MoveGroup(c, server.Actor(c), server.PageOf(c).ID, c.Param("code"), up); err != nil {
			return h.refuse(c, err, nil, h.servicesPage)
		}
		return goTo(c, "/admin/services", "")
	}
}

func (h *Handlers) archiveGroup(c *gin.Context) error {
	if err := h.Desk.ArchiveGroup(c, server.Actor(c), server.PageOf(c).ID, c.Param("code")); err != nil {
		return h.refuse(c, err, nil, h.servicesPage)
	}
	return goTo(c, "/admin/services", "dissolved")
}
