package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

func notFound(*gin.Context) error { return fault.New(fault.NotFound, "fault.notfound") }

func methodNotAllowed(*gin.Context) error { return errMethod }

var errMethod = errors.New("method not allowed")

var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.Malformed: http.StatusBadRequest, fault.NotFound: http.StatusNotFound,
	fault.Conflict: http.StatusConflict, fault.Forbidden: http.StatusForbidden, fault.Unauthenticated: http.StatusUnauthorized,
	fault.TooMany: http.StatusTooManyRequests, fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Unavailable: http.StatusServiceUnavailable, fault.Gone: http.StatusGone,
	fault.Unsupported: http.StatusUnsupportedMediaType,
}

// Status is the HTTP status of a fault's kind.
func Status(k fault.Kind) int {
	if s, ok := statuses[k]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// asFault turns any error into what a person may read: faults stay, a database
// that is away is Unavailable, the rest is nil.
func (s *Server) asFault(err error) *fault.Error {
	if f := fault.Of(err); f != nil {
		return f
	}
	if s.cfg.DB.Unusable(err) {
		f := fault.New(fault.Unavailable, "fault.unavailable")
		f.Cause = err
		return f
	}
	return nil
}

// fail turns a handler's error into a response. It is the only place that does,
// and the only one that logs.
func (s *Server) fail(c *gin.Context, r Route, err error) {
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		return // nobody is listening any more
	}
	if c.Writer.Written() {
		s.cfg.Log.Error("error after the answer began", "error", err, "path", r.Path, "request", RequestID(c))
		return
	}
	unprepare(c.Writer.Header())
	if errors.Is(err, errMethod) {
		s.plain(c.Writer, http.StatusMethodNotAllowed, "This address does not take that kind of request.")
		return
	}
	f := s.asFault(err)
	if f == nil || (f.Kind == fault.Unavailable && f.Cause != nil) {
		s.cfg.Log.Error("request failed", "error", err, "method", c.Request.Method, "path", r.Path, "request", RequestID(c))
	}
	if f != nil && f.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	if r.Audience == Staff {
		s.failStaff(c, r, f)
		return
	}
	s.failReader(c, f)
}

// unprepare takes back what a handler said of an answer that it then could not
// give. No cache keeps an error.
func unprepare(h http.Header) {
	for _, name := range []string{"Etag", "Last-Modified", "Content-Encoding", "Content-Length", "Content-Disposition", "Vary"} {
		delete(h, name)
	}
	h["Cache-Control"] = noStore
}

func (s *Server) failReader(c *gin.Context, f *fault.Error) {
	switch {
	case f == nil:
		s.html(c, http.StatusInternalServerError, s.err500)
	case f.Kind == fault.NotFound:
		s.readerNotFound(c)
	default:
		s.problem(c, Status(f.Kind), f.Key, nil)
	}
}

// readerNotFound is the 404 page, rendered once a picture whatever was asked for.
func (s *Server) readerNotFound(c *gin.Context) {
	snap := InLanguage(c, s.Snapshot(c), s.cfg.Catalog)
	b, err := snap.Body(snapshot.Key{Kind: "404", Lang: snap.Page.Language}, "text/html; charset=utf-8", func() ([]byte, error) { return s.cfg.Views.NotFound(snap) })
	if err != nil {
		s.cfg.Log.Error("the 404 page could not be rendered", "error", err)
		s.html(c, http.StatusInternalServerError, s.err500)
		return
	}
	s.html(c, http.StatusNotFound, b.Plain.Bytes)
}

func (s *Server) html(c *gin.Context, status int, body []byte) {
	if c.Request.Method == http.MethodHead {
		c.Header("Content-Type", "text/html; charset=utf-8")
		c.Status(status)
		c.Writer.WriteHeaderNow()
		return
	}
	WriteHTML(c, status, body)
}

// failStaff: whoever only looked is sent to sign in; whoever had typed keeps
// what was typed on the page that says why it was not saved.
func (s *Server) failStaff(c *gin.Context, r Route, f *fault.Error) {
	status, key := http.StatusInternalServerError, "fault.internal"
	if f != nil {
		status, key = Status(f.Kind), f.Key
		if key == "" && len(f.Fields) > 0 {
			key = f.Fields[0].Key
		}
	}
	if f != nil && f.Kind == fault.Unauthenticated && !r.Unsafe() {
		SeeOther(c, doorFor(f)+"?next="+url.QueryEscape(c.Request.URL.RequestURI()))
		return
	}
	var typed []view.Typed
	if r.Unsafe() {
		typed = typedText(c.Request.PostForm)
	} else if key == "fault.unavailable" {
		key = "fault.away" // nothing was to be saved
	}
	s.problem(c, status, key, typed)
}

// doorFor is where somebody goes who must sign in, or type the password again.
func doorFor(f *fault.Error) string {
	if f.Key == "auth.confirm" {
		return "/admin/confirm"
	}
	return "/admin/signin"
}

// typedText is what a form held, for showing it again. Passwords are not.
func typedText(form url.Values) []view.Typed {
	var out []view.Typed
	for name, values := range form {
		if name == "password" || name == "old" || name == "fresh" {
			continue
		}
		for _, v := range values {
			out = append(out, view.Typed{Name: name, Value: v, Long: len(v) > 60 || name == "body" || name == "text"})
		}
	}
	slices.SortFunc(out, func(a, b view.Typed) int {
		if a.Long != b.Long {
			if a.Long {
				return -1
			}
			return 1
		}
		return cmpString(a.Name, b.Name)
	})
	return out
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (s *Server) problem(c *gin.Context, status int, key string, typed []view.Typed) {
	body, err := s.problemPage(s.tongue(c), status, key, typed, c.Request.URL.RequestURI())
	if err != nil {
		s.cfg.Log.Error("the problem page could not be rendered", "error", err)
		body = s.err500
	}
	s.html(c, status, body)
}

// tongue speaks to who asked: staff read English, readers their language.
func (s *Server) tongue(c *gin.Context) *i18n.Printer {
	snap := s.Snapshot(c)
	if snap == nil || view.Desk(c.Request.URL.Path) {
		return s.cfg.Catalog.Printer("en", nil, "")
	}
	return s.cfg.Views.Printer(InLanguage(c, snap, s.cfg.Catalog))
}

func (s *Server) problemPage(p *i18n.Printer, status int, key string, typed []view.Typed, again string) ([]byte, error) {
	return s.cfg.Views.Problem(view.Problem{T: p, Status: status, Key: key, Typed: typed, Again: again})
}
