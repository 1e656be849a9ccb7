package admin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/server/admin"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

const password = "correct horse battery staple"

// house is a site with the engine and the staff's side of it.
type house struct {
	*statustest.Site
	handler http.Handler
	subs    *notify.Subscribers
	store   incidents.Store
}

func newHouse(t *testing.T) *house { return newHouseAt(t, "https://status.example.com") }

// newHouseAt is a house whose public address is base.
func newHouseAt(t *testing.T, base string) *house {
	t.Helper()
	h := &house{Site: statustest.NewSite(t)}
	catalog, err := i18n.Load(os.DirFS("../../../web/locales"))
	h.ok(err)
	templates := os.DirFS("../../../web/templates")
	mailer, err := view.NewMailer(templates, catalog)
	h.ok(err)
	key := []byte(strings.Repeat("k", 40))
	outbox := &notify.Outbox{DB: h.DB, Press: notify.Press{Renderer: mailer, Base: func(pages.Page) string { return base }, Key: key}, SMTP: &notify.SMTP{}}
	h.Desk.Announce = outbox
	h.subs = &notify.Subscribers{DB: h.DB, Key: key}
	static, err := server.NewStatic(os.DirFS("../../../web/static"))
	h.ok(err)
	views, err := view.New(templates, catalog, static)
	h.ok(err)
	address, err := url.Parse(base)
	h.ok(err)
	srv, err := server.New(server.Config{DB: h.DB, Auth: h.Auth, Pages: pages.Store{DB: h.DB}, Shelf: h.Shelf, Views: views, Catalog: catalog, Base: address, Log: h.Log}, static)
	h.ok(err)
	h.store = incidents.Store{DB: h.DB}
	staff := &admin.Handlers{DB: h.DB, Server: srv, Shelf: h.Shelf, Desk: h.Desk, Incidents: h.store, Auth: h.Auth, Subscribers: h.subs, Outbox: outbox, Views: views}
	h.ok(srv.Mount(staff.Routes()))
	h.handler = srv.Handler()
	return h
}

func (h *house) ok(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

// as is a browser in which somebody with the role is signed in.
func (h *house) as(r auth.Role) *browser {
	h.T.Helper()
	email := string(r) + "@callrail.example"
	_, err := h.Auth.Invite(h.T.Context(), h.Staff, h.Page.ID, auth.NewStaff{Email: email, Name: "The " + string(r), Password: password, Role: r})
	h.ok(err)
	b := &browser{t: h.T, handler: h.handler}
	b.open("/admin/signin").want(200)
	b.send("/admin/signin", "email", email, "password", password).want(200)
	if b.at.Path != "/admin" {
		h.T.Fatalf("signed in, but at %s", b.at)
	}
	return b
}

// only is the newest incident of a kind.
func (h *house) only(kind incidents.Kind) incidents.Story {
	h.T.Helper()
	is, err := h.store.List(h.T.Context(), h.Page.ID, kind, 0, 1)
	h.ok(err)
	if len(is) == 0 {
		h.T.Fatal("there is no such incident")
	}
	s, err := h.store.Story(h.T.Context(), h.Page.ID, is[0].Code)
	h.ok(err)
	return s
}

// browser has no JavaScript: it sends forms as they stand on the page, with
// what a person changed in them.
type browser struct {
	t       testing.TB
	handler http.Handler
	cookie  string
	at      *url.URL
	status  int
	body    []byte
}

func (b *browser) open(path string) *browser { return b.do(http.MethodGet, path, nil) }

func (b *browser) do(method, path string, form url.Values) *browser {
	b.t.Helper()
	for range 5 {
		path, _, _ = strings.Cut(path, "#")
		r := httptest.NewRequestWithContext(b.t.Context(), method, "https://status.example.com"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if b.cookie != "" {
			r.Header.Set("Cookie", b.cookie)
		}
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			b.cookie = c.Name + "=" + c.Value
		}
		b.at, b.status, b.body = r.URL, w.Code, w.Body.Bytes()
		if w.Code != http.StatusSeeOther {
			return b
		}
		method, path, form = http.MethodGet, w.Header().Get("Location"), nil
	}
	b.t.Fatalf("%s: sent on and on", path)
	return b
}

func (b *browser) want(status int) *browser {
	b.t.Helper()
	if b.status != status {
		b.t.Fatalf("%s answered %d, want %d: %s", b.at, b.status, status, b.page().Text())
	}
	return b
}

func (b *browser) page() *statustest.Node { return statustest.Page(b.t, b.body) }

func (b *browser) says(sentence string) *browser {
	b.t.Helper()
	if got := b.page().Text(); !strings.Contains(got, sentence) {
		b.t.Fatalf("%s does not say %q: %s", b.at, sentence, got)
	}
	return b
}

// send sends the form with the action, as it stands, with changes: name, value;
// the value "-" empties a field, and several values of one name add up.
func (b *browser) send(action string, changes ...string) *browser {
	b.t.Helper()
	values, ok := b.form(action)
	if !ok {
		b.t.Fatalf("%s has no form for %s: %s", b.at, action, b.page().Text())
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(changes); i += 2 {
		if !seen[changes[i]] {
			values.Del(changes[i])
		}
		seen[changes[i]] = true
		if changes[i+1] != "-" {
			values.Add(changes[i], changes[i+1])
		}
	}
	return b.do(http.MethodPost, action, values)
}

// form is what the browser would send of a form.
func (b *browser) form(action string) (url.Values, bool) {
	root, err := html.Parse(strings.NewReader(string(b.body)))
	if err != nil {
		b.t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && attr(n, "method") == "post" && (attr(n, "action") == action || attr(n, "action") == "") {
			return fields(n), true
		}
	}
	return nil, false
}

func fields(form *html.Node) url.Values {
	v := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" {
			continue
		}
		switch n.Data {
		case "input":
			if t := attr(n, "type"); (t == "checkbox" || t == "radio") && !has(n, "checked") {
				continue
			}
			v.Add(name, attr(n, "value"))
		case "textarea":
			if n.FirstChild != nil {
				v.Add(name, n.FirstChild.Data)
			} else {
				v.Add(name, "")
			}
		case "select":
			for o := range n.Descendants() {
				if o.Data == "option" && has(o, "selected") {
					v.Set(name, attr(o, "value"))
				}
			}
		}
	}
	return v
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
