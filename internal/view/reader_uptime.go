package view

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
)

// Strip is ninety days of a service in one drawing and one link. What is not
// quiet adds a path; the quiet days are one shared symbol.
type Strip struct {
	Code    string // of the service: programs that want its days find it here (CONTRACT 3)
	Href    string
	Label   string // the whole story for those who do not see it
	Percent string
	Bars    []Bar
	From    int // days at the beginning without data
}

// Bar is a path of a strip. Title is what happened on its day; empty for tracks.
type Bar struct {
	Class, D, Title string
}

const stripDays = 90

// quietDays is the shared drawing of ninety days without problems.
var quietDays = "M.5 4v24" + strings.Repeat("m1-24v24", stripDays-1)

// strip is nil for a service whose uptime is not shown.
func (r *reader) strip(c snapshot.Component) *Strip {
	if !r.s.Page.ShowUptime || !c.Showcase || !r.s.Stood.IsZero() {
		return nil
	}
	from, to := r.s.LastDays(stripDays)
	var days []components.Day
	var all components.Tally // the days begin where they do, so they sum to the whole
	if r.s.Quiet(c, from, to) {
		all[components.Operational.Rank()] = to.Sub(from)
	} else {
		days = r.s.Days(c, from, to)
	}
	s := &Strip{Code: c.Code, Href: uptimePath(c.Code)}
	var track strings.Builder
	troubled := 0
	for n, d := range days {
		all = all.Plus(d.Tally)
		switch worst, lasted := d.Tally.Trouble(); {
		case d.Tally.Known() == 0:
			s.From = n + 1 // only days before the beginning can be unknown
		case worst != components.Operational:
			fmt.Fprintf(&track, "M%d.5 4v24", n)
			s.Bars = append(s.Bars, bar(n, worst, lasted, r.dayTitle(c, d, worst, lasted)))
			if worst != components.Maintenance {
				troubled++
			}
		}
	}
	problems := r.finish(s, track.String(), all, troubled)
	s.Label = r.p.T("public.strip.label", "Name", c.Name, "Percent", s.Percent, "Problems", problems)
	return s
}

// groupStrip is the strip of a group: each day has the worst that happened to
// one of its services, and the height of the longest. It leads nowhere: the days
// in words are those of the services.
func (r *reader) groupStrip(name string, cs []snapshot.Component) *Strip {
	from, to := r.s.LastDays(stripDays)
	var sums [stripDays]components.Tally
	var longest [stripDays]time.Duration
	var titles [stripDays][]string
	for _, c := range cs {
		for n, d := range r.s.Days(c, from, to) {
			sums[n] = sums[n].Plus(d.Tally)
			if worst, lasted := d.Tally.Trouble(); worst != components.Operational {
				longest[n] = max(longest[n], lasted)
				titles[n] = append(titles[n], c.Name+": "+r.dayTitle(c, d, worst, lasted))
			}
		}
	}
	s := &Strip{}
	var track strings.Builder
	var all components.Tally
	troubled := 0
	for n, sum := range sums {
		all = all.Plus(sum)
		switch worst, _ := sum.Trouble(); {
		case sum.Known() == 0:
			s.From = n + 1
		case worst != components.Operational:
			fmt.Fprintf(&track, "M%d.5 4v24", n)
			s.Bars = append(s.Bars, bar(n, worst, longest[n], strings.Join(titles[n], "\n")))
			if worst != components.Maintenance {
				troubled++
			}
		}
	}
	problems := r.finish(s, track.String(), all, troubled)
	s.Label = name + ": " + s.Percent + ", " + problems
	return s
}

