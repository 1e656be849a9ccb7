package admin

import (
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) editForm(c *gin.Context) error { return h.editPage(c, reply{}) }

// editPage is the form for an incident's own facts.
func (h *Handlers) editPage(c *gin.Context, r reply) error {
	s, err := h.scene(c, c.Param("code"))
	if err != nil {
		return err
	}
	b, err := h.base(c, s.here(), "Change the facts")
	if err != nil {
		return err
	}
	i, zone := s.story.Incident, server.PageOf(c).Location()
	v := proposed("title", i.Title, "expect", number(i.Revision))
	v.Set("impact_override", string(i.ImpactOverride))
	setTime(v, "started_at", &i.StartedAt, zone)
	setTime(v, "start", i.ScheduledFor, zone)
	setTime(v, "end", i.ScheduledUntil, zone)
	p := view.AdminEdit{AdminBase: b, Head: s.head(b.T, h.clock()), Form: r.form(b.T, "e", v), Weights: view.AdminWeights(b.T), Zone: h.zone(c, b.T)}
	if r.conflict() {
		p.Form.Theirs = view.AdminTheirsOf(b.T, s.story.Revisions, h.clock())
		p.Form.Values.Set("expect", number(i.Revision))
	}
	return h.page(c, r, p)
}

func (h *Handlers) edit(c *gin.Context) error {
	t, page, code := read(c), server.PageOf(c).ID, c.Param("code")
	e := incidents.Edit{
		Page: page, Incident: code, Title: t.line("title"), Impact: t.weight(), StartedAt: t.when("started_at"),
		Start: t.when("start"), End: t.when("end"), Backdate: t.tick("backdate"), Expect: t.expect(),
	}
	err := t.err()
	if err == nil {
		err = h.wholeWindow(c, &e, t.values)
	}
	var i incidents.Incident
	if err == nil {
		i, err = h.Desk.Edit(c, server.Actor(c), e)
	}
	if err != nil {
		return h.refuse(c, renamed(err, "impact", "impact_override"), t, h.editPage)
	}
	return goTo(c, view.AdminURL(i.Kind, i.Code), "saved")
}

// wholeWindow puts back the end of a window that was not touched: the desk
// wants both or none.
func (h *Handlers) wholeWindow(c *gin.Context, e *incidents.Edit, v url.Values) error {
	if !v.Has("start") || (e.Start.IsZero() && e.End.IsZero() && v.Get("start") != "" && v.Get("end") != "") {
		return nil
	}
	i, err := h.Incidents.ByCode(c, e.Page, e.Incident)
	if err != nil {
		return err
	}
	keep := func(t *time.Time, typed string, was *time.Time) {
		if t.IsZero() && typed != "" && was != nil {
			*t = *was
		}
	}
	keep(&e.Start, v.Get("start"), i.ScheduledFor)
	keep(&e.End, v.Get("end"), i.ScheduledUntil)
	return nil
}

func (h *Handlers) withdrawIncidentForm(c *gin.Context) error {
	return h.withdrawIncidentPage(c, reply{})
}

// withdrawIncidentPage asks before a whole incident leaves the page: there is
// no undo for messages that left.
func (h *Handlers) withdrawIncidentPage(c *gin.Context, r reply) error {
	s, err := h.scene(c, c.Param("code"))
	if err != nil {
		return err
	}
	b, err := h.base(c, s.here(), "Withdraw it all")
	if err != nil {
		return err
	}
	n := 0
	for _, u := range s.story.Updates {
		if u.WithdrawnAt == nil {
			n++
		}
	}
	return h.page(c, r, view.AdminConfirmWithdraw{AdminBase: b, Head: s.head(b.T, h.clock()), Updates: b.T.T("admin.updates", "Count", n), Form: r.form(b.T, "w", proposed())})
}

func (h *Handlers) withdrawIncident(c *gin.Context) error {
	page, code := server.PageOf(c).ID, c.Param("code")
	if err := h.Desk.WithdrawIncident(c, server.Actor(c), page, code); err != nil {
		return h.refuse(c, err, nil, h.withdrawIncidentPage)
	}
	i, err := h.Incidents.ByCode(c, page, code)
	if err != nil {
		return err
	}
	return goTo(c, view.AdminURL(i.Kind, i.Code), "withdrawn_all")
}
