package public

import (
	"net/http"
	"slices"
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
// them. What is kept are batches as they ask for them, in page order, and of a
// small page the whole, so that strangers cannot fill the cache with lists
// (R1.3). Other lists are answered to the letter, and two at once.
func (h *Handlers) showcase(c *gin.Context) error {
	s, header := h.Snapshot(c), c.Writer.Header()
	header["Access-Control-Allow-Origin"], header["Content-Security-Policy"] = anyOrigin, cspData
	arg, of := batch(feeds.Showcased(s), c.Query("components"))
	if arg != listed {
		return serve(c, s, snapshot.Key{Kind: "showcase", Arg: arg}, jsonType, func() ([]byte, error) { return feeds.Showcase(s, of) })
	}
	if !h.lists.enter() {
		return busy("public.search.busy")
	}
	defer h.lists.leave()
	body, err := feeds.Showcase(s, of)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, jsonType, body)
	return nil
}

const (
	jsonType = "application/json; charset=utf-8"
	// wholeShowcase is up to how many services an answer with all of them is kept.
	wholeShowcase = 2 * feeds.ShowcaseBatch
	listed        = "listed" // no batch
)

// batch is the part of the services that holds all that are asked for, and its
// name. Codes that there are not ask for nothing.
func batch(all []snapshot.Component, list string) (string, []snapshot.Component) {
	place := make(map[string]int, len(all))
	for n, c := range all {
		place[c.Code] = n
	}
	var asked []int
	for code := range strings.SplitSeq(list, ",") {
		if at, there := place[code]; there && len(asked) < feeds.ShowcaseBatch && !slices.Contains(asked, at) {
			asked = append(asked, at)
		}
	}
	inOne := !slices.ContainsFunc(asked, func(at int) bool { return at/feeds.ShowcaseBatch != asked[0]/feeds.ShowcaseBatch })
	switch {
	case len(all) <= wholeShowcase && (list == "" || !inOne):
		return "", all
	case list == "" && len(all) > 0:
		asked = []int{0}
	case len(asked) == 0:
		return "none", nil
	case !inOne:
		var of []snapshot.Component
		for _, at := range asked {
			of = append(of, all[at])
		}
		return listed, of
	}
	n := asked[0] / feeds.ShowcaseBatch
	return strconv.Itoa(n), all[n*feeds.ShowcaseBatch : min(len(all), (n+1)*feeds.ShowcaseBatch)]
}
