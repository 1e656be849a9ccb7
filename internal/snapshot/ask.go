package snapshot

import (
	"slices"
	"strconv"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
)

// Tag moves with everything that a reader of the page could notice: its version,
// and whether it says that it is old.
func (s *Snapshot) Tag() string {
	if s.AsOf.IsZero() {
		return strconv.FormatInt(s.Version, 10)
	}
	return strconv.FormatInt(s.Version, 10) + "-" + strconv.FormatInt(s.AsOf.Unix(), 10)
}

// Incident finds an incident by its code; nil for none.
func (s *Snapshot) Incident(code string) *Incident { return s.Told(s.byCode[code]) }

// Open are the unplanned incidents that are not resolved, newest first.
func (s *Snapshot) Open() []*Incident {
	return s.pick(func(i *Incident) bool { return i.Kind == incidents.KindIncident && i.Open() })
}

// Running are the maintenances that have begun and are not completed.
func (s *Snapshot) Running() []*Incident {
	return s.pick(func(i *Incident) bool {
		return i.Kind == incidents.KindMaintenance && (i.State == incidents.InProgress || i.State == incidents.Verifying)
	})
}

// Planned are the maintenances that have not begun, the next one first.
func (s *Snapshot) Planned() []*Incident {
	out := s.pick(func(i *Incident) bool {
		return i.Kind == incidents.KindMaintenance && i.State == incidents.Scheduled
	})
	for a, b := 0, len(out)-1; a < b; a, b = a+1, b-1 {
		out[a], out[b] = out[b], out[a]
	}
	return out
}

func (s *Snapshot) pick(want func(*Incident) bool) []*Incident {
	var out []*Incident
	for _, i := range s.Incidents {
		if want(i) {
			out = append(out, s.Told(i))
		}
	}
	return out
}

// Components are all components in page order.
func (s *Snapshot) Components() []Component {
	var out []Component
	for _, g := range s.Groups {
		out = append(out, g.Components...)
	}
	return out
}

// IncidentByID finds an incident by its row id; nil for none.
func (s *Snapshot) IncidentByID(id int64) *Incident { return s.Told(s.byID[id]) }

// Component finds a component by its code; nil for none.
func (s *Snapshot) Component(code string) *Component {
	for g := range s.Groups {
		for n := range s.Groups[g].Components {
			if c := &s.Groups[g].Components[n]; c.Code == code {
				return c
			}
		}
	}
	return nil
}

// Statuses are the statuses of all components.
func (s *Snapshot) Statuses() []components.Status {
	var out []components.Status
	for _, g := range s.Groups {
		for _, c := range g.Components {
			out = append(out, c.Status)
		}
	}
	return out
}

// Month is a calendar month in a page's zone.
type Month struct {
	Key       string // "2018-05"
	From, To  time.Time
	Incidents []*Incident // newest first
}

// MonthOf is the month of a key like "2018-05"; false if the key is no month,
// or lies outside the page's life (from its first incident to now).
func (s *Snapshot) MonthOf(key string) (Month, bool) {
	from, err := time.ParseInLocation("2006-01", key, s.Zone)
	if err != nil || from.Format("2006-01") != key || from.After(s.BuiltAt) {
		return Month{}, false
	}
	m := Month{Key: key, From: from, To: from.AddDate(0, 1, 0)}
	if m.To.Before(s.firstDay()) || m.To.Equal(s.firstDay()) {
		return Month{}, false
	}
	m.Incidents = s.AllTold(slices.Clip(s.shownIn(m.From, m.To)))
	return m, true
}

// shownIn are the incidents shown in [from, to), newest first, found by halving.
func (s *Snapshot) shownIn(from, to time.Time) []*Incident {
	before := func(at time.Time) int { // the place of the newest that is shown before at
		n, _ := slices.BinarySearchFunc(s.Incidents, at, func(i *Incident, at time.Time) int {
			if i.Shown().Before(at) {
				return 1
			}
			return -1
		})
		return n
	}
	return s.Incidents[before(to):before(from)]
}

// MonthsOnPage are the three months of the n-th page of the history, newest
// first; page 1 ends with the month of now. None for a page before the first
// month that there is something to say about.
func (s *Snapshot) MonthsOnPage(n int) []Month {
	if n < 1 || n > mostMonthPages {
		return nil
	}
	var out []Month
	now := s.BuiltAt.In(s.Zone)
	for k := range 3 {
		// Noon of the first: midnight is not on every clock.
		at := time.Date(now.Year(), now.Month()-time.Month(3*(n-1)+k), 1, 12, 0, 0, 0, s.Zone)
		if m, ok := s.MonthOf(at.Format("2006-01")); ok {
			out = append(out, m)
		}
	}
	return out
}

// mostMonthPages bounds what a report that was back-dated by a slip to the year
// 1 would make of the history.
const mostMonthPages = 400

// FirstMonth is the key of the oldest month there is something to say about.
func (s *Snapshot) FirstMonth() string { return s.firstDay().In(s.Zone).Format("2006-01") }

func (s *Snapshot) firstDay() time.Time {
	first := s.Page.CreatedAt
	if n := len(s.Incidents); n > 0 && s.Incidents[n-1].Shown().Before(first) {
		first = s.Incidents[n-1].Shown()
	}
	return first
}

// Shown is the moment under which lists and history put an incident: when it
// began, or for a maintenance that is only planned, when it will.
func (i *Incident) Shown() time.Time { return i.StartedAt }

// Latest is the newest update.
func (i *Incident) Latest() Update { return i.Updates[0] }

// PastDays are the incidents of the last n days, today included, that are over:
// one entry a day, newest first, quiet days without incidents too.
func (s *Snapshot) PastDays(n int) []Day {
	var out []Day
	now := s.BuiltAt.In(s.Zone)
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, s.Zone)
	for k := range n {
		from := day.AddDate(0, 0, -k)
		to := day.AddDate(0, 0, -k+1)
		d := Day{Date: from}
		for _, i := range s.shownIn(from, to) {
			if !i.Open() {
				d.Incidents = append(d.Incidents, s.Told(i))
			}
		}
		out = append(out, d)
	}
	return out
}

// Day is one day of the past.
type Day struct {
	Date      time.Time // its first instant in the page's zone
	Incidents []*Incident
}

// StatusNow is the present status of an affected component; of one that is no
// longer on the page, the last that the incident said.
func (s *Snapshot) StatusNow(a Affected) components.Status {
	for _, g := range s.Groups {
		for _, c := range g.Components {
			if c.Code == a.Code {
				return c.Status
			}
		}
	}
	return a.New
}
