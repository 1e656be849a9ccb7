package admin

import (
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) subscribers(c *gin.Context) error { return h.subscribersPage(c, reply{}) }

// subscribersPage lists who follows. Those who may not read addresses may not
// look for one either: the answer would tell.
func (h *Handlers) subscribersPage(c *gin.Context, r reply) error {
	b, err := h.base(c, "subscribers", "Subscribers")
	if err != nil {
		return err
	}
	page := server.PageOf(c).ID
	counts, err := h.Subscribers.Counts(c, page)
	if err != nil {
		return err
	}
	p := view.AdminSubscribers{AdminBase: b, Tiles: view.AdminTiles(b.T, counts), Form: r.form(b.T, "s", nil)}
	if b.CanManage() {
		p.Find = strings.TrimSpace(c.Query("find"))
	}
	rows, err := h.Subscribers.List(c, page, p.Find, cursor(c, "after"), listed+1)
	if err != nil {
		return err
	}
	if len(rows) > listed {
		rows = rows[:listed]
		p.Older = "?" + url.Values{"find": {p.Find}, "after": {number(rows[listed-1].ID)}}.Encode()
	}
	for _, s := range rows {
		p.Rows = append(p.Rows, view.NewAdminSubscriber(b.T, s, b.CanManage()))
	}
	return h.page(c, r, p)
}

func (h *Handlers) removeSubscriber(c *gin.Context) error {
	if err := h.Subscribers.Remove(c, server.Actor(c), server.PageOf(c).ID, c.Param("code")); err != nil {
		return h.refuse(c, err, nil, h.subscribersPage)
	}
	return goTo(c, "/admin/subscribers", "removed")
}
