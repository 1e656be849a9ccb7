// Package server is the HTTP engine: middleware, route tables, errors into
// responses, static files and health. What the pages say is in public and
// admin, which hang their tables of routes on a Server.
//
// A handler returns its error, and one place here (errors.go) turns it into a
// page: a fault becomes words for the person, anything else one log line with
// the request id and a page that says nothing of the inside.
//
// Start with Server here; front.go has what every request passes before it is
// routed, middleware.go what follows, staff.go what requests of staff pass on
// top of it.
package server

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

// Handler answers a request or returns why it could not.
type Handler func(*gin.Context) error

// Audience is whose request it is: each has its own middleware and its own way
// to be told of an error.
type Audience int

// The audiences.
const (
	Readers Audience = iota + 1
	Staff
	Machines
)

// Route is one row of a table of routes. Staff routes name the least role that
// may use them; a route without one does not start (R6.1).
type Route struct {
	Method    string
	Path      string
	Audience  Audience
	Role      auth.Role // of Staff routes; "" is refused unless Open
	Open      bool      // a staff route that needs no session: sign-in, set-up
	Sensitive bool      // asks for the password again if it was typed over 15 minutes ago
	AnyOrigin bool      // its address is the proof, and nothing else of the request is looked at; never of Staff
	Handle    Handler
}

// Unsafe reports whether the route may change state.
func (r Route) Unsafe() bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// Config is what a Server needs.
type Config struct {
	DB      *db.DB
	Auth    *auth.Auth
	Pages   pages.Store
	Shelf   *snapshot.Shelf
	Views   *view.Views
	Catalog *i18n.Catalog
	Static  fs.FS    // files under /static/
	Base    *url.URL // public address of the default page
	Proxies []netip.Prefix
	Log     *slog.Logger
}

// Server routes requests.
type Server struct {
	cfg    Config
	engine *gin.Engine
	routes []Route
	static *Static
	csp    []string // of readers' pages
	secure bool     // the public address is https
	err500 []byte
}

// New makes a server without routes but for static files and health.
func New(cfg Config, static *Static) (*Server, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.RedirectTrailingSlash, e.RedirectFixedPath = false, false // gin would put X-Forwarded-Prefix into Location
	e.HandleMethodNotAllowed = true
	var proxies []string
	for _, p := range cfg.Proxies {
		proxies = append(proxies, p.String())
	}
	if err := e.SetTrustedProxies(proxies); err != nil { // nil: believe no X-Forwarded-For
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	s := &Server{cfg: cfg, engine: e, static: static, csp: cspReaders(cfg.Views.StyleSource()), secure: cfg.Base.Scheme == "https"}
	var err error
	if s.err500, err = s.problemPage(cfg.Catalog.Printer("en", nil, ""), http.StatusInternalServerError, "fault.internal", nil, ""); err != nil {
		return nil, err
	}
	e.NoRoute(s.wrap(Route{Audience: Readers, Handle: notFound}))
	e.NoMethod(s.wrap(Route{Audience: Readers, Handle: methodNotAllowed}))
	for _, m := range []string{http.MethodGet, http.MethodHead} {
		e.Handle(m, "/static/:hash/*name", s.file)
		e.Handle(m, "/healthz", s.healthz)
		e.Handle(m, "/readyz", s.readyz)
	}
	return s, nil
}

// Mount hangs up a table of routes. A staff route without a role is refused.
func (s *Server) Mount(routes []Route) error {
	for _, r := range routes {
		if r.Audience == 0 || r.Handle == nil {
			return fmt.Errorf("route %s %s: no audience or handler", r.Method, r.Path)
		}
		if r.Audience == Staff && !r.Open && r.Role.Rank() < 0 {
			return fmt.Errorf("route %s %s: no role", r.Method, r.Path)
		}
		if r.Audience == Staff && r.AnyOrigin {
			return fmt.Errorf("route %s %s: a session must not be used from other sites", r.Method, r.Path)
		}
		s.engine.Handle(r.Method, r.Path, s.wrap(r))
		s.routes = append(s.routes, r)
	}
	return nil
}

// Routes is the whole table, for the tests that walk it.
func (s *Server) Routes() []Route { return s.routes }

// plain answers in one line of text, for what is met before there is a page.
// None of it is for keeping.
func (s *Server) plain(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	s.headers(h, Readers)
	h["Cache-Control"] = noStore
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // whoever asked may be gone
}

func (s *Server) healthz(c *gin.Context) { s.plain(c.Writer, http.StatusOK, "ok") }

// readyz says whether it can write, and show what is written; it tells strangers nothing more (R15.7).
func (s *Server) readyz(c *gin.Context) {
	if s.cfg.DB.Health() != nil || s.cfg.Shelf.Trouble() != nil {
		s.plain(c.Writer, http.StatusServiceUnavailable, "not ready")
		return
	}
	s.plain(c.Writer, http.StatusOK, "ready")
}
