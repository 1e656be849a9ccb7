package view

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
)

// Chart is what an incident did to which services when: a drawing, and the same
// as a table for those who would rather read, or cannot see it.
type Chart struct {
	Title   string
	Caption string // the day, or the days
	Story   string // all of it in words
	Width   int
	Height  int
	Bottom  int // of the lines
	Ticks   []Tick
	Lanes   []Lane
	Dots    []Dot
	DotsAt  int
	Words   int // where the line of words under the dots stands
	Posted  string
	Same    string       // what the table is
	Heads   [4]string    // of it
	Courses [][]ChartRow // a lane each
}

// Tick is a line through the chart with its time.
type Tick struct {
	X      string
	Text   string
	Anchor string
}

// Lane is one service, or several that went through the same.
type Lane struct {
	Name      string
	Y, Bar, W int // of the name, of the bar, of the words in it
	Blocks    []Block
}

// Block is a stretch of a lane in one status.
type Block struct {
	Class    string // empty for a service that works
	X, Width string
	Middle   string
	Round    string // of its corners
	Word     string // empty where it does not fit
	Title    string
}

// Dot is an update.
type Dot struct{ X, Title string }

// ChartRow is a stretch of a lane in words.
type ChartRow struct {
	Names  string // on the first row of a lane; empty on those that belong to it
	Lang   string // of the names, where that is not the page's
	Span   int    // rows of the lane
	State  State
	When   []Piece
	Lasted string
}

// Measures of the drawing, in its own units: it grows and shrinks as one.
const (
	chartWidth = 600
	chartFrom  = 12
	chartTo    = 588
	chartTop   = 38 // where the first name stands
	laneEvery  = 54
	letter     = 7 // a generous letter of its type
	maxLanes   = 12
)

type stretch struct {
	status   components.Status
	from, to time.Time
	goes     bool // on: to is only when the page was made
}

// course is what one lane went through.
type course struct {
	names []snapshot.Affected
	parts []stretch
}

// chart is nil where there is nothing to draw: nobody said what was affected
// from when to when, or it took no time.
func (r *reader) chart(i *snapshot.Incident) *Chart {
	from, ok := began(i)
	if !ok {
		return nil
	}
	to := r.s.BuiltAt
	if i.ResolvedAt != nil {
		to = *i.ResolvedAt
	}
	if !to.After(from) {
		return nil
	}
	courses := r.courses(i, from, to)
	if len(courses) == 0 {
		return nil
	}
	c := &Chart{
		Title: r.p.T("public.chart.title"), Caption: r.chartCaption(from, to), Same: r.p.T("public.chart.table"), Width: chartWidth, Bottom: chartTop + laneEvery*min(len(courses), maxLanes) - 12,
		Heads: [4]string{r.p.T("public.chart.service"), r.p.T("public.chart.status"), r.p.T("public.chart.when"), r.p.T("public.fact.lasted")},
	}
	at := func(t time.Time) float64 {
		share := float64(t.Sub(from)) / float64(to.Sub(from))
		return chartFrom + max(0, min(1, share))*(chartTo-chartFrom)
	}
	c.Ticks = r.ticks(from, to, at)
	for n, x := range courses {
		if n < maxLanes {
			c.Lanes = append(c.Lanes, r.lane(n, x, from, at))
		}
		c.Courses = append(c.Courses, r.chartRows(x, from))
	}
	c.Dots = r.dots(i, from, to, at)
	c.DotsAt, c.Words, c.Height = c.Bottom+8, c.Bottom+32, c.Bottom+40
	c.Posted = r.p.T("public.chart.posted")
	c.Story = r.chartStory(courses, from)
	return c
}

// courses are what the affected services went through, those that went through
// the same together, in page order. What another incident did to a service is
// left blank; a service that this one did nothing to has no lane.
func (r *reader) courses(i *snapshot.Incident, from, to time.Time) []course {
	var out []course
	for _, a := range i.Affected {
		id := a.ID // of one that is archived too
		if c := r.s.Component(a.Code); c != nil {
			id = c.ID
		}
		parts, touched := r.stretches(r.s.Lives[id], i, from, to)
		if !touched {
			continue
		}
		if n := slices.IndexFunc(out, func(x course) bool { return slices.EqualFunc(x.parts, parts, sameStretch) }); n >= 0 {
			out[n].names = append(out[n].names, a)
			continue
		}
		out = append(out, course{names: []snapshot.Affected{a}, parts: parts})
	}
	return out
}

