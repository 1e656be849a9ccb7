package public

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/feeds"
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

// showcase answers with the days of services for programs, ?components=A,B of
// them, or all. What is kept are batches as they ask for them, in page order,
// and the whole: so a list that does not lie in one batch gets everything, and
// strangers cannot fill the cache with lists (R1.3).
func (h *Handlers) showcase(c *gin.Context) error {
	s, header := h.Snapshot(c), c.Writer.Header()
	header["Access-Control-Allow-Origin"], header["Content-Security-Policy"] = anyOrigin, cspData
	arg, of := batch(feeds.Showcased(s), c.Query("components"))
	return serve(c, s, snapshot.Key{Kind: "showcase", Arg: arg}, "application/json; charset=utf-8", func() ([]byte, error) { return feeds.Showcase(s, of) })
}

// batch is the part of the services that holds all that are asked for, and its
// name. Codes that there are not ask for nothing.
func batch(all []snapshot.Component, list string) (string, []snapshot.Component) {
	if list == "" {
		return "", all
	}
	place := make(map[string]int, len(all))
	for n, c := range all {
		place[c.Code] = n
	}
	found := -1
	for code := range strings.SplitSeq(list, ",") {
		at, there := place[code]
		switch k := at / feeds.ShowcaseBatch; {
		case !there:
		case found >= 0 && found != k:
			return "", all
		default:
			found = k
		}
	}
	if found < 0 {
		return "none", nil
	}
	from := found * feeds.ShowcaseBatch
	return strconv.Itoa(found), all[from:min(len(all), from+feeds.ShowcaseBatch)]
}
