package view

import (
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// Base is what the frame around every page for readers shows.
type Base struct {
	T           *i18n.Printer
	Lang, Dir   string
	Title       string // of the document: the news first, then whose page it is
	Brand       string // "CallRail status"
	Description string // one sentence for link previews and search engines
	Canonical   string // absolute; empty for pages that have no lasting address
	Feeds       []FeedLink
	Favicon     string // the file of the worst state's mark: a pinned tab tells the state by its shape
	Here        string // the menu entry that this page is, as its path
	Zone        string // the sentence that says in which zone times are
	Support     string
	AsOf        []Piece // said while the database is away: for which moment the picture is true
	Forms       bool    // the page needs the styles of forms, calendars and charts
	Uptime      bool    // the page shows uptime
	Maintenance bool    // there is some
	Stood       []Piece // said on the page as it stood at a moment
	Now         string  // where the page of now is, beside Stood
	Tag         string  // of the picture, for the script that notices the next
	NoIndex     bool
	Early       bool   // the page asks for its style sheet itself, below what is seen first
	Address     string // absolute, in no language; empty for pages that have no lasting address
	Languages   []LanguageLink
	Share       *Share

	marks markSet
	kept  string
}

// Marks are the marks that this page uses, each once, so that it carries no other.
func (b Base) Marks() []Mark {
	var out []Mark
	for _, m := range allMarks {
		if b.marks[m] {
			out = append(out, m)
		}
	}
	return out
}

// FeedLink is a feed as <head> and the foot of the page name it.
type FeedLink struct{ Name, Type, Title, Href, Path string }

// Mark is the short name of a state's silhouette: ok, slow, part, down, maint, none.
type Mark string

var allMarks = [...]Mark{"ok", "slow", "part", "down", "maint", "none"}

type markSet map[Mark]bool

// Time is a moment as <time datetime> needs it, and as a person reads it, always with its zone.
type Time struct{ ISO, Text string }

// State is a mark with its word: no state is told by shape or colour alone.
type State struct {
	Mark Mark
	Word string
}

// Link is an address with its words.
type Link struct {
	Href, Text string
	Lang       string // of the text, where that is not the page's
}

// reader makes the parts of one page. It is made anew for each rendering.
type reader struct {
	s     *snapshot.Snapshot
	p     *i18n.Printer
	words string // plain or classic
	used  markSet

	catalog *i18n.Catalog
	said    map[components.Status]string // the words of statuses that were said already: there may be a thousand components
	quiet   string                       // what strips without a problem say, once it was said
}

// Printer speaks as a page does: in its language and zone, with its choice of words.
func (v *Views) Printer(s *snapshot.Snapshot) *i18n.Printer {
	return v.catalog.Printer(s.Page.Language, s.Zone, s.Page.Words)
}

func (v *Views) reader(s *snapshot.Snapshot) *reader {
	words := "plain"
	if s.Page.Words == "classic" {
		words = "classic"
	}
	return &reader{s: s, p: v.Printer(s), words: words, used: markSet{}, said: map[components.Status]string{}, catalog: v.catalog}
}

// base makes the frame of a page. news is what its title says before the
// page's name; path is its lasting address, empty if it has none.
func (r *reader) base(news, path string) Base {
	now := r.headline()
	b := Base{
		T: r.p, Lang: r.p.Lang, Dir: i18n.Direction(r.p.Lang), Languages: r.languages(nil),
		Title: title(r.p, news, brand(r.p, r.s.Page.Name)), Brand: brand(r.p, r.s.Page.Name),
		Feeds: r.feeds(), Favicon: "favicon-" + string(now.Mark) + ".svg",
		Zone: r.zone(), Support: support(r.s.Page.SupportURL), NoIndex: path == "" || r.s.Page.HideFromSearch, Uptime: r.s.Page.ShowUptime, Tag: r.s.Tag(),
		Share: r.share(path), Description: now.Text,
		marks: r.used, kept: kept(r.s, r.p),
	}
	b.Maintenance = hasMaintenance(r.s)
	if !r.s.Stood.IsZero() {
		r.asItStood(&b, news, path)
		return b
	}
	if path != "" {
		b.Address = r.s.Page.BaseURL + path
		b.Canonical = b.Address
		if b.kept != "" {
			b.Canonical += "?lang=" + b.kept
		}
	}
	if !r.s.AsOf.IsZero() {
		b.AsOf = r.sentence("public.asof", "Time", r.stamp(r.s.AsOf))
	}
	return b
}

// brand is the page's name as a reader sees it; a name that already says
// "status" does not say it twice.
func brand(p *i18n.Printer, name string) string {
	switch {
	case name == "":
		return p.T("public.brand.none")
	case strings.HasSuffix(strings.ToLower(name), "status"):
		return name
	}
	return p.T("public.brand", "Name", name)
}

func title(p *i18n.Printer, news, brand string) string {
	return p.T("public.title", "News", news, "Brand", brand)
}

// feeds: the titles are those by which readers of other status pages know
// them (CONTRACT 3).
func (r *reader) feeds() []FeedLink {
	name := r.s.Page.Name + " Status"
	feeds := []FeedLink{
		{Name: "Atom", Type: "application/atom+xml", Title: name + " History - Atom Feed", Path: "/history.atom"},
		{Name: "RSS", Type: "application/rss+xml", Title: name + " History - RSS Feed", Path: "/history.rss"},
		{Name: "JSON Feed", Type: "application/feed+json", Title: name + " History - JSON Feed", Path: "/feed.json"},
		{Name: r.p.T("public.nav.calendar"), Type: "text/calendar", Title: name + " - " + r.p.T("public.nav.calendar"), Path: "/maintenance.ics"},
	}
	for n := range feeds {
		feeds[n].Href = r.s.Page.BaseURL + feeds[n].Path
	}
	return feeds
}

// zone is "Times are in America/New_York (EDT, UTC−4).", with the label that
// is right when the picture was made.
func (r *reader) zone() string {
	_, seconds := r.s.BuiltAt.In(r.s.Zone).Zone()
	label, offset := r.p.ZoneLabel(r.s.BuiltAt), i18n.Offset(seconds)
	if label != offset {
		offset = label + ", " + offset
	}
	name := r.s.Zone.String()
	if seconds == 0 && label == "UTC" && (name == "UTC" || strings.HasSuffix(name, "/UTC")) {
		return r.p.T("public.zone.utc")
	}
	return r.p.T("public.zone", "Zone", name, "Offset", offset)
}

// support is the address to ask for help, if it is one that a link may have.
func support(address string) string {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"https", "http", "mailto"}, u.Scheme) {
		return ""
	}
	return address
}

