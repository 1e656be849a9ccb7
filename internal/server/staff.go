package server

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
)

// staffContext is what the middleware found out about a request of staff.
type staffContext struct {
	actor   auth.Actor
	session auth.Session
	page    pages.Page
}

const staffKey = "staff"

// staff checks session, role and freshness before the handler (R6.1).
func (s *Server) staff(c *gin.Context, r Route) error {
	page, err := s.cfg.Pages.ByID(c, s.Snapshot(c).Page.ID)
	if err != nil {
		return err
	}
	sc := &staffContext{page: page}
	c.Set(staffKey, sc)
	if r.Open {
		return r.Handle(c)
	}
	token, err := c.Cookie(s.cookieName())
	if err != nil {
		return fault.New(fault.Unauthenticated, "fault.session")
	}
	sc.actor, sc.session, err = s.cfg.Auth.Who(c, page.ID, token)
	if err != nil {
		return err
	}
	sc.actor.Address, sc.actor.RequestID = ClientIP(c), RequestID(c)
	if err := sc.actor.Need(r.Role); err != nil {
		return err
	}
	if r.Sensitive && !sc.session.Fresh(s.cfg.DB.Now()) {
		return fault.New(fault.Unauthenticated, "auth.confirm")
	}
	return r.Handle(c)
}

func of(c *gin.Context) *staffContext {
	sc, _ := c.Get(staffKey)
	out, ok := sc.(*staffContext)
	if !ok {
		return &staffContext{}
	}
	return out
}

// Actor is who is signed in; the zero Actor, who may do nothing, on open routes.
func Actor(c *gin.Context) auth.Actor { return of(c).actor }

// SessionOf is the session of the signed-in person.
func SessionOf(c *gin.Context) auth.Session { return of(c).session }

// PageOf is the page that staff work on, read for this request.
func PageOf(c *gin.Context) pages.Page { return of(c).page }

// cookieName has the __Host- prefix wherever browsers accept it: only with https.
func (s *Server) cookieName() string {
	if s.secure {
		return "__Host-statusd"
	}
	return "statusd"
}

// SetSession sends the session cookie. Remembered ones outlive the browser.
func (s *Server) SetSession(c *gin.Context, token string, remember bool) {
	k := s.cookie(token)
	if remember {
		k.MaxAge = 30 * 24 * 3600
	}
	http.SetCookie(c.Writer, k)
}

// ClearSession takes the cookie back.
func (s *Server) ClearSession(c *gin.Context) {
	k := s.cookie("")
	k.MaxAge = -1
	http.SetCookie(c.Writer, k)
}

func (s *Server) cookie(value string) *http.Cookie {
	return &http.Cookie{Name: s.cookieName(), Value: value, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode}
}

// SafeNext is a local path to go on to, or /admin when raw is anything else
// (R6.9): it must begin with one slash, and hold nothing that a browser or a
// proxy reads in another way.
func SafeNext(raw string) string {
	const start = "/admin"
	if len(raw) < 1 || len(raw) > 1000 || raw[0] != '/' || strings.HasPrefix(raw, "//") || strings.ContainsAny(raw, "\\\r\n\t") {
		return start
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, "\\") {
		return start
	}
	for _, r := range u.Path + u.RawQuery {
		if r < 0x20 || r == 0x7f {
			return start
		}
	}
	if !strings.HasPrefix(u.Path, "/admin") {
		return start
	}
	return u.EscapedPath() + query(u)
}

func query(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

// WriteHTML answers with a page that was rendered whole.
func WriteHTML(c *gin.Context, status int, body []byte) {
	c.Data(status, "text/html; charset=utf-8", body)
}

// SeeOther sends the browser on after a post, to a local path.
func SeeOther(c *gin.Context, localPath string) { c.Redirect(http.StatusSeeOther, localPath) }