func sameStretch(a, b stretch) bool {
	return a.status == b.status && a.from.Equal(b.from) && a.to.Equal(b.to) && a.goes == b.goes
}

func (r *reader) stretches(life []snapshot.Period, i *snapshot.Incident, from, to time.Time) (out []stretch, touched bool) {
	for _, p := range life {
		a, b, goes := p.From, p.To, false
		if a.Before(from) {
			a = from
		}
		if b.IsZero() || b.After(to) {
			b, goes = to, i.ResolvedAt == nil
		}
		switch own := p.IncidentID == i.ID; {
		case !b.After(a):
			continue
		case p.Status == components.Operational:
		case own:
			touched = true
		case p.IncidentID != 0:
			continue
		}
		if n := len(out) - 1; n >= 0 && out[n].status == p.Status && out[n].to.Equal(a) {
			out[n].to, out[n].goes = b, goes
			continue
		}
		out = append(out, stretch{p.Status, a, b, goes})
	}
	return out, touched
}

// chartCaption is "May 14, 2018", or the first and the last of several days.
func (r *reader) chartCaption(from, to time.Time) string {
	day := r.p.Date(from)
	if r.p.DayKey(from) != r.p.DayKey(to) {
		day = r.p.T("date.range", "From", day, "To", r.p.Date(to))
	}
	return day
}

func (r *reader) lane(n int, c course, from time.Time, at func(time.Time) float64) Lane {
	y := chartTop + laneEvery*n
	name := r.firstNames(c.names)
	if most := (chartTo - chartFrom) / letter; utf8.RuneCountInString(name) > most {
		name = string([]rune(name)[:most-1]) + "…"
	}
	out := Lane{Name: name, Y: y, Bar: y + 6, W: y + 23}
	for _, s := range c.parts {
		a, b := at(s.from), at(s.to)
		width := max(1.5, b-a-1.5) // a gap between neighbours, and nothing so short that it is not seen
		word := r.p.Status(string(s.status))
		block := Block{X: unit(a), Width: unit(width), Middle: unit(a + width/2), Round: unit(min(5, width/2)), Title: r.told(s, from)}
		if s.status != components.Operational {
			block.Class = s.status.Mark()
		}
		for _, w := range []string{word, r.p.T("public.chart.short." + r.words + "." + string(s.status))} {
			if block.Word == "" && float64(utf8.RuneCountInString(w)*letter+8) <= width {
				block.Word = w
			}
		}
		out.Blocks = append(out.Blocks, block)
	}
	return out
}

