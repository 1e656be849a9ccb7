package server

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/statusd/statusd/internal/pages"
)

// Limits of R§11.
const (
	maxURL     = 2048
	maxBody    = 256 << 10
	maxHeaders = 16 << 10
	maxFields  = 100 // of the headers
)

// Handler is the engine behind what must come before routing: limits, and the
// refusal of forms that another site sent.
func (s *Server) Handler() http.Handler {
	cop := http.NewCrossOriginProtection()
	for _, r := range s.routes {
		if r.AnyOrigin {
			cop.AddInsecureBypassPattern(r.Method + " " + parameter.ReplaceAllString(r.Path, "/{$1}"))
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case len(r.RequestURI) > maxURL:
			s.plain(w, http.StatusRequestURITooLong, "This address is too long.")
		case headersTooLarge(r):
			s.plain(w, http.StatusRequestHeaderFieldsTooLarge, "This request has more or longer header fields than are read here. Too many cookies of this site may be the reason.")
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			s.engine.ServeHTTP(w, r) // changes nothing, so nothing to protect
		case cop.Check(r) != nil && !s.hostReplaced(r):
			s.plain(w, http.StatusForbidden, "This form was sent from another site, so nothing was done.")
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			s.engine.ServeHTTP(w, r)
		}
	})
}

// parameter is one of a path as gin writes it, ":token"; net/http writes "{token}".
var parameter = regexp.MustCompile(`/:(\w+)`)

// headersTooLarge counts what net/http has read: it lets through what Serve
// allows it and some KiB more, and does not count fields.
func headersTooLarge(r *http.Request) bool {
	const around = len(": \r\n")
	n, size := 1, len("Host")+around+len(r.Host) // which it has taken out
	for name, values := range r.Header {
		for _, v := range values {
			n++
			size += len(name) + around + len(v)
		}
	}
	return n > maxFields || size > maxHeaders
}

// hostReplaced reports whether a form comes from the default page by a browser
// that says no more than its Origin, through a proxy that puts a name of its own
// into Host. On a host that has a page nothing was replaced: there an origin must
// be that host's, or one page could send the forms of another. And a browser
// that tells how the two are related knows it better.
func (s *Server) hostReplaced(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") != "" || !strings.EqualFold(r.Header.Get("Origin"), s.cfg.Base.Scheme+"://"+s.cfg.Base.Host) {
		return false
	}
	snap := s.cfg.Shelf.ByHost(r.Host)
	return snap != nil && snap.Page.Default && !slices.Contains(snap.Page.Hosts, pages.NormalHost(r.Host))
}
