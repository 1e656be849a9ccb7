package view

import (
	"strings"
	"time"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
)

// NewAdminMail says why no mail leaves, most important first; nil when it does.
func NewAdminMail(p *i18n.Printer, s notify.Status, now time.Time) *AdminMail {
	switch {
	case !s.SMTPConfigured:
		return &AdminMail{Text: adminSaid(p, "admin.mail.off"), URL: "/admin/outbox", Link: p.T("admin.mail.read")}
	case !s.MailReady:
		return &AdminMail{Text: adminSaid(p, "admin.mail.sender"), URL: "/admin/settings#mail", Link: p.T("admin.mail.settings")}
	case s.Paused != "":
		return &AdminMail{Text: adminSaid(p, "admin.mail.paused", "Answer", s.Paused, "At", adminClock(p, s.NextTry, now)), URL: "/admin/outbox", Link: p.T("admin.mail.read")}
	}
	return nil
}

// NewAdminToast offers to undo an update whose messages are held. off: mail is
// not set up, so it promises no telling.
func NewAdminToast(p *i18n.Printer, update string, people int, off bool, due, now time.Time) *AdminToast {
	return adminToast(p, "/admin/updates/"+update+"/undo", people, off, due, now)
}

// NewAdminLetterToast offers to stop the letter about a postmortem.
func NewAdminLetterToast(p *i18n.Printer, incident string, people int, off bool, due, now time.Time) *AdminToast {
	return adminToast(p, "/admin/incidents/"+incident+"/postmortem/undo", people, off, due, now)
}

func adminToast(p *i18n.Printer, action string, people int, off bool, due, now time.Time) *AdminToast {
	t := &AdminToast{Action: action, Seconds: adminSeconds(due, now), Over: p.T("admin.toast.over")}
	if t.Seconds == 0 {
		return nil
	}
	key := "admin.toast"
	switch {
	case people == 0:
		key = "admin.toast.none"
	case off:
		key = "admin.toast.off"
	}
	t.Before, t.After, _ = strings.Cut(p.T(key, "People", AdminPeople(p, people), "Seconds", "\x00"), "\x00")
	return t
}

func adminSeconds(due, now time.Time) int {
	return max(0, int(due.Sub(now).Round(time.Second)/time.Second))
}

// AdminTold says in a few words whom an update reached. announced: it was to
// be told at all; off: mail is not set up.
func AdminTold(p *i18n.Printer, u incidents.Update, t notify.Told, announced, off bool, now time.Time) string {
	n := AdminPeople(p, t.Recipients)
	switch {
	case !announced && u.Notify:
		return ""
	case !announced:
		return p.T("admin.told.nobody")
	case t.Cancelled && t.Sent == 0:
		return p.T("admin.told.stopped")
	case t.Recipients == 0 && t.Sent+t.Waiting+t.Failed == 0:
		return p.T("admin.told.none")
	case off && (t.Held || t.Waiting > 0):
		return p.T("admin.told.off")
	case t.Held:
		if s := adminSeconds(t.DueAt, now); s > 0 {
			return p.T("admin.told.held", "People", n, "Seconds", s)
		}
		return p.T("admin.told.leaving")
	case t.Waiting > 0:
		return p.T("admin.told.sending", "Sent", AdminCount(p, t.Sent), "People", n)
	case t.Failed > 0:
		return p.T("admin.told.failed", "Sent", AdminCount(p, t.Sent), "People", n)
	}
	return p.T("admin.told.sent", "People", AdminPeople(p, t.Sent))
}

// AdminOutbox is /admin/outbox: what has not left, and why.
type AdminOutbox struct {
	AdminBase
	State   []AdminNote
	Tiles   []AdminTile
	Waiting []AdminDelivery
	Failed  []AdminDelivery
	Older   string
	First   bool
}

func (AdminOutbox) adminSet() string { return "outbox" }

// AdminDelivery is one letter to one reader.
type AdminDelivery struct {
	URL, Address string
	What         string
	Answer       string // the mail server's last word
	Due          AdminTime
}

// NewAdminDelivery words a delivery.
func NewAdminDelivery(p *i18n.Printer, d notify.Delivery, now time.Time) AdminDelivery {
	a := AdminDelivery{URL: "/admin/outbox/" + AdminID(d.ID), Address: d.Address, What: p.T("telling." + string(d.Telling)), Due: adminClock(p, d.DueAt, now)}
	if d.Title != "" {
		a.What += ": " + d.Title
	}
	switch {
	case d.Answer != "" && d.Attempts == 0: // refused for a reason that is not the reader's
		a.Answer = p.T("admin.outbox.waits", "Answer", d.Answer)
	case d.Answer != "":
		a.Answer = p.T("admin.outbox.answer", "Count", d.Attempts, "Answer", d.Answer)
	}
	return a
}

// AdminOutboxState says how the outbox is doing.
func AdminOutboxState(p *i18n.Printer, s notify.Status, now time.Time) []AdminNote {
	if m := NewAdminMail(p, s, now); m != nil {
		return []AdminNote{{Mark: "slow", Text: m.Text}}
	}
	if s.Ready+s.Leased+s.Held == 0 {
		return []AdminNote{{Mark: "ok", Text: adminSaid(p, "admin.outbox.empty")}}
	}
	return []AdminNote{{Mark: "ok", Text: adminSaid(p, "admin.outbox.works")}}
}

// AdminOutboxTiles are the numbers of the outbox.
func AdminOutboxTiles(p *i18n.Printer, s notify.Status) []AdminTile {
	return []AdminTile{
		{p.T("admin.outbox.held"), AdminCount(p, s.Held)},
		{p.T("admin.outbox.waiting"), AdminCount(p, s.Ready)},
		{p.T("admin.outbox.leased"), AdminCount(p, s.Leased)},
		{p.T("admin.outbox.failed"), AdminCount(p, s.Failed)},
	}
}

// AdminLetter is /admin/outbox/{id}: a letter as its reader would get it.
type AdminLetter struct {
	AdminBase
	From, To, Subject string
	Lines             []AdminLine
	Delivery          AdminDelivery
}

func (AdminLetter) adminSet() string { return "letter" }

// AdminLine is a piece of a letter's text; one with a URL is a link.
type AdminLine struct{ Text, URL string }