// finish adds to a strip what lies under its bars, and the figure; and it says in
// words on how many days there were problems.
func (r *reader) finish(s *Strip, track string, all components.Tally, troubled int) (problems string) {
	if track != "" {
		s.Bars = slices.Insert(s.Bars, 0, Bar{Class: "x", D: track})
	}
	if s.From > 0 {
		s.Bars = slices.Insert(s.Bars, 0, Bar{Class: "none", D: "M.5 4v24" + strings.Repeat("m1-24v24", s.From-1)})
	}
	s.Percent = r.percent(all)
	if troubled == 0 {
		r.quiet = cmp.Or(r.quiet, r.p.T("public.strip.quiet"))
		problems = r.quiet
	} else {
		problems = r.p.T("public.strip.problems", "Count", troubled)
	}
	return problems
}

// bar is the fill of a day: its height grows with the length of the problem,
// and maintenance hangs from the top.
func bar(n int, worst components.Status, lasted time.Duration, title string) Bar {
	h := max(8, int(math.Round(24*math.Sqrt(min(1, lasted.Minutes()/480)))))
	at := 28
	if worst == components.Maintenance {
		at = 4 + h
	}
	return Bar{Class: worst.Mark(), D: fmt.Sprintf("M%d.5 %dv-%d", n, at, h), Title: title}
}

// dayTitle is what happened on a day, and the incidents that explain it.
func (r *reader) dayTitle(c snapshot.Component, d components.Day, worst components.Status, lasted time.Duration) string {
	title := r.p.T("public.day."+r.words+"."+string(worst), "Lasted", r.p.Duration(lasted))
	for _, i := range r.s.IncidentsOn(c, d) {
		title += "\n" + i.Title
	}
	return title
}

// figure is the uptime of services together: "99.97%", "100%" only where nothing
// was down, or "–" where less than a day is known of them, for 0 % of the first
// ten minutes says nothing.
func (r *reader) figure(from, to time.Time, cs ...snapshot.Component) string {
	return r.percent(r.s.Tally(from, to, cs...))
}

func (r *reader) percent(t components.Tally) string {
	p, ok := t.Uptime(r.s.Page.Weights)
	if !ok || t.Known() < 24*time.Hour {
		return r.p.T("public.percent.none")
	}
	return r.p.Percent(int(p))
}

func uptimePath(code string) string { return "/uptime/" + code }

// UptimePage is all services and their uptime by month.
type UptimePage struct {
	Base
	Rule   string
	Months []string // newest first
	Days   string   // the shared drawing of the strips of groups; empty where there are none
	Today  string   // the day of the last bar
	Groups []UptimeGroup
}

// UptimeGroup is a group's rows; one without a name has no row of its own.
type UptimeGroup struct {
	Name    string
	Lang    string // of the name, where that is not the page's
	Figures []string
	Rows    []UptimeRow
	State   State
	Strip   *Strip // nil for no name
}

// UptimeRow is a service: a figure for ninety days, and one for each month.
type UptimeRow struct {
	Href, Name string
	Lang       string // of the name, where that is not the page's
	Figures    []string
}

const uptimeMonths = 3

// Uptime renders /uptime.
func (v *Views) Uptime(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	page := UptimePage{Base: r.base(r.p.T("public.uptime.title"), "/uptime"), Rule: r.rule()}
	page.Here, page.Forms = "/uptime", true
	now := s.BuiltAt.In(s.Zone)
	type span struct{ from, to time.Time }
	from, to := s.LastDays(stripDays)
	spans := []span{{from, to}} // first, where a phone shows it
	for k := range uptimeMonths {
		from := r.monthStart(now.Year(), now.Month()-time.Month(k))
		spans = append(spans, span{from, r.monthStart(now.Year(), now.Month()-time.Month(k)+1)})
		page.Months = append(page.Months, r.p.Month(from))
	}
	figures := func(cs ...snapshot.Component) (out []string) {
		for _, sp := range spans {
			out = append(out, r.figure(sp.from, sp.to, cs...))
		}
		return out
	}
	for _, g := range s.Groups {
		ug := UptimeGroup{Name: g.Name, Lang: r.as(g.Translated)}
		var shown []snapshot.Component
		for _, c := range g.Components {
			if c.Showcase {
				shown = append(shown, c)
				ug.Rows = append(ug.Rows, UptimeRow{Href: uptimePath(c.Code), Name: c.Name, Lang: r.as(c.Translated), Figures: figures(c)})
			}
		}
		if len(shown) == 0 {
			continue
		}
		if g.Name != "" {
			ug.Figures, ug.Strip, ug.State = figures(shown...), r.groupStrip(g.Name, shown), r.status(g.Status)
			page.Days, page.Today = quietDays, r.p.DayKey(s.BuiltAt)
		}
		page.Groups = append(page.Groups, ug)
	}
	return v.render("public/uptime", page)
}

