package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/statustest"
)

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// shop is a server with a route of each kind, whose handlers answer as the
// path says.
func shop(t *testing.T) (*statustest.Site, http.Handler) {
	t.Helper()
	s := statustest.NewSite(t)
	half := func(c *gin.Context) error { // prepared an answer, and then could not
		c.Header("Cache-Control", "public, max-age=60")
		c.Header("Content-Encoding", "gzip")
		c.Header("ETag", `"x"`)
		c.Header("Content-Length", "5")
		return errors.New("a bug")
	}
	var routes []server.Route
	for path, handle := range map[string]server.Handler{
		"/fine": func(c *gin.Context) error { server.WriteHTML(c, 200, []byte("fine")); return nil },
		"/bug":  answer(errors.New("a bug")), "/half": half, "/panic": func(*gin.Context) error { panic("a bug") },
		"/gone": answer(db.ErrUnusable), "/many": answer(&fault.Error{Kind: fault.TooMany, Key: "auth.throttled", RetryAfter: time.Minute}),
		"/invalid": answer(fault.At("title", "incident.title")), "/conflict": answer(fault.New(fault.Conflict, "incident.changed")), "/over": answer(fault.New(fault.Gone, "fault.notfound")),
		"/none": answer(fault.New(fault.NotFound, "fault.notfound")),
	} {
		for _, m := range []string{"GET", "HEAD", "POST"} {
			routes = append(
				routes,
				server.Route{Method: m, Path: path, Audience: server.Readers, Handle: handle},
				server.Route{Method: m, Path: "/admin" + path, Audience: server.Staff, Open: true, Handle: handle},
			)
		}
	}
	routes = append(
		routes,
		server.Route{Method: "GET", Path: "/admin/closed", Audience: server.Staff, Role: auth.Viewer, Handle: answer(nil)},
		server.Route{Method: "POST", Path: "/admin/closed", Audience: server.Staff, Role: auth.Viewer, Handle: answer(nil)},
		server.Route{Method: "POST", Path: "/any", Audience: server.Readers, AnyOrigin: true, Handle: func(c *gin.Context) error { c.Status(204); return nil }},
	)
	_, h := serve(t, s, "https://status.example.com", routes...)
	return s, h
}