func unit(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// told is "Down, 14:39 EDT to 15:22 EDT", or "Down, since 14:39 EDT".
func (r *reader) told(s stretch, ref time.Time) string {
	if s.goes {
		return r.p.T("public.chart.on", "Status", r.p.Status(string(s.status)), "From", r.p.Near(s.from, ref))
	}
	return r.p.T("public.chart.told", "Status", r.p.Status(string(s.status)), "From", r.p.Near(s.from, ref), "To", r.p.Near(s.to, ref))
}

func (r *reader) chartRows(c course, ref time.Time) []ChartRow {
	var out []ChartRow
	for n, s := range c.parts {
		row := ChartRow{
			State: r.status(s.status), When: r.sentence("public.range", "From", r.near(s.from, ref), "To", r.near(s.to, ref)), Lasted: r.p.Duration(s.to.Sub(s.from)),
		}
		if s.goes { // an end, or how long it took, would be wrong a minute later
			row.When, row.Lasted = r.sentence("public.since", "Time", r.near(s.from, ref)), "–"
		}
		if n == 0 {
			row.Lang, row.Names, row.Span = r.asNamed(c.names), r.p.List(grouped(c.names)), len(c.parts)
		}
		out = append(out, row)
	}
	return out
}

// chartStory says everything that the drawing shows.
func (r *reader) chartStory(courses []course, ref time.Time) string {
	var all []string
	for _, c := range courses {
		var parts []string
		for _, s := range c.parts {
			parts = append(parts, r.told(s, ref))
		}
		all = append(all, r.p.T("public.chart.lane", "Names", r.p.List(grouped(c.names)), "Parts", strings.Join(parts, "; ")))
	}
	return r.p.T("public.chart.story", "Lanes", strings.Join(all, " "))
}

func (r *reader) dots(i *snapshot.Incident, from, to time.Time, at func(time.Time) float64) []Dot {
	var out []Dot
	for _, u := range slices.Backward(i.Updates) { // oldest first
		if u.HappenedAt.Before(from) || u.HappenedAt.After(to) {
			continue
		}
		x := unit(at(u.HappenedAt))
		title := r.p.T("public.chart.dot", "N", u.N, "Count", len(i.Updates), "Time", r.p.Near(u.HappenedAt, from))
		if n := len(out) - 1; n >= 0 && out[n].X == x {
			out[n].Title += "\n" + title
			continue
		}
		out = append(out, Dot{X: x, Title: title})
	}
	return out
}

// steps are how far ticks may be apart; beyond a day they stand at midnights.
var tickSteps = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// ticks are the two ends, and round times between them where there is room for
// their words.
func (r *reader) ticks(from, to time.Time, at func(time.Time) float64) []Tick {
	first, last := r.p.Clock(from), r.p.Near(to, from)
	if r.p.DayKey(from) != r.p.DayKey(to) {
		first = r.dayAndClock(from)
	}
	width := func(s string) float64 { return float64(utf8.RuneCountInString(s) * letter) }
	out := []Tick{{X: unit(chartFrom), Text: first, Anchor: "start"}}
	left, right := chartFrom+width(first)+letter, chartTo-width(last)-letter
	for _, t := range r.roundTimes(from, to) {
		text := r.p.Clock(t)
		if r.startOfDay(t).Equal(t) {
			text, _ = r.p.Days(t, t)
		} else if r.p.DayKey(t) != r.p.DayKey(from) {
			text = r.dayAndClock(t)
		}
		x, half := at(t), width(text)/2
		if x-half < left || x+half > right {
			continue
		}
		left = x + half + letter
		out = append(out, Tick{X: unit(x), Text: text, Anchor: "middle"})
	}
	return append(out, Tick{X: unit(chartTo), Text: last, Anchor: "end"})
}

// dayAndClock is "Jul 22, 19:00 PDT", without the year, which the caption has.
func (r *reader) dayAndClock(t time.Time) string {
	return r.p.Near(t, time.Date(t.In(r.s.Zone).Year(), 1, 1, 12, 0, 0, 0, r.s.Zone))
}

// roundTimes are at most six, at equal distances by the clock of the page.
func (r *reader) roundTimes(from, to time.Time) []time.Time {
	const most = 6
	var out []time.Time
	for _, step := range tickSteps {
		if to.Sub(from)/step > most {
			continue
		}
		for t := r.startOfDay(from); t.Before(to); t = t.Add(step) {
			if t.After(from) {
				out = append(out, t)
			}
		}
		return out
	}
	days := max(1, int(to.Sub(from)/(24*time.Hour))/most)
	for t := r.startOfDay(from).AddDate(0, 0, days); t.Before(to); t = t.AddDate(0, 0, days) {
		out = append(out, r.startOfDay(t.Add(time.Hour)))
	}
	return out
}

// related are other reports about the same services, the newest first.
func (r *reader) related(i *snapshot.Incident) []*snapshot.Incident {
	var out []*snapshot.Incident
	for _, other := range r.s.Incidents {
		if len(out) == maxRelated {
			break
		}
		if other.ID != i.ID && history(other) && shareService(i, other) {
			out = append(out, r.s.Told(other))
		}
	}
	return out
}

const maxRelated = 3

func shareService(a, b *snapshot.Incident) bool {
	return slices.ContainsFunc(a.Affected, func(x snapshot.Affected) bool {
		return slices.ContainsFunc(b.Affected, func(y snapshot.Affected) bool { return x.Code == y.Code })
	})
}
