package view

import "time"

// Day is a calendar day as <time datetime> needs it, and in words.
type Day struct{ ISO, Text string }

// day is "Mon, May 14", the head of a row.
func (r *reader) day(t time.Time) Day { return Day{ISO: r.p.DayKey(t), Text: r.p.Weekday(t)} }

// days are the ends of a run of days; the second is nil where it is one day.
func (r *reader) days(from, to time.Time) (first Day, last *Day) {
	a, b := r.p.Days(from, to)
	if b != "" {
		last = &Day{ISO: r.p.DayKey(to), Text: b}
	}
	return Day{ISO: r.p.DayKey(from), Text: a}, last
}

// startOfDay is the first instant of t's day in the page's zone.
func (r *reader) startOfDay(t time.Time) time.Time {
	l := t.In(r.s.Zone)
	return time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, r.s.Zone)
}
