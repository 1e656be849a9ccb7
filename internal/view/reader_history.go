package view

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// HistoryPage is the newest three months that have something to tell, quiet
// months between them merged, and the way to all others.
type HistoryPage struct {
	Base
	Find   Finder
	Months []Month
	Years  []Year
	Moment Moment
	Hook   template.HTML
}

// MonthPage is one month.
type MonthPage struct {
	Base
	Hook           template.HTML
	Month          Month
	Earlier, Later *Link
}

// Month is a month's list.
type Month struct {
	ID, Name, Href string
	Summary        string // "2 incidents · 49 min of trouble"
	Days           []PastDay
	Cut            string // "All 120 of May 2018" where only the newest are shown
}

// Year is a row of links to months, newest first.
type Year struct {
	Name   string
	Months []MonthLink
}

// MonthLink is one of them.
type MonthLink struct {
	Link
	Count string // how many incidents and maintenances
}

// Row is an incident or maintenance in a list.
type Row struct {
	State  State // Word is empty where nobody said how bad it was
	Href   string
	Title  string
	Lang   string // of the title, where that is not the page's
	Text   []Piece
	Found  []Piece // instead of Text: the passage that somebody looked for
	When   []Piece // from when to when, or since when; of what is planned, for when
	Notes  []Piece
	Report *Link // to the postmortem
}

const (
	newestMonths = 3
	maxRowNames  = 3
)

// MostMonthRows is how many of a month stand on /history; the month's own page
// has all of them.
const MostMonthRows = 50

// History renders the newest three months with something to tell, and links to
// all of them. props is for programs, see hook.
func (v *Views) History(s *snapshot.Snapshot, props []byte) ([]byte, error) {
	r := v.reader(s)
	page := HistoryPage{Base: r.base(r.p.T("public.history.title"), "/history"), Months: r.newest(), Years: r.years(), Moment: r.moment("/", "page"), Hook: hook(props)}
	page.Here, page.Forms, page.Find = "/history", true, r.finder(SearchForm{})
	return v.render("public/history", page)
}

// HistoryPaged renders three months, quiet or not, as programs leaf through the
// history. It is no page for search engines: each month has one of its own.
func (v *Views) HistoryPaged(s *snapshot.Snapshot, n int, months []snapshot.Month, props []byte) ([]byte, error) {
	r := v.reader(s)
	page := HistoryPage{Base: r.base(r.p.T("public.history.title"), ""), Years: r.years(), Moment: r.moment("/", "page"), Hook: hook(props)}
	page.Here, page.Forms, page.Find = "/history", true, r.finder(SearchForm{})
	page.Languages = r.languages(url.Values{"page": {strconv.Itoa(n)}})
	for _, m := range months {
		page.Months = append(page.Months, r.month(m, MostMonthRows))
	}
	return v.render("public/history", page)
}

// hook is what programs know a history page by (CONTRACT 3). They search it with
// an expression: these two attributes alone, in this order, and &quot; where
// html/template would write &#34;. props is JSON as encoding/json writes it, in
// which a quote is all that an attribute has to fear.
func hook(props []byte) template.HTML {
	text := strings.NewReplacer("&", "&amp;", `"`, "&quot;").Replace(string(props))
	return template.HTML(`<div data-react-class="HistoryIndex" data-react-props="` + text + `"></div>`) //nolint:gosec // see above
}

// newest are the months down to the third with something to tell. Runs of quiet
// ones are one entry: nobody scrolls through eight years of nothing.
func (r *reader) newest() []Month {
	var out []Month
	var quiet []snapshot.Month // newest first
	told := 0
	flush := func() {
		if len(quiet) == 0 {
			return
		}
		newest, oldest := quiet[0], quiet[len(quiet)-1]
		m := Month{ID: "m" + newest.Key, Name: r.p.Month(newest.From), Href: "/history/" + newest.Key}
		if len(quiet) > 1 {
			m.Href, m.Name = "", r.p.T("public.month.range", "From", r.p.Month(oldest.From), "To", r.p.Month(newest.From))
		}
		out, quiet = append(out, m), nil
	}
	for _, key := range r.monthKeys() {
		m, ok := r.s.MonthOf(key)
		if !ok {
			continue
		}
		page := r.month(m, MostMonthRows)
		if len(page.Days) == 0 {
			quiet = append(quiet, m)
			continue
		}
		flush()
		out = append(out, page)
		if told++; told == newestMonths {
			return out
		}
	}
	flush()
	return out
}

