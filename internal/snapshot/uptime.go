package snapshot

import (
	"slices"
	"time"

	"github.com/statusd/statusd/internal/components"
)

// Life is what the uptime of a component is counted from: its periods, from its
// start date on if it has one. Days before it are no data.
func (s *Snapshot) Life(c Component) []components.Period { return s.lifeFrom(c, time.Time{}) }

// lifeFrom is the part of Life that is not over at from: what ninety days are
// counted from is little of ten years.
func (s *Snapshot) lifeFrom(c Component, from time.Time) []components.Period {
	all := s.Lives[c.ID]
	// In order and without gaps, so that the first that goes on after from is found by halving.
	n, _ := slices.BinarySearchFunc(all, from, func(p Period, from time.Time) int {
		if p.To.IsZero() || p.To.After(from) {
			return 1
		}
		return -1
	})
	ps := make([]components.Period, 0, len(all)-n)
	for _, p := range all[n:] {
		ps = append(ps, components.Period{Status: p.Status, From: p.From, To: p.To})
	}
	if start, ok := s.Begins(c); ok {
		return components.Clip(ps, start)
	}
	return ps
}

// Begins is the first instant of a component's start date; false where it has none.
func (s *Snapshot) Begins(c Component) (time.Time, bool) {
	start, err := time.ParseInLocation(time.DateOnly, c.StartDate, s.Zone)
	if err != nil {
		return start, false
	}
	return components.StartOfDay(start.Add(12 * time.Hour)), true
}

// LastDays is the time from the beginning of the day n-1 days ago, in the
// page's zone, to when the picture was made.
func (s *Snapshot) LastDays(n int) (from, to time.Time) {
	to = s.BuiltAt.In(s.Zone)
	y, m, d := to.Date()
	return components.StartOfDay(time.Date(y, m, d-n+1, 12, 0, 0, 0, s.Zone)), to
}

// Days are the days of a component with an instant in [from, to), in the page's
// zone, up to when the picture was made.
func (s *Snapshot) Days(c Component, from, to time.Time) []components.Day {
	if to.After(s.BuiltAt) {
		to = s.BuiltAt
	}
	from = from.In(s.Zone)
	return components.Fill(s.calendar(from, to), s.lifeFrom(c, from), from, to)
}

// Quiet reports whether a component worked all through [from, to), up to when
// the picture was made: mostly there is nothing to look at day by day.
func (s *Snapshot) Quiet(c Component, from, to time.Time) bool {
	if to.After(s.BuiltAt) {
		to = s.BuiltAt
	}
	ps := s.lifeFrom(c, from)
	return len(ps) == 1 && ps[0].Status == components.Operational && !ps[0].From.After(from) && (ps[0].To.IsZero() || !ps[0].To.Before(to))
}

// calendar is components.Calendar, made once for all components of a page that
// asks for the same days.
func (s *Snapshot) calendar(from, to time.Time) []components.Day {
	if c := s.days.Load(); c != nil && c.from.Equal(from) && c.to.Equal(to) {
		return c.days
	}
	c := &calendar{from, to, components.Calendar(from, to)}
	s.days.Store(c)
	return c.days
}

type calendar struct {
	from, to time.Time
	days     []components.Day
}

// IncidentsOn are the incidents that explain a day of a component: those that
// its statuses came from.
func (s *Snapshot) IncidentsOn(c Component, d components.Day) []*Incident {
	var out []*Incident
	for _, p := range s.Lives[c.ID] {
		if p.Status == components.Operational || p.IncidentID == 0 || !p.From.Before(d.To) || (!p.To.IsZero() && !p.To.After(d.From)) {
			continue
		}
		if i := s.IncidentByID(p.IncidentID); i != nil && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

// Tally is how long components were in each status during [from, to), all
// together, up to when the picture was made.
func (s *Snapshot) Tally(from, to time.Time, cs ...Component) (sum components.Tally) {
	if to.After(s.BuiltAt) {
		to = s.BuiltAt
	}
	for _, c := range cs {
		sum = sum.Plus(components.Measure(s.lifeFrom(c, from), from, to))
	}
	return sum
}

// Uptime is that of components during [from, to) by the page's weights; ok is
// false when nothing is known of that time.
func (s *Snapshot) Uptime(from, to time.Time, cs ...Component) (components.Percent, bool) {
	return s.Tally(from, to, cs...).Uptime(s.Page.Weights)
}
