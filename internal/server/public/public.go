// Package public answers readers: pages and feeds from the picture, and the few
// forms of those who want mail.
//
// A page is taken from the shelf, its rendering from the picture's cache, and
// its headers stand ready: such an answer asks no database, waits for nothing
// and allocates next to nothing (serve.go). Only subscribing writes, through
// an interface, so that this package knows neither the database nor SQL. GET
// never changes state.
package public

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/feeds"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

// Subscribers is what readers may do about their mail. notify.Subscribers
// implements it.
type Subscribers interface {
	Ask(ctx context.Context, a notify.Ask) error
	Pending(ctx context.Context, page int64, token string) (notify.Subscriber, error)
	Confirm(ctx context.Context, page int64, token string) (notify.Subscriber, error)
	ByToken(ctx context.Context, page int64, p notify.Purpose, token string) (notify.Subscriber, error)
	Token(p notify.Purpose, s notify.Subscriber) string
	SavePreferences(ctx context.Context, page int64, token string, p notify.Preferences) error
	Unsubscribe(ctx context.Context, page int64, token string) error
}

// Handlers answer readers.
type Handlers struct {
	Snapshot    func(*gin.Context) *snapshot.Snapshot // never nil
	Views       *view.Views
	Static      *server.Static
	Subscribers Subscribers
	ClientIP    func(*gin.Context) string
	Streams     *Streams
	Unusable    func(error) bool // does an error mean that the database is away?
	// AsOf is the picture of a page as it stood at a moment. NotFound: that is
	// yet to come.
	AsOf func(ctx context.Context, page int64, at time.Time) (*snapshot.Snapshot, error)

	searches, pasts, lists gate
	drawings               drawings
}

// Routes is the table.
func (h *Handlers) Routes() []server.Route {
	var out []server.Route
	get := func(path string, handle server.Handler) {
		for _, m := range []string{http.MethodGet, http.MethodHead} {
			out = append(out, server.Route{Method: m, Path: path, Audience: server.Readers, Handle: handle})
		}
	}
	post := func(path string, handle server.Handler) {
		out = append(out, server.Route{Method: http.MethodPost, Path: path, Audience: server.Readers, Handle: handle})
	}
	get("/", h.home)
	for _, f := range texts {
		get("/status."+f.kind, h.text(f))
	}
	get("/api", h.api)
	get("/badge.svg", h.badge)
	get("/embed", h.framed("embed", (*view.Views).Widget))
	get("/embed/frame", h.framed("embed/frame", (*view.Views).EmbedFrame))
	get("/embed.js", h.script("embed.js"))
	get("/embed/script.js", h.script("embed-script.js"))
	get("/og.png", h.drawn)
	get("/og/:code.png", h.drawnIncident)
	get("/sitemap.xml", h.sitemap)
	get("/robots.txt", h.robots)
	get("/incidents/:code", h.incident)
	get("/maintenance", h.maintenance)
	get("/history", h.history)
	get("/history/:month", h.month)
	for _, f := range feeds.All {
		get(f.Path, h.feed(f))
	}
	for _, f := range feeds.V2 {
		get(f.Path, h.shared(f))
	}
	out = append(out, server.Route{Method: http.MethodGet, Path: "/live", Audience: server.Readers, Handle: h.stream})
	get("/live.json", h.live)
	get("/uptime", h.uptime)
	get(feeds.ShowcasePath, h.showcase)
	get("/uptime/:code", h.uptimeOf)
	for _, f := range feeds.Spans {
		get(f.Path, h.shared(f))
	}
	get("/subscribe", h.subscribeForm)
	post("/subscribe", h.subscribe)
	get("/c/:token", h.confirmForm)
	post("/c/:token", h.confirm)
	get("/m/:token", h.manageForm)
	post("/m/:token", h.manage)
	get("/u/:token", h.unsubscribeForm)
	// A mail client sends it from wherever it runs, a page of webmail too.
	out = append(out, server.Route{Method: http.MethodPost, Path: "/u/:token", Audience: server.Readers, AnyOrigin: true, Handle: h.unsubscribe})
	return out
}

