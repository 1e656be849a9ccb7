package view

import (
	"bytes"
	"cmp"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strings"
	texttemplate "text/template"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/pages"
)

// Mailer puts letters into words: it implements notify.Renderer. There is one
// frame for all letters; what they say is decided here.
type Mailer struct {
	catalog *i18n.Catalog
	html    *htmltemplate.Template
	text    *texttemplate.Template
}

var _ notify.Renderer = (*Mailer)(nil)

// The frames. Their names end in .tmpl because they are not pages: New, which
// reads every */*.html, is to leave them alone.
const (
	frameHTML = "mail/letter.html.tmpl"
	frameText = "mail/letter.txt.tmpl"
)

// NewMailer parses the frames in files, the folder of all templates.
func NewMailer(files fs.FS, catalog *i18n.Catalog) (*Mailer, error) {
	h, err := htmltemplate.New("letter.html.tmpl").Option("missingkey=error").ParseFS(files, frameHTML)
	if err != nil {
		return nil, fmt.Errorf("mail templates: %w", err)
	}
	t, err := texttemplate.New("letter.txt.tmpl").Option("missingkey=error").ParseFS(files, frameText)
	if err != nil {
		return nil, fmt.Errorf("mail templates: %w", err)
	}
	return &Mailer{catalog: catalog, html: h, text: t}, nil
}

// Mail is a letter, ready to print.
type Mail struct {
	Lang, Dir    string
	Subject      string
	Preheader    string // what a mail program shows beside the subject: the news
	Brand        string
	Browser      string // where the same can be read on the page
	BrowserLabel string
	Tag          string // mark, step, effect
	Color        string
	Title        string
	Facts        []string // times; what is affected
	Body         htmltemplate.HTML
	Plain        string // Body as plain text
	Button       Link
	Note         string
	Why          string
	Links        []Link
	Postal       []string
}

// mailText is a Mail as lines of at most 72 characters.
type mailText struct {
	Tag, Title string
	Facts      []string
	Body       string
	Button     string
	Note       string
	Why        string
	Links      []string
	Postal     []string
}

// textWidth: quoted once or twice, such lines still fit 80 columns.
const textWidth = 72

// Letter is the letter of an announcement, with slots for what differs between
// readers.
func (m *Mailer) Letter(d notify.Draft) (notify.Words, error) {
	p := m.printer(d.Page)
	mail := m.mail(d, p)
	var h, t bytes.Buffer
	if err := m.html.Execute(&h, mail); err != nil {
		return notify.Words{}, fmt.Errorf("mail %s: %w", d.Kind, err)
	}
	if err := m.text.Execute(&t, mail.lines(p)); err != nil {
		return notify.Words{}, fmt.Errorf("mail %s: %w", d.Kind, err)
	}
	return notify.Words{Sender: mail.Brand, Subject: mail.Subject, Text: t.String(), HTML: h.String()}, nil
}

func (m *Mailer) printer(page pages.Page) *i18n.Printer {
	return m.catalog.Printer(page.Language, page.Location(), page.Words)
}

// mail decides what a letter says.
func (m *Mailer) mail(d notify.Draft, p *i18n.Printer) Mail {
	l := Mail{
		Lang: p.Lang, Dir: i18n.Direction(p.Lang), Brand: brand(p, d.Page.Name),
		Browser: d.Base + "/", BrowserLabel: p.T("mail.browser"),
		Why: d.Slots.Reason, Postal: postal(d.Page.PostalAddress),
		Links: []Link{
			{Href: d.Slots.Manage, Text: p.T("mail.manage")},
			{Href: d.Slots.Unsubscribe, Text: p.T("mail.unsubscribe")},
		},
	}
	switch d.Kind {
	case notify.KindConfirm:
		l.confirm(d, p)
	case notify.KindFollows:
		l.follows(d, p)
	default:
		l.news(d, p)
	}
	return l
}

