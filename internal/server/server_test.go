package server_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

// serve makes a server on a site, with routes of the test's own.
func serve(t *testing.T, s *statustest.Site, base string, routes ...server.Route) (*server.Server, http.Handler) {
	t.Helper()
	catalog, err := i18n.Load(os.DirFS("../../web/locales"))
	must(t, err)
	static, err := server.NewStatic(os.DirFS("../../web/static"))
	must(t, err)
	views, err := view.New(os.DirFS("../../web/templates"), catalog, static)
	must(t, err)
	u, err := url.Parse(base)
	must(t, err)
	srv, err := server.New(server.Config{DB: s.DB, Auth: s.Auth, Pages: pages.Store{DB: s.DB}, Shelf: s.Shelf, Views: views, Catalog: catalog, Base: u, Log: s.Log}, static)
	must(t, err)
	must(t, srv.Mount(routes))
	return srv, srv.Handler()
}

func ask(h http.Handler, method, target string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	if method == http.MethodPost {
		r = httptest.NewRequest(method, target, strings.NewReader("body=three+sentences&password=secret"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Host = "status.example.com"
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func answer(err error) server.Handler { return func(*gin.Context) error { return err } }

func TestServer_Mount_refusesAStaffRouteThatAnybodyCouldUse(t *testing.T) {
	t.Parallel()
	srv, _ := serve(t, statustest.NewSite(t), "https://status.example.com")
	if err := srv.Mount([]server.Route{{Method: "GET", Path: "/admin/x", Audience: server.Staff, Handle: answer(nil)}}); err == nil {
		t.Error("a route that anybody may use was hung up for staff")
	}
	if err := srv.Mount([]server.Route{{Method: "POST", Path: "/admin/x", Audience: server.Staff, Role: auth.Viewer, AnyOrigin: true, Handle: answer(nil)}}); err == nil {
		t.Error("a staff route is open to other sites")
	}
}

func TestServer_turnsErrorsIntoAnswersThatSayNothingOfTheInside(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	reader := func(path string, err error) server.Route {
		return server.Route{Method: "GET", Path: path, Audience: server.Readers, Handle: answer(err)}
	}
	_, h := serve(t, s, "https://status.example.com",
		reader("/bug", errors.New("select secret from staff: /var/lib/x.go:12")),
		reader("/gone", db.ErrUnusable),
		reader("/many", &fault.Error{Kind: fault.TooMany, Key: "auth.throttled", RetryAfter: 60e9}),
		server.Route{Method: "GET", Path: "/panic", Audience: server.Readers, Handle: func(*gin.Context) error { panic("secret") }},
	)
	for path, want := range map[string]int{"/bug": 500, "/gone": 503, "/many": 429, "/panic": 500, "/nothing": 404} {
		w := ask(h, http.MethodGet, path)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		for _, leak := range []string{"secret", "select", ".go:", "goroutine", "fault."} {
			if strings.Contains(w.Body.String(), leak) {
				t.Errorf("%s shows %q", path, leak)
			}
		}
	}
	if got := ask(h, http.MethodGet, "/many").Header().Get("Retry-After"); got != "60" {
		t.Errorf("Retry-After %q", got)
	}
}

func TestServer_keepsWhatStaffTypedWhenTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	_, h := serve(t, s, "https://status.example.com", server.Route{Method: "POST", Path: "/admin/x", Audience: server.Staff, Open: true, Handle: answer(db.ErrUnusable)})
	w := ask(h, http.MethodPost, "/admin/x")
	page := statustest.Page(t, w.Body.Bytes())
	if w.Code != http.StatusServiceUnavailable || page.Find("textarea[name=body]").Text() != "three sentences" {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), "secret") {
		t.Error("the password is shown again")
	}
}

func TestServer_staffNeedASession(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	_, h := serve(t, s, "https://status.example.com",
		server.Route{Method: "GET", Path: "/admin/x", Audience: server.Staff, Role: auth.Viewer, Handle: answer(nil)},
		server.Route{Method: "POST", Path: "/admin/x", Audience: server.Staff, Role: auth.Viewer, Handle: answer(nil)},
	)
	w := ask(h, http.MethodGet, "/admin/x?a=b")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/admin/signin?next=%2Fadmin%2Fx%3Fa%3Db" {
		t.Errorf("GET: %d to %q", w.Code, w.Header().Get("Location"))
	}
	w = ask(h, http.MethodPost, "/admin/x")
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "three sentences") {
		t.Errorf("POST: %d, the text kept: %t", w.Code, strings.Contains(w.Body.String(), "three sentences"))
	}
}

func TestServer_refusesFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	done := 0
	_, h := serve(t, statustest.NewSite(t), "https://status.example.com", server.Route{
		Method: "POST", Path: "/x", Audience: server.Readers,
		Handle: func(c *gin.Context) error { done++; c.Status(204); return nil },
	})
	for name, c := range map[string]struct {
		header, value string
		want          int
	}{
		"another site":      {"Sec-Fetch-Site", "cross-site", 403},
		"a sister host":     {"Sec-Fetch-Site", "same-site", 403},
		"another origin":    {"Origin", "https://evil.example", 403},
		"the null origin":   {"Origin", "null", 403},
		"our own page":      {"Sec-Fetch-Site", "same-origin", 204},
		"our own origin":    {"Origin", "https://status.example.com", 204},
		"a mail provider":   {"X-Nothing", "", 204}, // RFC 8058 posts come without either header
		"typed by a person": {"Sec-Fetch-Site", "none", 204},
	} {
		w := ask(h, http.MethodPost, "/x", func(r *http.Request) { r.Header.Set(c.header, c.value) })
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
	if done != 4 {
		t.Errorf("the handler ran %d times, want 4", done)
	}
}