// HistoryMonth renders one month, which the caller has from s.MonthOf.
func (v *Views) HistoryMonth(s *snapshot.Snapshot, m snapshot.Month, props []byte) ([]byte, error) {
	r := v.reader(s)
	name := r.p.Month(m.From)
	page := MonthPage{Base: r.base(r.p.T("public.month.title", "Month", name), "/history/"+m.Key), Month: r.month(m, len(m.Incidents)), Hook: hook(props)}
	page.Here = "/history"
	page.Earlier = r.monthLink(m.From.AddDate(0, -1, 0))
	page.Later = r.monthLink(m.From.AddDate(0, 1, 0))
	return v.render("public/month", page)
}

// monthKeys are the months from now back to the first there is something to
// say about.
func (r *reader) monthKeys() []string {
	now := r.s.BuiltAt.In(r.s.Zone)
	first := r.s.FirstMonth()
	var keys []string
	for m := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, r.s.Zone); ; m = m.AddDate(0, -1, 0) {
		key := r.p.MonthKey(m)
		if key < first || len(keys) == maxMonths {
			return keys
		}
		keys = append(keys, key)
	}
}

// maxMonths bounds the links to months: a report that was back-dated by a slip
// to the year 1 must not make a page of 24,000 links.
const maxMonths = 100 * 12

// years are links to the months with something to tell, newest first.
func (r *reader) years() []Year {
	count := map[string]int{}
	for _, i := range r.s.Incidents {
		if history(i) {
			count[r.p.MonthKey(i.Shown())]++
		}
	}
	var ys []Year
	for _, key := range r.monthKeys() {
		m, err := time.Parse("2006-01", key)
		if err != nil || count[key] == 0 {
			continue
		}
		if year := strconv.Itoa(m.Year()); len(ys) == 0 || ys[len(ys)-1].Name != year {
			ys = append(ys, Year{Name: year})
		}
		link := MonthLink{Link: Link{Href: "/history/" + key, Text: r.p.MonthName(m.Month())}, Count: strconv.Itoa(count[key])}
		ys[len(ys)-1].Months = append(ys[len(ys)-1].Months, link)
	}
	return ys
}

func (r *reader) monthLink(t time.Time) *Link {
	if _, ok := r.s.MonthOf(r.p.MonthKey(t)); !ok {
		return nil
	}
	return &Link{Href: "/history/" + r.p.MonthKey(t), Text: r.p.Month(t)}
}

// history reports whether an incident belongs into it: what is only planned
// is no history yet and stands on the status page.
func history(i *snapshot.Incident) bool { return i.State != incidents.Scheduled }

func (r *reader) month(m snapshot.Month, most int) Month {
	out := Month{ID: "m" + m.Key, Name: r.p.Month(m.From), Href: "/history/" + m.Key}
	all := slices.DeleteFunc(slices.Clone(m.Incidents), func(i *snapshot.Incident) bool { return !history(i) })
	out.Summary = r.monthSummary(all)
	if len(all) > most {
		out.Cut = r.p.T("public.month.cut", "Count", len(all), "Month", out.Name)
		all = all[:most]
	}
	for _, i := range all {
		day := r.day(i.Shown())
		if len(out.Days) == 0 || out.Days[len(out.Days)-1].Day != day {
			out.Days = append(out.Days, PastDay{Day: day})
		}
		last := &out.Days[len(out.Days)-1]
		last.Rows = append(last.Rows, r.row(i, i.Shown(), true))
	}
	return out
}

