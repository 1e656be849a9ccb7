package admin

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) correctForm(c *gin.Context) error { return h.correctPage(c, reply{}) }

// correctPage shows one update: the form that corrects it, and what it said
// before.
func (h *Handlers) correctPage(c *gin.Context, r reply) error {
	page := server.PageOf(c)
	st, u, err := h.Incidents.UpdateByCode(c, page.ID, c.Param("code"))
	if err != nil {
		return err
	}
	s, err := h.scene(c, st.Incident.Code)
	if err != nil {
		return err
	}
	b, err := h.base(c, s.here(), "Fix wording or time")
	if err != nil {
		return err
	}
	p := view.AdminCorrect{AdminBase: b, Head: s.head(b.T, h.clock()), Zone: h.zone(c, b.T)}
	for _, x := range view.AdminTimeline(b.T, s.story, s.names, nil, h.tongues(c), h.clock()) {
		if x.Code == u.Code {
			p.Update = x
		}
	}
	p.Form = r.form(b.T, "c", h.proposedCorrection(c, u))
	p.Versions = view.AdminVersions(b.T, s.story.Revisions, incidents.OfUpdate, u.ID, h.clock())
	if r.conflict() {
		p.Form.Theirs = theirs(p.Versions, u.Body)
		p.Form.Values.Set("expect", number(u.Revision))
	}
	if r.preview {
		p.Preview, err = h.previewOf(c, b.T, &p.Form, "body", markdown.MaxUpdate)
		p.Preview.Shown = true
	}
	if err != nil {
		return err
	}
	return h.page(c, r, p)
}

func (h *Handlers) proposedCorrection(c *gin.Context, u incidents.Update) url.Values {
	v := proposed("body", u.Body, "expect", number(u.Revision))
	setTime(v, "happened_at", &u.HappenedAt, server.PageOf(c).Location())
	return v
}

// theirs is the newest version of a text, as what somebody else wrote.
func theirs(vs []view.AdminVersion, text string) *view.AdminTheirs {
	if len(vs) == 0 {
		return nil
	}
	return &view.AdminTheirs{Author: vs[0].Author, When: vs[0].When, What: vs[0].What, Text: text}
}

func (h *Handlers) correct(c *gin.Context) error {
	t := read(c)
	if t.wants("preview") {
		return h.correctPage(c, again(t))
	}
	cmd := incidents.Correct{Page: server.PageOf(c).ID, Update: c.Param("code"), Body: t.text("body"), HappenedAt: t.when("happened_at"), Backdate: t.tick("backdate"), Expect: t.expect()}
	err := t.err()
	if err == nil {
		_, err = h.Desk.Correct(c, server.Actor(c), cmd)
	}
	if err != nil {
		return h.refuse(c, err, t, h.correctPage)
	}
	st, _, err := h.Incidents.UpdateByCode(c, cmd.Page, cmd.Update)
	if err != nil {
		return err
	}
	return goTo(c, view.AdminURL(st.Incident.Kind, st.Incident.Code), "corrected")
}

func (h *Handlers) withdrawUpdate(c *gin.Context) error { return h.takeOff(c, false) }

// undo takes a post back while its messages are held.
func (h *Handlers) undo(c *gin.Context) error { return h.takeOff(c, true) }

// takeOff takes an update off the page. After an undo the text stands in the
// form again: whoever undoes mostly wants to put it right.
func (h *Handlers) takeOff(c *gin.Context, undo bool) error {
	page, code := server.PageOf(c).ID, c.Param("code")
	st, _, err := h.Incidents.UpdateByCode(c, page, code)
	if err != nil {
		return err
	}
	i := st.Incident
	err = h.Desk.Withdraw(c, server.Actor(c), incidents.Withdraw{Page: page, Update: code, Undo: undo})
	if err != nil {
		return h.refuse(c, err, nil, func(c *gin.Context, r reply) error { return h.incidentPageOf(c, i.Code, r) })
	}
	if !undo {
		return goTo(c, view.AdminURL(i.Kind, i.Code), "withdrawn")
	}
	if i, err = h.Incidents.ByCode(c, page, i.Code); err != nil {
		return err
	}
	server.SeeOther(c, afterUndo(i, code))
	return nil
}

// afterUndo is where the undone text is found again.
func afterUndo(i incidents.Incident, update string) string {
	switch {
	case i.WithdrawnAt == nil:
		return view.AdminURL(i.Kind, i.Code) + "?done=undone&again=" + update
	case i.Kind == incidents.KindMaintenance:
		return "/admin/maintenance/new?done=undone&again=" + i.Code
	}
	return "/admin/incidents/new?done=undone&again=" + i.Code
}