// Every kind of answer carries the headers of R§12, and no error is kept by a
// cache.
func TestServer_everyAnswerHasItsHeaders(t *testing.T) {
	t.Parallel()
	s, h := shop(t)
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error {
		return tx.Exec(`insert into page_hosts (page_id, host) values (?, 'status.example.com')`, s.Page.ID).Error
	}))
	_, err := s.DB.Change(t.Context(), s.Page.ID, func(*db.Tx) error { return nil })
	must(t, err)
	long := strings.Repeat("a", 300<<10)
	for name, tt := range map[string]struct {
		method, at string
		change     func(*http.Request)
		want       int
	}{
		"a page":                      {"GET", "/fine", nil, 200},
		"health":                      {"GET", "/healthz", nil, 200},
		"readiness":                   {"GET", "/readyz", nil, 200},
		"nothing there":               {"GET", "/nothing", nil, 404},
		"nothing there, head":         {"HEAD", "/nothing", nil, 404},
		"a handler found nothing":     {"GET", "/none", nil, 404},
		"no such file":                {"GET", "/static/000000000000/x.css", nil, 404},
		"no such file, head":          {"HEAD", "/static/000000000000/x.css", nil, 404},
		"a wrong method":              {"DELETE", "/fine", nil, 405},
		"a wrong method of a file":    {"POST", "/static/000000000000/x.css", nil, 405},
		"options":                     {"OPTIONS", "/fine", nil, 405},
		"trace":                       {"TRACE", "/fine", nil, 405},
		"gone":                        {"GET", "/over", nil, 410},
		"a conflict":                  {"POST", "/conflict", nil, 409},
		"invalid":                     {"POST", "/invalid", nil, 422},
		"too many tries":              {"POST", "/many", nil, 429},
		"too large":                   {"POST", "/fine", sends(urlencoded, "a="+long), 413},
		"another type":                {"POST", "/fine", sends("application/json", "{}"), 415},
		"an address too long":         {"GET", "/" + long[:2048], nil, 414},
		"another page's host":         {"GET", "/fine", func(r *http.Request) { r.Host = "evil.example" }, 421},
		"too many header fields":      {"GET", "/fine", fields(101, 10), 431},
		"from another site":           {"POST", "/fine", with("Sec-Fetch-Site", "cross-site"), 403},
		"a bug":                       {"GET", "/bug", nil, 500},
		"a bug after headers":         {"GET", "/half", nil, 500},
		"a panic":                     {"GET", "/panic", nil, 500},
		"no database":                 {"GET", "/gone", nil, 503},
		"staff: a page":               {"GET", "/admin/fine", nil, 200},
		"staff: not signed in":        {"GET", "/admin/closed", nil, 303},
		"staff: posts, not signed in": {"POST", "/admin/closed", nil, 401},
		"staff: nothing there":        {"GET", "/admin/none", nil, 404},
		"staff: a wrong method":       {"PUT", "/admin/fine", nil, 405},
		"staff: invalid":              {"POST", "/admin/invalid", nil, 422},
		"staff: another type":         {"POST", "/admin/fine", sends("text/plain", "a=b"), 415},
		"staff: too large":            {"POST", "/admin/fine", sends(urlencoded, "a="+long), 413},
		"staff: a bug":                {"POST", "/admin/bug", nil, 500},
		"staff: a bug after headers":  {"GET", "/admin/half", nil, 500},
		"staff: a panic":              {"GET", "/admin/panic", nil, 500},
		"staff: no database":          {"GET", "/admin/gone", nil, 503},
		"staff: from another site":    {"POST", "/admin/fine", with("Sec-Fetch-Site", "cross-site"), 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := []func(*http.Request){}
			if tt.change != nil {
				change = append(change, tt.change)
			}
			w := ask(h, tt.method, tt.at, change...)
			if w.Code != tt.want {
				t.Errorf("%d, want %d: %s", w.Code, tt.want, w.Body)
			}
			wantHeaders(t, w.Header(), strings.HasPrefix(name, "staff: ") && w.Code != 405 && w.Code != 403)
			if tt.want != 200 && w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control of an error: %q", w.Header().Get("Cache-Control"))
			}
			for _, stale := range []string{"ETag", "Content-Encoding"} {
				if tt.want != 200 && w.Header().Get(stale) != "" {
					t.Errorf("%s of another answer: %q", stale, w.Header().Get(stale))
				}
			}
			if n := w.Header().Get("Content-Length"); n != "" && n != strconv.Itoa(w.Body.Len()) {
				t.Errorf("Content-Length %s of %d bytes", n, w.Body.Len())
			}
			if tt.want >= 400 && tt.method != "HEAD" && len(strings.TrimSpace(w.Body.String())) < 10 {
				t.Errorf("no words: %q", w.Body)
			}
			if allow := w.Header().Get("Allow"); (tt.want == 405) != (allow != "") {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

// fields adds so many header fields of so many bytes each.
func fields(n, size int) func(*http.Request) {
	return func(r *http.Request) {
		for i := range n {
			r.Header.Set(fmt.Sprintf("X-%03d", i), strings.Repeat("a", size-len("X-000: \r\n")))
		}
	}
}

func wantHeaders(t *testing.T, h http.Header, staff bool) {
	t.Helper()
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "Content-Security-Policy": "default-src 'none'", "Permissions-Policy": "camera=()",
	}
	if staff {
		want["X-Frame-Options"], want["Cross-Origin-Resource-Policy"], want["Cache-Control"] = "DENY", "same-origin", "no-store"
	}
	for name, v := range want {
		if !strings.Contains(h.Get(name), v) {
			t.Errorf("%s: %q", name, h.Get(name))
		}
	}
	if h.Get("Server") != "" || h.Get("Set-Cookie") != "" {
		t.Errorf("too much is told: %v", h)
	}
}

func TestServer_fileHasItsHeaders(t *testing.T) {
	t.Parallel()
	_, h := shop(t)
	page := ask(h, "GET", "/nothing").Body.String()
	_, rest, ok := strings.Cut(page, `href="/static/`)
	if !ok {
		t.Fatalf("the page names no file: %s", page)
	}
	name, _, _ := strings.Cut(rest, `"`)
	w := ask(h, "GET", "/static/"+name)
	if w.Code != 200 || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	wantHeaders(t, w.Header(), false)
}

func TestServer_limitsHeaders(t *testing.T) {
	t.Parallel()
	_, h := shop(t)
	for name, tt := range map[string]struct {
		n, size, want int
	}{
		"a hundred":                {99, 20, 200}, // and Host
		"one more than a hundred":  {100, 20, 431},
		"almost 16 KiB":            {16, 1000, 200},
		"more than 16 KiB":         {17, 1000, 431},
		"more than 16 KiB, at one": {1, 17 << 10, 431},
	} {
		w := ask(h, "GET", "/fine", fields(tt.n, tt.size))
		if w.Code != tt.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tt.want)
		}
	}
}

