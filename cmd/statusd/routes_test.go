package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/server"
)

var update = flag.Bool("update", false, "write docs/roles.md anew")

// wired is the whole program in this process, with one person of each role
// signed in.
type wired struct {
	*app
	handler http.Handler
	tokens  map[auth.Role]string
}

func wire(t *testing.T) wired {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	s := &streams{ctx: ctx, in: strings.NewReader(""), out: io.Discard, err: io.Discard, env: map[string]string{}, config: &Config{Listen: "127.0.0.1:8080", Data: t.TempDir(), Log: "error", Streams: 100, ClientStreams: 10}}
	a, err := need(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.close() })
	if err := a.web(); err != nil {
		t.Fatal(err)
	}
	a.shelf.Tick(ctx)
	w := wired{app: a, handler: a.server.Handler(), tokens: map[auth.Role]string{}}
	page, err := a.pages.Default(ctx)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := a.auth.HashPassword(ctx, ownerPassword)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range auth.Roles() {
		email := string(role) + "@callrail.example"
		err := a.db.Private(ctx, func(tx *db.Tx) error {
			_, err := auth.AddStaff(tx, page.ID, auth.NewStaff{Email: email, Role: role}, hash)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if w.tokens[role], _, err = a.auth.SignIn(ctx, page.ID, auth.Login{Email: email, Password: ownerPassword}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w wired) ask(r server.Route, token string) *httptest.ResponseRecorder {
	path := strings.NewReplacer(":code", "abcdefghijkl", ":token", "none", ":id", "1", ":month", "2018-05").Replace(r.Path)
	req := httptest.NewRequest(r.Method, path, strings.NewReader(""))
	req.Host = "127.0.0.1:8080"
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		req.AddCookie(&http.Cookie{Name: "statusd", Value: token})
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, req)
	return rec
}

// Every staff route turns away who is not signed in and who has too small a
// role, whatever the table says of the others (R6.1).
func TestRoutes_everyStaffRouteNeedsItsRole(t *testing.T) {
	t.Parallel()
	w := wire(t)
	staff := 0
	for _, r := range w.server.Routes() {
		if r.Audience != server.Staff || r.Open {
			continue
		}
		staff++
		rec := w.ask(r, "")
		wantOut := http.StatusSeeOther
		if r.Unsafe() {
			wantOut = http.StatusUnauthorized
		}
		if rec.Code != wantOut {
			t.Errorf("%s %s without a session: %d, want %d", r.Method, r.Path, rec.Code, wantOut)
		}
		for _, role := range auth.Roles() {
			if strings.HasSuffix(r.Path, "/signout") || strings.Contains(r.Path, "/account/") {
				continue // they end sessions that this test still needs
			}
			got := w.ask(r, w.tokens[role]).Code
			if may := role.AtLeast(r.Role); (got == http.StatusForbidden) == may {
				t.Errorf("%s %s as %s: %d, though it is for %s and above", r.Method, r.Path, role, got, r.Role)
			}
		}
	}
	if staff < 40 {
		t.Errorf("only %d staff routes: the test walks the wrong table", staff)
	}
}

// No GET changes anything: the tables are the same after all of them (R6.5).
func TestRoutes_getChangesNothing(t *testing.T) {
	t.Parallel()
	w := wire(t)
	count := func() string {
		var out []string
		for _, table := range []string{"pages", "components", "incidents", "updates", "subscribers", "announcements", "deliveries", "staff", "memberships", "audits", "sessions", "submits"} {
			var n int64
			if err := w.db.Read(t.Context()).Raw(`select count(*) from ` + table).Scan(&n).Error; err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprint(table, "=", n))
		}
		v, err := w.db.Versions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(out, v)
	}
	before := count()
	for _, r := range w.server.Routes() {
		if !r.Unsafe() {
			w.ask(r, w.tokens[auth.Owner])
		}
	}
	if after := count(); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
}

// Every answer of every route says how to treat it, and only what is good and
// for everybody may be kept by a cache (R12).
func TestRoutes_everyAnswerSaysHowToTreatIt(t *testing.T) {
	t.Parallel()
	w := wire(t)
	for _, r := range w.server.Routes() {
		for _, token := range []string{"", w.tokens[auth.Owner]} {
			if strings.HasSuffix(r.Path, "/signout") || strings.Contains(r.Path, "/account/") {
				continue // they end the session that this test still needs
			}
			rec := w.ask(r, token)
			h := rec.Header()
			for _, name := range []string{"X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy", "Content-Security-Policy", "Cache-Control"} {
				if h.Get(name) == "" {
					t.Errorf("%s %s: %d without %s", r.Method, r.Path, rec.Code, name)
				}
			}
			keep := h.Get("Cache-Control") != "no-store"
			if keep && (rec.Code >= 400 || r.Audience == server.Staff || r.Unsafe()) {
				t.Errorf("%s %s: %d may be kept: %s", r.Method, r.Path, rec.Code, h.Get("Cache-Control"))
			}
			if r.Audience == server.Staff && (h.Get("X-Frame-Options") != "DENY" || h.Get("Cross-Origin-Resource-Policy") != "same-origin") {
				t.Errorf("%s %s: %d may be framed: %v", r.Method, r.Path, rec.Code, h)
			}
		}
	}
}

// docs/roles.md is made from the table of routes.
func TestRoutes_rolesAreDocumented(t *testing.T) {
	t.Parallel()
	w := wire(t)
	var b bytes.Buffer
	b.WriteString("# Who may do what\n\nMade from the table of routes by `go test ./cmd/statusd -run rolesAreDocumented -update`. Each role may also do what the roles before it may:\nviewer, responder, admin, owner. A route marked *password* asks for it again if it was typed more than 15 minutes ago.\n\n| route | least role | |\n| --- | --- | --- |\n")
	var rows []string
	for _, r := range w.server.Routes() {
		if r.Audience != server.Staff {
			continue
		}
		role, note := string(r.Role), ""
		if r.Open {
			role = "anybody"
		}
		if r.Sensitive {
			note = "password"
		}
		rows = append(rows, fmt.Sprintf("| `%s` %s | %s | %s |\n", r.Path, r.Method, role, note))
	}
	slices.Sort(rows)
	for _, r := range rows {
		b.WriteString(r)
	}
	const file = "../../docs/roles.md"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil { //nolint:gosec // a document
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("docs/roles.md is not current (%v): run with -update", err)
	}
}
