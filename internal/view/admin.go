package view

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
)

// AdminPage is a page for staff. It names its template in admin/.
type AdminPage interface{ adminSet() string }

// Admin renders a page for staff.
func (v *Views) Admin(p AdminPage) ([]byte, error) { return v.render("admin/"+p.adminSet(), p) }

// AdminBase is what the frame around every page for staff shows: the menu, who
// is signed in, how many incidents are open, whether mail can leave, and what
// the last act did. Open pages (sign-in, set-up) are Bare: no menu.
type AdminBase struct {
	T        *i18n.Printer
	Title    string // of the document, and the heading where a page has no other
	PageName string
	Here     string // the menu entry that this page belongs to
	Me       string
	Role     auth.Role
	Open     int    // unplanned incidents that are not over
	OpenMark string // the worst of their marks
	Mail     *AdminMail
	Toast    *AdminToast
	Done     string // what the last act did, in words
	Bare     bool
	Focus    bool // on a phone the publish bar stands where the tabs are
}

// CanPost reports whether the person may write incidents.
func (b AdminBase) CanPost() bool { return b.Role.AtLeast(auth.Responder) }

// CanManage reports whether the person may change services, subscribers and settings.
func (b AdminBase) CanManage() bool { return b.Role.AtLeast(auth.Admin) }

// CanOwn reports whether the person may change people and keys.
func (b AdminBase) CanOwn() bool { return b.Role.AtLeast(auth.Owner) }

// Marks are the marks that any page for staff may show.
func (AdminBase) Marks() []string { return []string{"ok", "slow", "part", "down", "maint", "none"} }

// DoneLink is where the sentence of what was done leads; only a page that has just been set up has a place to look at.
func (b AdminBase) DoneLink() *Link {
	if b.Done == "" || b.Done != b.T.T("admin.done.welcome") {
		return nil
	}
	return &Link{Href: "/", Text: b.T.T("admin.done.welcome.link")}
}

// Icon is the file of the tab's icon: a pinned tab tells what is open.
func (b AdminBase) Icon() string {
	if b.Open > 0 {
		return "favicon-" + b.OpenMark + ".svg"
	}
	return "favicon-ok.svg"
}

// AdminMail is the banner that says why no mail leaves.
type AdminMail struct {
	Text AdminSaid
	URL  string // where to put it right, or to read what waits
	Link string
}

// AdminToast is shown while the messages of a post wait for undo. The hold is
// the server's, so it survives a closed tab.
type AdminToast struct {
	Before, After string // what it says, around the seconds
	Over          string // what it says when they are over
	Action        string // undo by POST
	Seconds       int    // that are left
}

// AdminTime is an instant as staff read it, always with its zone.
type AdminTime struct{ ISO, Text string }

// AdminStatus is a component's status: its mark and its word.
type AdminStatus struct {
	Mark, Word string
	Name       string // of the component, where a list names it
}

// AdminOption is one choice of a radio group, list of ticks or select.
type AdminOption struct {
	Value, Label string
	Mark         string // of a status, if the choice is one
	Hint         string
}

func adminStatus(p *i18n.Printer, s components.Status, name string) AdminStatus {
	return AdminStatus{Mark: s.Mark(), Word: p.Status(string(s)), Name: name}
}

// NewAdminStatus words a status.
func NewAdminStatus(p *i18n.Printer, s components.Status) AdminStatus { return adminStatus(p, s, "") }

func adminClock(p *i18n.Printer, t, ref time.Time) AdminTime {
	return AdminTime{ISO: p.ISO(t), Text: p.Near(t, ref)}
}

func adminDay(p *i18n.Printer, t time.Time) AdminTime {
	return AdminTime{ISO: p.ISO(t), Text: p.Date(t)}
}

func adminMaybe(p *i18n.Printer, t *time.Time, ref time.Time) *AdminTime {
	if t == nil {
		return nil
	}
	at := adminClock(p, *t, ref)
	return &at
}

// AdminCount writes a number as the language groups its digits: "1,284".
func AdminCount(p *i18n.Printer, n int) string {
	return message.NewPrinter(language.Make(p.Lang)).Sprint(n)
}

// AdminID is a row id in an address that only staff see.
func AdminID(id int64) string { return strconv.FormatInt(id, 10) }

// AdminPeople is a number of people in words: "1 person", "1,284 people".
func AdminPeople(p *i18n.Printer, n int) string {
	if n == 0 {
		return p.T("admin.people.none")
	}
	return p.T("admin.people", "Count", n, "N", AdminCount(p, n))
}

// AdminDone is the sentence that confirms an act, for the few names that stand
// in the catalogue; a name from elsewhere says nothing.
func AdminDone(p *i18n.Printer, name string) string {
	key := "admin.done." + name
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" || !p.Has(key) {
		return ""
	}
	return p.T(key)
}

// AdminMask hides most of an address from those who may not read it, and keeps
// enough to tell two apart: "d…a@b….example".
func AdminMask(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return adminFirst(address) + "…"
	}
	name, ending := domain, ""
	if dot := strings.LastIndexByte(domain, '.'); dot > 0 {
		name, ending = domain[:dot], domain[dot:]
	}
	masked := adminFirst(local) + "…"
	if n := len([]rune(local)); n > 2 {
		masked += string([]rune(local)[n-1:])
	}
	return masked + "@" + adminFirst(name) + "…" + ending
}

func adminFirst(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// adminHTML takes what package markdown made when the text was saved, or now
// for a preview: it is safe by that package's promise, and by no other's.
func adminHTML(rendered string) template.HTML { return template.HTML(rendered) } //nolint:gosec // see above

// AdminFragment is the answer to the script that previews: a text as the page
// will show it, or what is wrong with it, and whom the post would reach.
type AdminFragment struct {
	HTML   template.HTML
	Filled string // the text with its placeholders filled in
	Next   string // by when the next update is promised, in words
	Wrong  string
	Tell   *AdminTell
}

// With adds what package markdown made of the text.
func (f AdminFragment) With(rendered string) AdminFragment {
	f.HTML = adminHTML(rendered)
	return f
}

// AdminFragment renders the piece alone, without the frame of a page.
func (v *Views) AdminFragment(f AdminFragment) ([]byte, error) {
	var b bytes.Buffer
	if err := v.sets["admin/fragment"].ExecuteTemplate(&b, "main", f); err != nil {
		return nil, fmt.Errorf("view admin/fragment: %w", err)
	}
	return b.Bytes(), nil
}
