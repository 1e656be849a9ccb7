package admin

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) planForm(c *gin.Context) error { return h.planPage(c, reply{}) }

// planPage is the form that announces a maintenance. Its later steps are posts
// on the page of the maintenance.
func (h *Handlers) planPage(c *gin.Context, r reply) error {
	b, err := h.base(c, "maintenance", "Plan maintenance")
	if err != nil {
		return err
	}
	page := server.PageOf(c)
	groups, all, err := h.components().List(c, page.ID)
	if err != nil {
		return err
	}
	propose, err := h.proposedPlan(c, all)
	if err != nil {
		return err
	}
	p := view.AdminPlan{AdminBase: b, Form: r.form(b.T, "n", propose), Zone: h.zone(c, b.T)}
	p.Groups = view.AdminServiceGroups(b.T, groups, all, p.Form)
	if p.Tell, err = h.tell(c, b.T, chosen(p.Form.Values["components"], all), 0, incidents.TellMaintenance, incidents.TellMaintenance); err != nil {
		return err
	}
	if r.preview {
		if p.Preview, err = h.previewOf(c, b.T, &p.Form, "body", markdown.MaxUpdate); err != nil {
			return err
		}
		p.Preview.Shown = true
	}
	return h.page(c, r, p)
}

// proposedPlan are the values on a first visit; ?again= names a maintenance
// that was just undone.
func (h *Handlers) proposedPlan(c *gin.Context, all []components.Component) (url.Values, error) {
	v := proposed("notify", "1")
	if c.Query("again") == "" {
		return v, nil
	}
	st, err := h.Incidents.Story(c, server.PageOf(c).ID, c.Query("again"))
	if fault.Is(err, fault.NotFound) || (err == nil && len(st.Updates) == 0) {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	retell(v, st, all)
	zone := server.PageOf(c).Location()
	setTime(v, "start", st.Incident.ScheduledFor, zone)
	setTime(v, "end", st.Incident.ScheduledUntil, zone)
	return v, nil
}

func chosen(codes []string, all []components.Component) []int64 {
	var changes []components.Change
	for _, code := range codes {
		changes = append(changes, components.Change{Component: code})
	}
	return idsOf(changes, all)
}

func (h *Handlers) plan(c *gin.Context) error {
	t := read(c)
	if t.wants("preview") {
		return h.planPage(c, again(t))
	}
	p := incidents.Plan{
		Page: server.PageOf(c).ID, Title: t.line("title"), Body: t.text("body"), Components: t.values["components"],
		Start: t.when("start"), End: t.when("end"), Notify: t.tick("notify"), Key: t.key(), Sent: t.sent(),
	}
	err := t.err()
	var i incidents.Incident
	if err == nil {
		i, err = h.Desk.Plan(c, server.Actor(c), p)
	}
	if err != nil {
		return h.refuse(c, err, t, h.planPage)
	}
	return goTo(c, view.AdminURL(i.Kind, i.Code), "planned")
}