// monthSummary is "2 incidents · 1 maintenance · 49 min of trouble". While one
// of them is open there is no telling how long the trouble was.
func (r *reader) monthSummary(all []*snapshot.Incident) string {
	var unplanned []*snapshot.Incident
	for _, i := range all {
		if i.Kind == incidents.KindIncident {
			unplanned = append(unplanned, i)
		}
	}
	parts := ""
	add := func(s string) { parts = join(parts, s) }
	if n := len(unplanned); n > 0 {
		add(r.p.T("public.month.incidents", "Count", n))
	}
	if n := len(all) - len(unplanned); n > 0 {
		add(r.p.T("public.month.maintenances", "Count", n))
	}
	if d, ok := trouble(unplanned); ok && d > 0 {
		add(r.p.T("public.month.trouble", "Duration", r.p.Duration(d)))
	}
	return parts
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " · " + b
}

// trouble is how long at least one of the incidents went on: what ran at the
// same time counts once. False while one is open.
func trouble(all []*snapshot.Incident) (time.Duration, bool) {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b *snapshot.Incident) int { return a.StartedAt.Compare(b.StartedAt) })
	var sum time.Duration
	var until time.Time
	for _, i := range sorted {
		if i.ResolvedAt == nil {
			return 0, false
		}
		from := i.StartedAt
		if from.Before(until) {
			from = until
		}
		if i.ResolvedAt.After(from) {
			sum += i.ResolvedAt.Sub(from)
			until = *i.ResolvedAt
		}
	}
	return sum, true
}

// row is an incident in a list, under a heading that already says the day of
// ref. In the history it counts services and updates, on the status page it
// names the first services.
func (r *reader) row(i *snapshot.Incident, ref time.Time, counts bool) Row {
	u := i.Latest()
	row := Row{
		State: r.rowState(i), Href: r.reportPath(i), Title: i.Title, Lang: r.as(i.Translated),
		Text: r.sentence("public.row.text", "State", r.p.State(string(u.State)), "Text", apart(lead(u.Plain, leadLength), r.as(u.Translated))),
	}
	from, ok := began(i)
	if !ok {
		from = i.Shown()
	}
	until := i.ResolvedAt
	if i.State == incidents.Scheduled {
		until = i.ScheduledUntil
	}
	switch {
	case until != nil:
		row.When = r.sentence("public.range", "From", r.near(from, ref), "To", r.near(*until, from))
	case i.State == incidents.Scheduled:
		row.When = []Piece{r.near(from, ref).piece()}
	default:
		row.When = r.sentence("public.since", "Time", r.near(from, ref))
	}
	row.Notes = r.notes(i, counts)
	if i.Postmortem != nil {
		row.Report = &Link{Href: row.Href + "#postmortem", Text: r.p.State("postmortem")}
	}
	return row
}

func (r *reader) notes(i *snapshot.Incident, counts bool) []Piece {
	var ns []Piece
	if n := len(i.Affected); n > 0 {
		note := Piece{Text: r.p.T("public.services.count", "Count", n)}
		if !counts || n == 1 {
			note = Piece{Text: r.firstNames(i.Affected), Lang: r.asNamed(i.Affected)}
		}
		ns = append(ns, note)
	}
	if counts {
		ns = append(ns, Piece{Text: r.p.T("public.updates.count", "Count", len(i.Updates))})
	}
	return ns
}

// asNamed is the language of a list of names; the reader's as soon as one of
// them is translated.
func (r *reader) asNamed(as []snapshot.Affected) string {
	return r.as(slices.ContainsFunc(as, func(a snapshot.Affected) bool { return a.Translated }))
}

// firstNames is "Call routing, Dashboard and 3 more".
func (r *reader) firstNames(as []snapshot.Affected) string {
	var names []string
	for _, a := range as {
		names = append(names, fullName(a))
	}
	if len(names) <= maxRowNames {
		return r.p.List(names)
	}
	return r.p.T("public.services.more", "A", names[0], "B", names[1], "Count", len(names)-2)
}

func (r *reader) rowState(i *snapshot.Incident) State {
	if i.Kind == incidents.KindMaintenance {
		return State{Mark: r.mark("maint"), Word: r.p.T("public.planned")}
	}
	s := worst(i)
	if i.Open() {
		s = cmp.Or(r.effect(i), s)
	}
	if s == "" {
		return State{Mark: r.mark("none")}
	}
	return r.status(s)
}
