package server

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/snapshot"
)

// Header values of R§12, made once: an answer from the shelf sets slices and
// allocates nothing.
var (
	nosniff     = []string{"nosniff"}
	sameOrigin  = []string{"same-origin"}
	permissions = []string{"accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"}
	hsts        = []string{"max-age=31536000; includeSubDomains"}
	deny        = []string{"DENY"}
	noStore     = []string{"no-store"}
	cspStaff    = []string{"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types statusd"}
)

// cspReaders allows one style within the page besides the files: the first sight
// of the status page.
func cspReaders(style string) []string {
	return []string{"default-src 'none'; script-src 'self'; style-src 'self' " + style + "; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"}
}

func (s *Server) headers(h http.Header, a Audience) {
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = sameOrigin
	h["Permissions-Policy"] = permissions
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	if s.secure {
		h["Strict-Transport-Security"] = hsts
	}
	if a != Staff {
		h["Content-Security-Policy"] = s.csp
		return
	}
	h["Content-Security-Policy"] = cspStaff
	h["X-Frame-Options"] = deny
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Cache-Control"] = noStore
}

// wrap puts a route's audience around its handler: headers, the page by host,
// for staff session and role, and the translation of errors and panics.
func (s *Server) wrap(r Route) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer s.recovered(c, r)
		s.headers(c.Writer.Header(), r.Audience)
		if s.cfg.Shelf.ByHost(c.Request.Host) == nil {
			s.noPage(c)
			return
		}
		if err := s.handle(c, r); err != nil {
			s.fail(c, r, err)
		}
	}
}

func (s *Server) handle(c *gin.Context, r Route) error {
	// Routes of any origin read what mail clients send by themselves.
	if r.Unsafe() && r.Audience != Machines && !r.AnyOrigin {
		if err := parseForm(c.Request); err != nil {
			return err
		}
	}
	if r.Audience == Staff {
		return s.staff(c, r)
	}
	return r.Handle(c)
}

// noPage answers a host that is nobody's (R7.5), or a start with neither a
// database nor a kept picture.
func (s *Server) noPage(c *gin.Context) {
	if len(s.cfg.Shelf.All()) == 0 || s.cfg.Shelf.Trouble() != nil { // of whose page it was, nothing may be left
		c.Header("Retry-After", "10")
		s.plain(c.Writer, http.StatusServiceUnavailable, "This status page cannot be shown yet: its database does not answer. Your service may be fine. Try again in a minute.")
		return
	}
	s.plain(c.Writer, http.StatusMisdirectedRequest, "There is no status page at this address.")
}

// recovered: a panic is a bug of ours. The request gets a 500, the log the
// stack, the other requests nothing.
func (s *Server) recovered(c *gin.Context, r Route) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // the very value is what net/http means
		panic(v)
	}
	s.cfg.Log.Error("panic in a handler", "panic", fmt.Sprint(v), "stack", string(debug.Stack()), "request", RequestID(c))
	if !c.Writer.Written() {
		s.fail(c, r, fmt.Errorf("panic: %v", v))
	}
}

// Snapshot is the picture of the page that this request's host names. The
// server has made sure that there is one.
func (s *Server) Snapshot(c *gin.Context) *snapshot.Snapshot {
	return s.cfg.Shelf.ByHost(c.Request.Host)
}

const requestIDKey = "request-id"

// RequestID is a random name for this request, made when first asked for:
// cached answers need none.
func RequestID(c *gin.Context) string {
	if id := c.GetString(requestIDKey); id != "" {
		return id
	}
	var raw [8]byte
	if _, err := rand.Read(raw[:]); err != nil {
		panic(err) // crypto/rand never fails since Go 1.24
	}
	id := hex.EncodeToString(raw[:])
	c.Set(requestIDKey, id)
	c.Header("X-Request-Id", id)
	return id
}

// ClientIP is the address of the client, behind trusted proxies only: the same
// for limits and for the audit.
func ClientIP(c *gin.Context) string {
	ip, err := netip.ParseAddr(c.ClientIP())
	if err != nil {
		return ""
	}
	return ip.Unmap().WithZone("").String()
}