func postal(address string) []string {
	var lines []string
	for line := range strings.Lines(address) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func (l *Mail) confirm(d notify.Draft, p *i18n.Printer) {
	l.Subject = p.T("mail.confirm.subject", "Page", d.Page.Name)
	l.Preheader = p.T("mail.confirm.preheader")
	l.Tag, l.Color = p.T("mail.confirm.tag"), colors["ink"]
	l.Title = p.T("mail.confirm.title", "Page", d.Page.Name)
	// Here the reason is the letter: what somebody asked for with this address.
	l.Body, l.Plain = paragraph(d.Slots.Reason), d.Slots.Reason
	l.Button = Link{Href: d.Slots.Confirm, Text: p.T("mail.confirm.button")}
	l.Note = p.T("mail.confirm.note")
	l.Why, l.Links = p.T("mail.confirm.why"), nil
}

func (l *Mail) follows(d notify.Draft, p *i18n.Printer) {
	l.Subject = p.T("mail.follows.subject", "Page", d.Page.Name)
	l.Preheader = p.T("mail.follows.preheader")
	l.Tag, l.Color = p.T("mail.follows.tag"), colors["ink"]
	l.Title = p.T("mail.follows.title", "Page", d.Page.Name)
	l.Plain = p.T("mail.follows.body")
	l.Body = paragraph(l.Plain)
	l.Button = Link{Href: d.Slots.Manage, Text: p.T("mail.manage")}
	l.Links = l.Links[1:]
}

func (l *Mail) news(d notify.Draft, p *i18n.Printer) {
	a := d.Announcement
	l.Browser = d.Base + "/incidents/" + a.IncidentCode
	l.Subject, l.Title = subject(p, a), a.Title
	l.Preheader = cmp.Or(a.Lead, a.Title)
	mark := markOf(a)
	l.Color = colors[mark]
	l.Tag = tag(p, a, mark)
	l.Facts = facts(p, a)
	l.Body, l.Plain = styled(a.HTML), a.Plain
	l.Button = Link{Href: l.Browser, Text: p.T(buttonKey(a))}
	if a.Telling == incidents.TellPostmortem {
		l.Title = cmp.Or(a.Subject, l.Subject)
	}
}

// colors of the marks, as in the style sheet, and of what has no mark.
var colors = map[Mark]string{
	"ok": "#0f7355", "slow": "#855800", "part": "#ae4300", "down": "#b3202e", "maint": "#2b57b0", "none": "#6b726d", "ink": "#181b19",
}

// glyphs of the marks: the same silhouettes as on the page, as letters have them.
var glyphs = map[Mark]string{"ok": "✓", "slow": "▲", "part": "◆", "down": "■", "maint": "⬢", "none": "○"}

// markOf is the worst that the incident says of a component; a check mark only
// when it is over.
func markOf(a incidents.Announcement) Mark {
	switch {
	case a.Telling == incidents.TellPostmortem, a.Telling == incidents.TellMaintenance && !a.State.Done():
		return "maint"
	case a.State.Done():
		return "ok"
	}
	if w := worstOf(a); w != components.Operational {
		return Mark(w.Mark())
	}
	return "none"
}

func worstOf(a incidents.Announcement) components.Status {
	worst := components.Operational
	for _, c := range a.Affected {
		worst = components.Worst(worst, c.Status)
	}
	return worst
}

// subject: the step first, so that a list of subjects tells the story.
func subject(p *i18n.Printer, a incidents.Announcement) string {
	switch {
	case a.Telling == incidents.TellPostmortem && a.Subject != "":
		return a.Subject
	case a.Telling == incidents.TellPostmortem:
		return p.T("mail.subject.postmortem", "Title", a.Title)
	case a.Telling == incidents.TellMaintenance && a.Label == "scheduled" && a.ScheduledFor != nil:
		return p.T("mail.subject.planned", "When", p.Near(*a.ScheduledFor, a.HappenedAt), "Title", a.Title)
	case a.Telling == incidents.TellMaintenance && a.FellBack: // it did not start, it goes on
		return p.T("mail.subject.maintenance.update", "Title", a.Title)
	case a.Telling == incidents.TellMaintenance:
		return p.T("mail.subject.maintenance."+a.Label, "Title", a.Title)
	}
	return p.T("mail.subject", "Step", p.State(a.Label), "Title", a.Title)
}

// tag is mark, step and effect: "■ Investigating · Call routing is down".
func tag(p *i18n.Printer, a incidents.Announcement, mark Mark) string {
	if a.Telling == incidents.TellPostmortem {
		return p.State("postmortem")
	}
	step := p.State(a.Label)
	switch {
	case a.FellBack:
		step = p.T("mail.again", "Step", step)
	case a.Telling == incidents.TellMaintenance:
		step = p.T("mail.maintenance." + a.Label)
	}
	parts := []string{step}
	if e := effect(p, a); e != "" {
		parts = append(parts, e)
	}
	return glyphs[mark] + " " + strings.Join(parts, " · ")
}

func effect(p *i18n.Printer, a incidents.Announcement) string {
	switch {
	case a.Telling == incidents.TellMaintenance:
		if a.Label == "update" {
			return p.T("mail.still." + string(a.State))
		}
		return ""
	case a.State.Done() && a.PageAllWell:
		return p.T("mail.all_well")
	case a.State.Done():
		return ""
	case a.Label == "update":
		return p.T("mail.still." + string(a.State))
	}
	worst := worstOf(a)
	if worst == components.Operational || worst == components.Maintenance {
		return ""
	}
	var names []string
	for _, c := range a.Affected {
		if c.Status == worst {
			names = append(names, c.Name)
		}
	}
	count := len(names)
	if count > maxNamed {
		names = append(names[:2:2], p.T("mail.more", "Count", count-2))
	}
	// The words of the page's headline: a reader who comes from the letter finds them again.
	return p.T("public.headline."+wordsOf(p)+"."+string(worst), "Names", p.List(names), "Count", count)
}

// wordsOf tells plain words from classic ones.
func wordsOf(p *i18n.Printer) string {
	if p.Status("operational") == p.T("status.classic.operational") {
		return "classic"
	}
	return "plain"
}

// facts are the line of times and, below it, what is affected.
func facts(p *i18n.Printer, a incidents.Announcement) []string {
	out := []string{times(p, a)}
	if a.Telling != incidents.TellPostmortem && len(a.Affected) > 0 {
		out = append(out, p.T("mail.affected", "Names", affectedNames(p, a.Affected)))
	}
	return out
}

// maxAffected is how many affected components a letter names.
const maxAffected = 12

// affectedNames are "Group (Component, Component)", as reports of this field
// write it. Components of a group stand together already.
func affectedNames(p *i18n.Printer, cs []incidents.AnnouncedComponent) string {
	rest := 0
	if len(cs) > maxAffected {
		rest = len(cs) - maxAffected + 1
		cs = cs[:len(cs)-rest]
	}
	var names []string
	for len(cs) > 0 {
		n := 1
		for cs[0].Group != "" && n < len(cs) && cs[n].Group == cs[0].Group {
			n++
		}
		var mine []string
		for _, c := range cs[:n] {
			mine = append(mine, c.Name)
		}
		name := mine[0]
		if cs[0].Group != "" {
			name = p.T("mail.group", "Group", cs[0].Group, "Components", strings.Join(mine, ", "))
		}
		names, cs = append(names, name), cs[n:]
	}
	if rest > 0 {
		names = append(names, p.T("mail.more", "Count", rest))
	}
	return p.List(names)
}

// buttonKey is what the one button says.
func buttonKey(a incidents.Announcement) string {
	if a.Telling == incidents.TellMaintenance && a.State == incidents.Scheduled {
		return "mail.button.planned"
	}
	return "mail.button." + string(a.Telling)
}

// Reason is why somebody gets a letter, or what they asked for.
func (m *Mailer) Reason(page pages.Page, kind notify.Kind, f notify.Follows) string {
	p := m.printer(page)
	key := "mail.reason"
	if kind == notify.KindConfirm {
		key = "mail.confirm.asked"
	}
	return p.T(key, "What", followed(p, kind, f))
}

func followed(p *i18n.Printer, kind notify.Kind, f notify.Follows) string {
	switch {
	case f.Everything:
		return p.T("mail.what.everything")
	case len(f.Components) > 2:
		return p.T("mail.what.others", "First", f.Components[0], "Count", len(f.Components)-1)
	case len(f.Components) > 0:
		return p.List(f.Components)
	case f.Title != "":
		return p.T("mail.what.the_incident", "Title", f.Title)
	case kind == notify.KindConfirm, kind == notify.KindFollows:
		return p.T("mail.what.one_incident")
	case kind == notify.Kind(incidents.TellMaintenance):
		return p.T("mail.what.maintenance")
	}
	return p.T("mail.what.incident")
}

// lines is the letter as plain text.
func (l Mail) lines(p *i18n.Printer) mailText {
	wrap := func(s string) string { return strings.TrimRight(markdown.Wrap(s, textWidth), "\n") }
	t := mailText{
		Tag: wrap(l.Tag), Title: wrap(l.Title), Body: wrap(l.Plain), Note: wrap(l.Note), Why: wrap(l.Why),
		Button: wrap(p.T("mail.link", "Label", l.Button.Text, "URL", l.Button.Href)),
	}
	for _, f := range l.Facts {
		t.Facts = append(t.Facts, wrap(f))
	}
	for _, x := range l.Links {
		t.Links = append(t.Links, wrap(p.T("mail.link", "Label", x.Text, "URL", x.Href)))
	}
	for _, line := range l.Postal {
		t.Postal = append(t.Postal, wrap(line))
	}
	return t
}
