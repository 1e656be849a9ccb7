package notify_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

// house is a page with everything that tells: subscribers, outbox, courier.
type house struct {
	*statustest.Site
	subs    *notify.Subscribers
	outbox  *notify.Outbox
	courier *notify.Courier
	press   notify.Press
}

var key = []byte("thirty-two bytes for test links.")

const base = "https://status.example.com"

// furnish builds the telling half on a site. server is where mail goes; nil
// for nowhere.
func furnish(s *statustest.Site, server *notify.SMTP) *house {
	s.T.Helper()
	h := &house{Site: s, press: newPress(s.T)}
	h.subs = &notify.Subscribers{DB: s.DB, Key: key, Log: s.Log}
	h.outbox = &notify.Outbox{DB: s.DB, Press: h.press, SMTP: server}
	h.courier = h.another("node", server)
	s.Desk.Announce = h.outbox
	return h
}

func newPress(t testing.TB) notify.Press {
	t.Helper()
	p, err := makePress()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func makePress() (notify.Press, error) {
	catalog, err := i18n.Load(os.DirFS("../../web/locales"))
	if err != nil {
		return notify.Press{}, err
	}
	mailer, err := view.NewMailer(os.DirFS("../../web/templates"), catalog)
	return notify.Press{Renderer: mailer, Base: func(pages.Page) string { return base }, Key: key}, err
}

// another is a second courier, on a node of that name.
func (h *house) another(node string, server *notify.SMTP) *notify.Courier {
	return &notify.Courier{DB: h.DB, Press: h.press, SMTP: server, Node: node, Log: h.Log, Now: h.Clock.Now}
}

// smtpOf is the configuration of a test server.
func smtpOf(t testing.TB, m *statustest.Mail) *notify.SMTP {
	t.Helper()
	c, err := notify.ParseSMTPURL(m.URL())
	if err != nil {
		t.Fatal(err)
	}
	return &notify.SMTP{Config: c, Hello: "status.example.com", Roots: m.Roots()}
}

func (h *house) ok(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

// once lets the courier do all it can.
func (h *house) once() notify.Did {
	h.T.Helper()
	did, err := h.courier.Once(h.T.Context())
	h.ok(err)
	return did
}

// follow makes confirmed subscribers a1@, a2@ … of everything.
func (h *house) follow(n int) {
	h.T.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d@reader.example\n", i+1)
	}
	got, err := h.subs.Import(h.T.Context(), h.Staff, h.Page.ID, strings.NewReader(b.String()), "asked in a test")
	h.ok(err)
	if got.Added != n {
		h.T.Fatalf("imported %+v, want %d added", got, n)
	}
}

// only makes one confirmed subscriber with preferences.
func (h *house) only(email string, p notify.Preferences, incident string) notify.Subscriber {
	h.T.Helper()
	ctx := h.T.Context()
	h.ok(h.subs.Ask(ctx, notify.Ask{Page: h.Page.ID, Email: email, Preferences: p, Incident: incident, Client: email}))
	var code string
	h.ok(h.DB.Read(ctx).Raw(`select code from subscribers where address = ?`, email).Scan(&code).Error)
	sub, err := h.subs.Confirm(ctx, h.Page.ID, h.subs.Token(notify.PurposeConfirm, notify.Subscriber{Code: code, Generation: h.generation(code)}))
	h.ok(err)
	return sub
}

func (h *house) generation(code string) (n int) {
	h.T.Helper()
	h.ok(h.DB.Read(h.T.Context()).Raw(`select generation from subscribers where code = ?`, code).Scan(&n).Error)
	return n
}

// afterHold moves the clock behind the page's hold.
func (h *house) afterHold() { h.Clock.Advance(h.Page.Hold() + time.Second) }

// states counts the deliveries of news by state.
func (h *house) states() map[string]int {
	h.T.Helper()
	var rows []struct {
		State string
		N     int
	}
	h.ok(h.DB.Read(h.T.Context()).Raw(`select d.state, count(*) as n from deliveries d join announcements a on a.id = d.announcement_id where a.kind <> 'confirm' group by d.state order by d.state`).Scan(&rows).Error)
	m := map[string]int{}
	for _, r := range rows {
		m[r.State] = r.N
	}
	return m
}

// exec changes the database behind everybody's back.
func (h *house) exec(sql string, args ...any) {
	h.T.Helper()
	h.ok(h.DB.Private(context.Background(), func(tx *db.Tx) error { return tx.Exec(sql, args...).Error }))
}
