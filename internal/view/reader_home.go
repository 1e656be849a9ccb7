package view

import (
	"cmp"
	"slices"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// HomePage is the status page: headline, what is open, what runs, the
// services, what is planned, the past two weeks.
type HomePage struct {
	Base
	Headline  Headline
	Updated   []Piece
	Promise   []Fact // the next promise of all open incidents; none or one
	Open      []Card
	More      []Row // open incidents beyond those that are shown in full
	Running   []Card
	Groups    []Group
	Legend    []State
	Days      string // the shared drawing of a strip; empty where there is none
	Today     string // the last day of all strips
	Planned   []Plan
	PastTitle string
	Before    *Older // the newest report, when the past two weeks have none
	Past      []PastDay
}

// Group is a group of services. One without a name stands without a frame.
type Group struct {
	Name     string
	Lang     string // of the name, where that is not the page's; so in all below
	Open     bool
	Count    string // said while it is folded
	State    State
	Services []Service
}

// Service is one component.
type Service struct {
	Name, Description string
	Lang, AboutLang   string // of the two
	State             State
	OK                bool
	Strip             *Strip // nil where uptime is not shown
}

// Plan is a maintenance that has not begun.
type Plan struct {
	Day, Month, Weekday string
	ISO                 string
	Href, Title, Text   string
	Lang, TextLang      string // of title and text
	When                []Piece
	Lasts               string
	Chips               []Chip
	Calendar            string // where it can be had for one's calendar; may be empty
	Label, Add          string // what the chips are; the words of that link
}

// PastDay is a day on which something happened, or a run of quiet days.
type PastDay struct {
	Day     Day
	Until   *Day // the last of several quiet days
	When    []Piece
	Quiet   bool
	Nothing string // what is said of quiet days
	Rows    []Row
}

// Older is a report from before the days that are listed.
type Older struct {
	Link
	Day Day
}

// Bounds that keep the page readable on the worst of days.
const (
	maxCards   = 10 // open incidents shown in full
	maxFlat    = 12 // services up to which every group is open
	leadLength = 200
)

// Home renders the status page. Until it has anything to show it says so.
func (v *Views) Home(s *snapshot.Snapshot) ([]byte, error) {
	if len(s.Groups) == 0 && len(s.Incidents) == 0 {
		return v.SetUpPending(s)
	}
	r := v.reader(s)
	h := r.headline()
	page := HomePage{
		Base: r.base(h.Text, "/"), Headline: h, Updated: r.sentence("public.updated", "Time", r.near(s.ChangedAt, s.BuiltAt)),
		Running: r.cards(s.Running()), Groups: r.groups(), Planned: r.plans(), Past: r.past(),
	}
	page.Early = true
	page.Description = h.Text
	r.shareSite(&page.Base)
	open := s.Open()
	page.Promise = r.firstPromise(open)
	if len(open) > maxCards {
		for _, i := range open[maxCards:] {
			page.More = append(page.More, r.row(i, s.BuiltAt, false))
		}
		open = open[:maxCards]
	}
	page.Open = r.cards(open)
	page.Legend = r.legend()
	page.PastTitle = r.p.T("public.past.days", "Count", r.pastDays())
	if r.pastDays() == 14 {
		page.PastTitle = r.p.T("public.past.fortnight")
	}
	if slices.ContainsFunc(page.Groups, func(g Group) bool {
		return slices.ContainsFunc(g.Services, func(s Service) bool { return s.Strip != nil })
	}) {
		page.Days, page.Today = quietDays, r.p.DayKey(s.BuiltAt)
	}
	page.Before = r.beforeThat()
	if !s.Stood.IsZero() {
		page.Updated = nil // nobody knows when that picture changed last
	}
	return v.render("public/home", page)
}

// beforeThat leads to the newest report from before the past two weeks when
// those have nothing to tell: a quiet page should not look like one without a past.
func (r *reader) beforeThat() *Older {
	for _, d := range r.s.PastDays(r.pastDays()) {
		if len(d.Incidents) > 0 {
			return nil
		}
	}
	for _, i := range r.s.Incidents {
		if !i.Open() {
			i = r.s.Told(i)
			return &Older{Link: Link{Href: r.reportPath(i), Text: i.Title, Lang: r.as(i.Translated)}, Day: Day{ISO: r.p.DayKey(i.Shown()), Text: r.p.Date(i.Shown())}}
		}
	}
	return nil
}

// pastDays is how much of the past the page shows; two weeks where nobody chose.
func (r *reader) pastDays() int { return cmp.Or(r.s.Page.PastDays, 14) }

func (r *reader) cards(is []*snapshot.Incident) []Card {
	var cs []Card
	for _, i := range is {
		cs = append(cs, r.card(i))
	}
	return cs
}

// firstPromise is the promise that comes due first.
func (r *reader) firstPromise(open []*snapshot.Incident) []Fact {
	var by *time.Time
	for _, i := range open {
		if p := i.NextUpdateBy; p != nil && (by == nil || p.Before(*by)) {
			by = p
		}
	}
	return r.promise("hero", by, true)
}

func (r *reader) groups() []Group {
	flat := len(r.s.Components()) <= maxFlat
	var gs []Group
	for _, g := range r.s.Groups {
		out := Group{
			Name: g.Name, Lang: r.as(g.Translated), Open: flat || g.Status != components.Operational,
			Count: r.p.T("public.services.count", "Count", len(g.Components)), State: r.status(g.Status),
		}
		if g.Status == components.Operational {
			out.State.Word = r.p.T("public.group." + r.words + ".ok")
		}
		for _, c := range g.Components {
			out.Services = append(out.Services, Service{
				Name: c.Name, Lang: r.as(c.Translated), Description: c.Description, AboutLang: r.as(c.Described), State: r.status(c.Status), OK: c.Status == components.Operational, Strip: r.strip(c),
			})
		}
		gs = append(gs, out)
	}
	return gs
}

func (r *reader) legend() []State {
	var ss []State
	for _, s := range []components.Status{
		components.Operational, components.Degraded, components.PartialOutage, components.MajorOutage, components.Maintenance,
	} {
		ss = append(ss, r.status(s))
	}
	return ss
}

func (r *reader) plans() []Plan {
	var ps []Plan
	for _, i := range r.s.Planned() {
		ps = append(ps, r.plan(i))
	}
	return ps
}

func (r *reader) plan(i *snapshot.Incident) Plan {
	start := i.Shown()
	p := Plan{
		ISO:  r.p.DayKey(start),
		Href: r.reportPath(i), Calendar: r.calendarPath(i), Label: r.p.T("public.affected.label"), Add: r.p.T("public.calendar.add"), Title: i.Title, Text: lead(i.Latest().Plain, leadLength),
		Lang: r.as(i.Translated), TextLang: r.as(i.Latest().Translated), When: []Piece{r.near(start, r.s.BuiltAt).piece()}, Chips: r.chips(i),
	}
	p.Day, p.Month, p.Weekday = r.p.Tile(start)
	if i.ScheduledUntil != nil {
		p.When = r.sentence("public.range", "From", r.near(start, r.s.BuiltAt), "To", r.near(*i.ScheduledUntil, start))
		p.Lasts = r.p.Duration(i.ScheduledUntil.Sub(start))
	}
	return p
}

// past are the last two weeks, quiet days merged. A day counts as quiet only
// if nothing went on in it: the second day of a long outage, which has no row
// of its own, is left out rather than called quiet. Days before the page
// existed are left out too, for nobody was there to say anything.
func (r *reader) past() []PastDay {
	all := r.s.PastDays(r.pastDays())
	window, birth := all[len(all)-1].Date, r.birthday()
	late := r.notOverBy(window)
	var out []PastDay
	var run []time.Time // quiet days, newest first
	flush := func() {
		if len(run) > 0 {
			first, last := r.days(run[len(run)-1], run[0])
			quiet := PastDay{Quiet: true, Day: first, Until: last, When: []Piece{first.piece()}, Nothing: r.p.T("public.nothing")}
			if last != nil {
				quiet.When = r.sentence("public.range", "From", first, "To", *last)
			}
			out = append(out, quiet)
		}
		run = nil
	}
	for _, d := range all {
		end := d.Date.AddDate(0, 0, 1)
		over := append(slices.Clone(d.Incidents), r.s.AllTold(endedIn(late, d.Date, end, window))...)
		switch {
		case len(over) > 0:
			flush()
			out = append(out, PastDay{Day: r.day(d.Date), Rows: r.rows(over, d.Date)})
		case d.Date.Before(birth) || busy(late, d.Date, end):
			flush()
		default:
			run = append(run, d.Date)
		}
	}
	flush()
	return out
}

func (r *reader) rows(is []*snapshot.Incident, day time.Time) []Row {
	var out []Row
	for _, i := range is {
		out = append(out, r.row(i, day, false))
	}
	return out
}

// notOverBy are the incidents that were not over by a moment, newest first: of
// ten years only these can matter to the days since.
func (r *reader) notOverBy(at time.Time) []*snapshot.Incident {
	var out []*snapshot.Incident
	for _, i := range r.s.Incidents {
		if i.ResolvedAt == nil || !i.ResolvedAt.Before(at) || i.Open() {
			out = append(out, i)
		}
	}
	return out
}

// endedIn are the incidents that began before the window and ended in the day:
// they would otherwise show on no day at all.
func endedIn(all []*snapshot.Incident, day, end, window time.Time) []*snapshot.Incident {
	var out []*snapshot.Incident
	for _, i := range all {
		if at := i.ResolvedAt; !i.Open() && at != nil && i.Shown().Before(window) && !at.Before(day) && at.Before(end) {
			out = append(out, i)
		}
	}
	return out
}

// busy reports whether an incident or maintenance went on between the two.
func busy(all []*snapshot.Incident, from, to time.Time) bool {
	return slices.ContainsFunc(all, func(i *snapshot.Incident) bool {
		if i.State == incidents.Scheduled {
			return false
		}
		return i.Shown().Before(to) && (i.Open() || i.ResolvedAt == nil || i.ResolvedAt.After(from))
	})
}

// birthday is the first day that there is something to say about.
func (r *reader) birthday() time.Time {
	first := r.s.Page.CreatedAt
	for _, i := range r.s.Incidents {
		if i.Shown().Before(first) {
			first = i.Shown()
		}
	}
	if first.IsZero() {
		return first
	}
	return r.startOfDay(first)
}