func (h *Handlers) home(c *gin.Context) error {
	if at := asked(c); at != "" {
		return h.stood(c, at, func(then *snapshot.Snapshot) ([]byte, error) {
			if len(then.Groups) == 0 && len(then.Incidents) == 0 {
				return nil, nil
			}
			return h.Views.Home(then)
		})
	}
	s := h.reading(c)
	c.Writer.Header()["Vary"] = varyText
	if f := wanted(c.Request.Header["Accept"]); f != nil {
		return h.asText(c, s, *f)
	}
	return serve(c, s, snapshot.Key{Kind: "home", Lang: s.Page.Language}, html, func() ([]byte, error) {
		if !s.Page.SetUp && len(s.Groups) == 0 && len(s.Incidents) == 0 {
			return h.Views.SetUpPending(s)
		}
		return h.Views.Home(s)
	})
}

// incident answers with the report of an incident or maintenance: as a page, or
// by the ending of its address as a document.
func (h *Handlers) incident(c *gin.Context) error {
	code, ending, ends := strings.Cut(c.Param("code"), ".")
	s := h.reading(c)
	i := s.Incident(code)
	if i == nil {
		return missing(s, code)
	}
	if ends {
		return h.document(c, code, ending)
	}
	if at := asked(c); at != "" {
		return h.stood(c, at, func(then *snapshot.Snapshot) ([]byte, error) {
			was := then.Incident(code)
			if was == nil {
				return nil, nil
			}
			return h.Views.Incident(then, was)
		})
	}
	return serve(c, s, snapshot.Key{Kind: "incident", Arg: i.Code, Lang: s.Page.Language}, html, func() ([]byte, error) { return h.Views.Incident(s, i) })
}

func (h *Handlers) history(c *gin.Context) error {
	if f, before, ok := sought(c); ok {
		return h.search(c, f, before)
	}
	s, n := h.reading(c), 1
	if typed := c.Query("page"); typed != "" {
		var err error
		if n, err = strconv.Atoi(typed); err != nil || n < 1 {
			return notFound()
		}
	}
	if n > 1 {
		return h.leaf(c, s, n)
	}
	return serve(c, s, snapshot.Key{Kind: "history", Lang: s.Page.Language}, html, func() ([]byte, error) {
		props, err := feeds.HistoryProps(s, s.MonthsOnPage(1), view.MostMonthRows)
		if err != nil {
			return nil, err
		}
		return h.Views.History(s, props)
	})
}

// leaf is a page of the history as programs leaf through it, three months each.
func (h *Handlers) leaf(c *gin.Context, s *snapshot.Snapshot, n int) error {
	months := s.MonthsOnPage(n)
	if len(months) == 0 {
		return notFound()
	}
	return serve(c, s, snapshot.Key{Kind: "leaf", Arg: strconv.Itoa(n), Lang: s.Page.Language}, html, func() ([]byte, error) {
		props, err := feeds.HistoryProps(s, months, view.MostMonthRows)
		if err != nil {
			return nil, err
		}
		return h.Views.HistoryPaged(s, n, months, props)
	})
}

func (h *Handlers) month(c *gin.Context) error {
	s := h.reading(c)
	m, ok := s.MonthOf(c.Param("month"))
	if !ok {
		return notFound()
	}
	return serve(c, s, snapshot.Key{Kind: "month", Arg: m.Key, Lang: s.Page.Language}, html, func() ([]byte, error) {
		props, err := feeds.HistoryProps(s, []snapshot.Month{m}, len(m.Incidents))
		if err != nil {
			return nil, err
		}
		return h.Views.HistoryMonth(s, m, props)
	})
}

// reading is the picture of the page that was asked for, in the language of who
// reads it.
func (h *Handlers) reading(c *gin.Context) *snapshot.Snapshot {
	return server.InLanguage(c, h.Snapshot(c), h.Views.Catalog())
}

// spoken is the picture for machines: in the page's language, or the one that
// the address names.
func (h *Handlers) spoken(c *gin.Context) *snapshot.Snapshot {
	return server.AskedFor(c, h.Snapshot(c), h.Views.Catalog())
}

func notFound() error { return fault.New(fault.NotFound, "fault.notfound") }