// mark notes that the page uses a mark.
func (r *reader) mark(m Mark) Mark {
	r.used[m] = true
	return m
}

// status is a component's status in mark and word.
func (r *reader) status(s components.Status) State {
	word, said := r.said[s]
	if !said {
		word = r.p.Status(string(s))
		r.said[s] = word
	}
	return State{Mark: r.mark(Mark(s.Mark())), Word: word}
}

// near is a moment as short as it can be beside others of the day of ref.
func (r *reader) near(t, ref time.Time) Time {
	return Time{ISO: r.p.ISO(t), Text: r.p.Near(t, ref)}
}

// stamp is a full time: "May 14, 2018 - 14:08 EDT".
func (r *reader) stamp(t time.Time) Time { return Time{ISO: r.p.ISO(t), Text: r.p.Stamp(t)} }

// safe marks text as HTML. It is used for what package markdown made, which is
// safe by its own two locks, and for nothing else.
func safe(html string) template.HTML { return template.HTML(html) } //nolint:gosec // see above

func incidentPath(code string) string { return "/incidents/" + url.PathEscape(code) }

// monthPath is the address of the month of an instant; empty while that month
// lies ahead, where there is no such page.
func (r *reader) monthPath(t time.Time) string {
	if key := r.p.MonthKey(t); key <= r.p.MonthKey(r.s.BuiltAt) {
		return "/history/" + key
	}
	return ""
}

// began is when an incident or maintenance really began; false while it did not.
func began(i *snapshot.Incident) (time.Time, bool) {
	if i.Kind != incidents.KindMaintenance {
		return i.StartedAt, true
	}
	for n := len(i.Updates) - 1; n >= 0; n-- {
		if i.Updates[n].State != incidents.Scheduled {
			return i.Updates[n].HappenedAt, true
		}
	}
	return time.Time{}, false
}