// rule says in one sentence how uptime is counted (Settled).
func (r *reader) rule() string {
	w := r.s.Page.Weights
	part := func(name string, n int) string {
		key := "public.uptime.part"
		switch n {
		case 0:
			key = "public.uptime.none"
		case 100:
			key = "public.uptime.full"
		}
		return r.p.T(key, "What", r.p.T("public.uptime.of."+r.words+"."+name), "Percent", strconv.Itoa(n))
	}
	return r.p.T("public.uptime.rule", "Down", part("major", w.Major), "Part", part("partial", w.Partial), "Slow", part("degraded", w.Degraded))
}

func (r *reader) monthStart(y int, m time.Month) time.Time {
	return components.StartOfDay(time.Date(y, m, 1, 12, 0, 0, 0, r.s.Zone))
}

// UptimeOfPage is one service's days as calendars, a year of them at a time.
type UptimeOfPage struct {
	Base
	Name string
	// NameLang is the language of the name, where that is not the page's.
	NameLang string
	Group    Piece
	Rule     string
	Figure   []Piece // of ninety days
	Months   []Calendar
	Days     []TroubledDay // newest first
	Years    []YearLink
	Legend   []State
}

// Calendar is a month as a table of weeks.
type Calendar struct {
	Key, Name, Percent string
	Weeks              [][]CalendarDay // seven each; days of other months have no number
}

// CalendarDay is a day, with what happened on it in words.
type CalendarDay struct {
	N     int // 0: not of this month
	ID    string
	Mark  Mark // empty: nothing happened
	Text  string
	Off   bool // yet to come, or before the beginning
	Today bool
}

// TroubledDay is a day on which something happened, with the reports of it.
type TroubledDay struct {
	Day   Day
	Text  string
	Links []Link
}

// YearLink leads to another year.
type YearLink struct {
	Link
	Current bool
}

// UptimeOf renders /uptime/{code} for a year, or with 0 for the last twelve
// months. The caller has checked the year with UptimeYears.
func (v *Views) UptimeOf(s *snapshot.Snapshot, c snapshot.Component, year int) ([]byte, error) {
	r := v.reader(s)
	page := UptimeOfPage{Base: r.base(r.p.T("public.uptime.of", "Name", c.Name), uptimePath(c.Code)), Name: c.Name, NameLang: r.as(c.Translated), Rule: r.rule(), Legend: r.legend()}
	page.Here, page.Forms = "/uptime", true
	for _, g := range s.Groups {
		if slices.ContainsFunc(g.Components, func(x snapshot.Component) bool { return x.ID == c.ID }) {
			page.Group = Piece{Text: g.Name, Lang: r.as(g.Translated)}
		}
	}
	from, to := s.LastDays(stripDays)
	page.Figure = r.sentence("public.uptime.figure", "Percent", strong(r.figure(from, to, c)))
	y, m, months := year, time.Month(1), 12
	if now := s.BuiltAt.In(s.Zone); year == 0 {
		y, m = now.Year(), now.Month()-11
	}
	first := r.birth(c)
	for k := range months {
		start, end := r.monthStart(y, m+time.Month(k)), r.monthStart(y, m+time.Month(k)+1)
		if start.After(s.BuiltAt) || !end.After(first) {
			continue
		}
		page.Months = append(page.Months, r.calendar(c, start, end, &page.Days))
	}
	slices.Reverse(page.Days)
	page.Years = r.uptimeYears(c, year)
	if year != 0 {
		page.Languages = r.languages(url.Values{"year": {strconv.Itoa(year)}})
	}
	return v.render("public/uptime-of", page)
}

