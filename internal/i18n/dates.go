package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ZoneLabel is the label right for that instant: the zone's abbreviation
// ("EST", "EDT"), or the offset where a zone has no letters ("UTC+5:45").
func (p *Printer) ZoneLabel(t time.Time) string {
	name, off := t.In(p.Zone).Zone()
	if name != "" && name[0] != '+' && name[0] != '-' {
		return name
	}
	return Offset(off)
}

// Offset writes seconds east of UTC as "UTC+5:45", "UTC−4", "UTC".
func Offset(seconds int) string {
	if seconds == 0 {
		return "UTC"
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "−", -seconds
	}
	h, m := seconds/3600, seconds%3600/60
	if m == 0 {
		return fmt.Sprintf("UTC%s%d", sign, h)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, h, m)
}

// ISO is the instant for <time datetime>: RFC 3339, UTC, whole seconds.
func (p *Printer) ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// How days and times are written everywhere: on pages, in mails, for staff. It
// is one system, that of the reports which companies already have: a full time
// is Stamp, and what its surroundings say already is left out (Near, Clock).
// Every time of day has its zone.
const (
	day   = "Jan 2, 2006"
	clock = "15:04"
)

// Stamp is a full time: "May 14, 2018 - 14:08 EDT".
func (p *Printer) Stamp(t time.Time) string {
	return t.In(p.Zone).Format(day+" - "+clock+" ") + p.ZoneLabel(t)
}

// Near is a time beside others of ref: "14:08 EDT" on the same day, else
// "May 14, 14:08 EDT", and all of Stamp in another year.
func (p *Printer) Near(t, ref time.Time) string {
	a, b := t.In(p.Zone), ref.In(p.Zone)
	switch {
	case p.DayKey(a) == p.DayKey(b):
		return p.Clock(t)
	case a.Year() == b.Year():
		return a.Format("Jan 2, "+clock+" ") + p.ZoneLabel(t)
	}
	return p.Stamp(t)
}

// Clock is the time of day: "14:08 EDT".
func (p *Printer) Clock(t time.Time) string { return t.In(p.Zone).Format(clock+" ") + p.ZoneLabel(t) }

// Range is a span of time that names its day once where it can:
// "Sunday, May 27, 2018 - 02:00 to 03:30 EDT". A change of offset inside shows both labels.
func (p *Printer) Range(from, to time.Time) string {
	const long = "Monday, " + day + " - " + clock
	a, b := from.In(p.Zone), to.In(p.Zone)
	head, tail := a.Format(long), b.Format(clock)
	if p.ZoneLabel(from) != p.ZoneLabel(to) {
		head += " " + p.ZoneLabel(from)
	}
	if p.DayKey(a) != p.DayKey(b) {
		tail = b.Format(long)
	}
	return p.T("date.range", "From", head, "To", tail+" "+p.ZoneLabel(to))
}

// Date is a day: "May 14, 2018".
func (p *Printer) Date(t time.Time) string { return t.In(p.Zone).Format(day) }

// Weekday is a day at the head of a list: "Mon, May 14".
func (p *Printer) Weekday(t time.Time) string { return t.In(p.Zone).Format("Mon, Jan 2") }

// Days are the two ends of a run of days, which name month and year once where
// they can: "May 15" and "22", "Jul 22" and "Aug 5". One day has no second end.
func (p *Printer) Days(from, to time.Time) (first, last string) {
	a, b := from.In(p.Zone), to.In(p.Zone)
	switch {
	case p.DayKey(a) == p.DayKey(b):
		return a.Format("Jan 2"), ""
	case a.Year() != b.Year():
		return p.Date(a), p.Date(b)
	case a.Month() == b.Month():
		return a.Format("Jan 2"), b.Format("2")
	}
	return a.Format("Jan 2"), b.Format("Jan 2")
}

// Month is "May 2018".
func (p *Printer) Month(t time.Time) string { return t.In(p.Zone).Format("January 2006") }

// DayKey is the day in the printer's zone, "2018-05-14".
func (p *Printer) DayKey(t time.Time) string { return t.In(p.Zone).Format("2006-01-02") }

// Percent prints hundredths of a percent: 9997 is "99.97%", 10000 is "100%".
func (p *Printer) Percent(hundredths int) string {
	if hundredths%100 == 0 {
		return strconv.Itoa(hundredths/100) + "%"
	}
	return fmt.Sprintf("%d.%02d%%", hundredths/100, hundredths%100)
}

// MonthKey is the month in the printer's zone, "2018-05".
func (p *Printer) MonthKey(t time.Time) string { return t.In(p.Zone).Format("2006-01") }

// Duration is a length of time in at most two parts: "1 h 19 min", "2 d 3 h",
// "less than a minute".
func (p *Printer) Duration(d time.Duration) string {
	m := int(d / time.Minute)
	if m < 1 {
		return p.T("duration.short")
	}
	var parts []string
	add := func(n int, unit string) {
		if n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit))
		}
	}
	add(m/1440, p.T("duration.d"))
	add(m%1440/60, p.T("duration.h"))
	if m < 1440 {
		add(m%60, p.T("duration.min"))
	}
	return strings.Join(parts, " ")
}