// What is much larger never becomes a request: net/http answers it, in its own
// words and without our headers, and takes in no more than 36 KiB of it.
func TestServer_Serve_limitsHeaders(t *testing.T) {
	t.Parallel()
	srv, _ := serve(t, statustest.NewSite(t), "https://status.example.com")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ctx, l) }()
	defer func() { stop(); must(t, <-ended) }()
	for name, tt := range map[string]struct {
		head string
		ours bool
		want int
	}{
		"16 KiB and some": {"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 17<<10) + "\r\n\r\n", true, 431},
		"40 KiB":          {"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 40<<10) + "\r\n\r\n", false, 431},
		"a long address":  {"GET /" + strings.Repeat("a", 20<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", true, 414},
		"the whole of it": {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", true, 404},
	} {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
		must(t, err)
		_, err = c.Write([]byte(tt.head))
		must(t, err)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		must(t, err)
		if res.StatusCode != tt.want {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, tt.want)
		}
		if tt.ours {
			wantHeaders(t, res.Header, false)
		}
		must(t, errors.Join(res.Body.Close(), c.Close()))
	}
}

func TestServer_believesAnOriginOnItsOwnHostOnly(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error {
		if err := tx.Exec(`insert into page_hosts (page_id, host) values (?, 'status.example.com'), (?, 'help.example.com')`, s.Page.ID, s.Page.ID).Error; err != nil {
			return err
		}
		_, err := pages.Create(tx, pages.Page{PastDays: 14, Name: "Other", TimeZone: "UTC", Language: "en", Words: "plain", Hosts: []string{"other.example.net"}})
		return err
	}))
	_, err := s.DB.Change(t.Context(), s.Page.ID, func(*db.Tx) error { return nil })
	must(t, err)
	s.Shelf.Tick(t.Context())
	_, h := serve(t, s, "https://status.example.com", server.Route{
		Method: "POST", Path: "/x", Audience: server.Readers,
		Handle: func(c *gin.Context) error { c.Status(204); return nil },
	})
	for name, tt := range map[string]struct {
		host, origin, site string
		want               int
	}{
		"its own":                                      {"status.example.com", "https://status.example.com", "", 204},
		"its own, and the browser says so":             {"status.example.com", "https://status.example.com", "same-origin", 204},
		"the default page's on another page":           {"other.example.net", "https://status.example.com", "", 403},
		"the same, and the browser says so":            {"other.example.net", "https://status.example.com", "cross-site", 403},
		"the default page's on its second host":        {"help.example.com", "https://status.example.com", "", 403},
		"the same, and the browser calls it same":      {"help.example.com", "https://status.example.com", "same-site", 403},
		"another page's on the default page":           {"status.example.com", "https://other.example.net", "", 403},
		"behind a proxy that says its own host":        {"127.0.0.1:8080", "https://status.example.com", "", 204},
		"the same of a stranger":                       {"127.0.0.1:8080", "https://evil.example", "", 403},
		"the same, and the browser calls it a strange": {"127.0.0.1:8080", "https://status.example.com", "cross-site", 403},
	} {
		w := ask(h, "POST", "/x", func(r *http.Request) {
			r.Host = tt.host
			r.Header.Set("Origin", tt.origin)
			if tt.site != "" {
				r.Header.Set("Sec-Fetch-Site", tt.site)
			}
		})
		if w.Code != tt.want {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, tt.want, w.Body)
		}
	}
}