func TestServer_limits(t *testing.T) {
	t.Parallel()
	_, h := serve(t, statustest.NewSite(t), "https://status.example.com", server.Route{Method: "POST", Path: "/admin/x", Audience: server.Staff, Open: true, Handle: answer(nil)})
	big := func(r *http.Request) {
		r.Body = http.NoBody
		*r = *httptest.NewRequest(http.MethodPost, "/admin/x", strings.NewReader("body="+strings.Repeat("a", 300<<10)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Host = "status.example.com"
	}
	if w := ask(h, http.MethodPost, "/admin/x", big); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a form of 300 KiB: %d", w.Code)
	}
	if w := ask(h, http.MethodGet, "/?"+strings.Repeat("a", 2048)); w.Code != http.StatusRequestURITooLong {
		t.Errorf("an address of 2 KiB: %d", w.Code)
	}
	if w := ask(h, http.MethodDelete, "/admin/x"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", w.Code)
	}
}

func TestServer_headers(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	_, h := serve(t, s, "https://status.example.com",
		server.Route{Method: "GET", Path: "/r", Audience: server.Readers, Handle: answer(nil)},
		server.Route{Method: "GET", Path: "/admin/s", Audience: server.Staff, Open: true, Handle: answer(nil)},
	)
	w := ask(h, http.MethodGet, "/r").Header()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "Content-Security-Policy": "default-src 'none'", "Permissions-Policy": "camera=()",
	} {
		if !strings.Contains(w.Get(name), want) {
			t.Errorf("%s: %q", name, w.Get(name))
		}
	}
	if w.Get("Set-Cookie") != "" || w.Get("Server") != "" {
		t.Error("a reader gets a cookie or the name of the server")
	}
	if strings.Contains(w.Get("Content-Security-Policy"), "unsafe") {
		t.Error("the policy has an unsafe- word")
	}
	a := ask(h, http.MethodGet, "/admin/s").Header()
	if a.Get("X-Frame-Options") != "DENY" || a.Get("Cache-Control") != "no-store" {
		t.Errorf("staff: %v", a)
	}
	_, plain := serve(t, s, "http://127.0.0.1:8080")
	if got := ask(plain, http.MethodGet, "/").Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("over plain http: %q", got)
	}
}

func TestServer_unknownHostIsMisdirected(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error {
		return tx.Exec(`insert into page_hosts (page_id, host) values (?, 'help.callrail.example')`, s.Page.ID).Error
	}))
	_, err := s.DB.Change(t.Context(), s.Page.ID, func(*db.Tx) error { return nil })
	must(t, err)
	_, h := serve(t, s, "https://status.example.com")
	if w := ask(h, http.MethodGet, "/", func(r *http.Request) { r.Host = "evil.example" }); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("got %d, want 421", w.Code)
	}
}

func TestServer_health(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	_, h := serve(t, s, "https://status.example.com")
	if a, b := ask(h, http.MethodGet, "/healthz").Code, ask(h, http.MethodGet, "/readyz").Code; a != 200 || b != 200 {
		t.Errorf("healthy: %d, %d", a, b)
	}
	must(t, os.Rename(s.Path, s.Path+".away"))
	s.Shelf.Tick(t.Context())
	if a, b := ask(h, http.MethodGet, "/healthz").Code, ask(h, http.MethodGet, "/readyz").Code; a != 200 || b != 503 {
		t.Errorf("without a database: %d, %d", a, b)
	}
}

func TestServer_static(t *testing.T) {
	t.Parallel()
	static, err := server.NewStatic(os.DirFS("../../web/static"))
	must(t, err)
	_, h := serve(t, statustest.NewSite(t), "https://status.example.com")
	at := static.Address("public.css")
	w := ask(h, http.MethodGet, at)
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%s: %d %v", at, w.Code, w.Header())
	}
	for _, wrong := range []string{"/static/000000000000/public.css", "/static/x/../../etc/passwd", "/static/missing/none.css"} {
		if w := ask(h, http.MethodGet, wrong); w.Code != 404 {
			t.Errorf("%s: %d", wrong, w.Code)
		}
	}
}

func TestSafeNext(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"/admin/incidents/abc?x=1": "/admin/incidents/abc?x=1", "/admin": "/admin",
		"": "/admin", "//evil.example": "/admin", "/\\evil.example": "/admin", "https://evil.example": "/admin", "https:evil": "/admin",
		"/admin\r\nSet-Cookie: a=b": "/admin", "\t/admin/x": "/admin", "/%0d%0aSet-Cookie": "/admin", "/admin/%0aX": "/admin", "/x": "/admin",
		"javascript:alert(1)": "/admin", "/admin/..//evil.example": "/admin/..//evil.example",
	} {
		if got := server.SafeNext(raw); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
