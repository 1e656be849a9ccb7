package public

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

// gate lets few in at once and turns the others away: what strangers can make
// expensive must not pile up. The zero value is ready.
type gate struct{ in atomic.Int32 }

const atOnce = 2

func (g *gate) enter() bool {
	if g.in.Add(1) > atOnce {
		g.in.Add(-1)
		return false
	}
	return true
}

func (g *gate) leave() { g.in.Add(-1) }

// busy is the fault of those that a gate turns away, or that come while the
// database is away.
func busy(key string) *fault.Error {
	f := fault.New(fault.Unavailable, key)
	f.RetryAfter = 5 * time.Second
	return f
}

// foundEach is how many results stand on a page.
const foundEach = 25

// sought is what a query string looks for in the history; false where it looks
// for nothing, as a form that was sent empty.
func sought(c *gin.Context) (f view.SearchForm, before string, ok bool) {
	if c.Request.URL.RawQuery == "" {
		return f, "", false
	}
	read := func(name string) string {
		return strings.TrimSpace(strings.ToValidUTF8(c.Query(name), string(utf8.RuneError)))
	}
	f = view.SearchForm{Text: read("q"), Component: read("component"), Kind: read("kind")}
	before = read("before")
	return f, before, f.Text != "" || f.Component != "" || f.Kind != "" || before != ""
}

// search answers with what was found. It goes past the cache of bodies, which
// strangers could otherwise fill with what they look for.
func (h *Handlers) search(c *gin.Context, f view.SearchForm, before string) error {
	s := h.reading(c)
	if err := soughtWell(s, f); err != nil {
		_, f.Errors = h.Views.Words(s, err)
		body, err := h.Views.Search(s, f, snapshot.Found{}, "")
		return private(c, http.StatusUnprocessableEntity, body, err)
	}
	if !h.searches.enter() {
		full := busy("public.search.busy")
		f.Notice, _ = h.Views.Words(s, full)
		body, err := h.Views.Search(s, f, snapshot.Found{}, "")
		c.Header("Retry-After", strconv.Itoa(int(full.RetryAfter.Seconds())))
		return private(c, server.Status(full.Kind), body, err)
	}
	defer h.searches.leave()
	found := s.Search(snapshot.Query{Text: f.Text, Kind: incidents.Kind(f.Kind), Component: f.Component, Before: before, Limit: foundEach})
	body, err := h.Views.Search(s, f, found, before)
	return private(c, http.StatusOK, body, err)
}

// soughtWell is nil for what can be looked for. A service that is on the page no
// more can, while the history speaks of it.
func soughtWell(s *snapshot.Snapshot, f view.SearchForm) *fault.Error {
	var bad fault.Collector
	if n := utf8.RuneCountInString(f.Text); n > view.MaxSearch {
		bad.Add("q", "field.toolong", "Max", view.MaxSearch, "Have", n)
	}
	if f.Component != "" && s.Component(f.Component) == nil && !spokenOf(s, f.Component) {
		bad.Add("component", "field.choice")
	}
	if k := incidents.Kind(f.Kind); k != "" && k != incidents.KindIncident && k != incidents.KindMaintenance {
		bad.Add("kind", "field.choice")
	}
	return fault.Of(bad.Err())
}

func spokenOf(s *snapshot.Snapshot, code string) bool {
	return slices.ContainsFunc(s.Incidents, func(i *snapshot.Incident) bool {
		return slices.ContainsFunc(i.Affected, func(a snapshot.Affected) bool { return a.Code == code })
	})
}
