package public

import (
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/snapshot"
)

func (h *Handlers) uptime(c *gin.Context) error {
	s := h.reading(c)
	if !s.Page.ShowUptime {
		return notFound()
	}
	return serve(c, s, snapshot.Key{Kind: "uptime", Lang: s.Page.Language}, html, func() ([]byte, error) { return h.Views.Uptime(s) })
}

// uptimeOf shows the latest twelve months of a service, or ?year= of them.
func (h *Handlers) uptimeOf(c *gin.Context) error {
	s := h.reading(c)
	x := s.Component(c.Param("code"))
	if x == nil || !s.Page.ShowUptime || !x.Showcase {
		return notFound()
	}
	year := 0
	if typed := c.Query("year"); typed != "" {
		var err error
		if year, err = strconv.Atoi(typed); err != nil || !h.Views.UptimeYears(s, *x, year) {
			return notFound()
		}
	}
	key := snapshot.Key{Kind: "uptime-of", Arg: x.Code + strconv.Itoa(year), Lang: s.Page.Language}
	return serve(c, s, key, html, func() ([]byte, error) { return h.Views.UptimeOf(s, *x, year) })
}