// birth is when something is first known of a service.
func (r *reader) birth(c snapshot.Component) time.Time {
	if life := r.s.Life(c); len(life) > 0 {
		return life[0].From.In(r.s.Zone)
	}
	return r.s.BuiltAt
}

// UptimeYears reports whether a year lies within what is known of a service.
func (v *Views) UptimeYears(s *snapshot.Snapshot, c snapshot.Component, year int) bool {
	return year >= v.reader(s).birth(c).Year() && year <= s.BuiltAt.In(s.Zone).Year()
}

const maxYears = 60 // a start date in the year 1 must not make two thousand links

func (r *reader) uptimeYears(c snapshot.Component, current int) []YearLink {
	now, first := r.s.BuiltAt.In(r.s.Zone).Year(), r.birth(c).Year()
	first = max(first, now-maxYears)
	if first == now {
		return nil
	}
	out := []YearLink{{Link: Link{Href: uptimePath(c.Code), Text: r.p.T("public.uptime.latest")}, Current: current == 0}}
	for y := now; y >= first; y-- {
		out = append(out, YearLink{Link: Link{Href: uptimePath(c.Code) + "?year=" + strconv.Itoa(y), Text: strconv.Itoa(y)}, Current: current == y})
	}
	return out
}

// calendar lays a month out in weeks from Monday, and notes its days with
// something to tell.
func (r *reader) calendar(c snapshot.Component, start, end time.Time, told *[]TroubledDay) Calendar {
	days := r.s.Days(c, start, end)
	m := Calendar{Key: r.p.MonthKey(start), Name: r.p.Month(start), Percent: r.figure(start, end, c)}
	week := make([]CalendarDay, (int(start.Weekday())+6)%7, 7)
	last := end.AddDate(0, 0, -1).Day()
	if last == 1 { // the next month's first day begins late in its zone
		last = end.Add(-time.Minute).Day()
	}
	today := r.p.DayKey(r.s.BuiltAt)
	for n := 1; n <= last; n++ {
		day := CalendarDay{N: n, Off: true}
		if n <= len(days) {
			day = r.calendarDay(c, n, days[n-1], told)
			day.Today = days[n-1].Key() == today
		}
		if week = append(week, day); len(week) == 7 {
			m.Weeks, week = append(m.Weeks, week), make([]CalendarDay, 0, 7)
		}
	}
	if len(week) > 0 {
		m.Weeks = append(m.Weeks, append(week, make([]CalendarDay, 7-len(week))...))
	}
	return m
}

func (r *reader) calendarDay(c snapshot.Component, n int, d components.Day, told *[]TroubledDay) CalendarDay {
	out := CalendarDay{N: n, ID: d.Key()}
	worst := d.Tally.Worst()
	if d.Tally.Known() == 0 {
		out.Off = true
		return out
	}
	if worst == components.Operational {
		return out
	}
	out.Mark = Mark(worst.Mark())
	r.mark(out.Mark)
	var parts []string
	for _, s := range slices.Backward(components.Statuses()) {
		if lasted := d.Tally.In(s); lasted > 0 && s != components.Operational {
			parts = append(parts, r.p.T("public.day."+r.words+"."+string(s), "Lasted", r.p.Duration(lasted)))
		}
	}
	out.Text = strings.Join(parts, r.p.T("public.uptime.and"))
	t := TroubledDay{Day: Day{ISO: d.Key(), Text: r.p.Date(d.From.Add(12 * time.Hour))}, Text: r.p.T("public.uptime.day", "What", out.Text)}
	for _, i := range r.s.IncidentsOn(c, d) {
		t.Links = append(t.Links, Link{Href: incidentPath(i.Code), Text: i.Title, Lang: r.as(i.Translated)})
	}
	*told = append(*told, t)
	return out
}
