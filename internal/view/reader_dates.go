package view

import (
	"time"

	"github.com/statusd/statusd/internal/i18n"
)

// Day is a calendar day as <time datetime> needs it, and in words.
type Day struct{ ISO, Text string }

// day is "Mon 14 May", the head of a row in the past two weeks.
func (r *reader) day(t time.Time) Day {
	return Day{ISO: r.p.DayKey(t), Text: r.p.T("public.day", "Day", r.p.Weekday(t), "Month", monthName(r.p, t))}
}

// weekday is "Mon 14", the head of a row inside a month.
func (r *reader) weekday(t time.Time) Day {
	return Day{ISO: r.p.DayKey(t), Text: r.p.Weekday(t)}
}

// days is a run of days that names month and year once where it can:
// "22 May", "15 to 22 May", "22 July to 5 August".
func (r *reader) days(from, to time.Time) string {
	a, b := from.In(r.p.Zone), to.In(r.p.Zone)
	tail := r.p.T("public.daymonth", "Day", b.Format("2"), "Month", monthName(r.p, b))
	head := r.p.T("public.daymonth", "Day", a.Format("2"), "Month", monthName(r.p, a))
	switch {
	case r.p.DayKey(a) == r.p.DayKey(b):
		return tail
	case a.Year() != b.Year():
		head, tail = r.p.Date(a), r.p.Date(b)
	case a.Month() == b.Month():
		head = a.Format("2")
	}
	return r.p.T("public.days", "From", head, "To", tail)
}

func monthName(p *i18n.Printer, t time.Time) string { return t.In(p.Zone).Format("January") }

// startOfDay is the first instant of t's day in the page's zone.
func (r *reader) startOfDay(t time.Time) time.Time {
	l := t.In(r.s.Zone)
	return time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, r.s.Zone)
}
