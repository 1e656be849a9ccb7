package admin

import (
	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

// headline is the sentence that readers see, with the form that replaces it.
func (h *Handlers) headline(c *gin.Context, p *i18n.Printer, r reply) (view.AdminHeadline, error) {
	page := server.PageOf(c).ID
	now, err := h.Incidents.Headline(c, page)
	if err != nil {
		return view.AdminHeadline{}, err
	}
	v := proposed("expect", now.Mark)
	if now.Written != nil {
		v.Set("headline", now.Written.Text)
	}
	if r.conflict() && r.values != nil {
		r.values.Set("expect", now.Mark) // who presses the button again has been told
	}
	return view.NewAdminHeadline(p, h.Shelf.Get(page), now.Written, r.form(p, "h", v), h.clock()), nil
}

func (h *Handlers) writeHeadline(c *gin.Context) error {
	t := read(c)
	err := h.Desk.WriteHeadline(c, server.Actor(c), incidents.WriteHeadline{
		Page: server.PageOf(c).ID, Text: t.line("headline"), Expect: t.opened(), Key: t.key(), Sent: t.sent(),
	})
	if err != nil {
		return h.refuse(c, err, t, h.nowPage)
	}
	return goTo(c, "/admin", "headline")
}

func (h *Handlers) dropHeadline(c *gin.Context) error {
	t := read(c)
	if err := h.Desk.DropHeadline(c, server.Actor(c), incidents.DropHeadline{Page: server.PageOf(c).ID, Expect: t.opened()}); err != nil {
		return h.refuse(c, err, nil, h.nowPage)
	}
	return goTo(c, "/admin", "automatic")
}
