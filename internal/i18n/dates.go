package i18n

import (
	"fmt"
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

// Stamp is a full time as the reports of this field print it:
// "May 14, 2018 - 14:08 EDT".
func (p *Printer) Stamp(t time.Time) string {
	return t.In(p.Zone).Format("Jan 2, 2006 - 15:04 ") + p.ZoneLabel(t)
}

// Clock is the time of day: "14:08 EDT".
func (p *Printer) Clock(t time.Time) string { return t.In(p.Zone).Format("15:04 ") + p.ZoneLabel(t) }

// Long is a day and time in running text: "14 May 2018, 14:08 EDT".
func (p *Printer) Long(t time.Time) string {
	return t.In(p.Zone).Format("2 January 2006, 15:04 ") + p.ZoneLabel(t)
}

// Date is a day: "14 May 2018".
func (p *Printer) Date(t time.Time) string { return t.In(p.Zone).Format("2 January 2006") }

// Weekday is a day of a month's list: "Mon 14".
func (p *Printer) Weekday(t time.Time) string { return t.In(p.Zone).Format("Mon 2") }

// Month is "May 2018".
func (p *Printer) Month(t time.Time) string { return t.In(p.Zone).Format("January 2006") }

// DayKey is the day in the printer's zone, "2018-05-14".
func (p *Printer) DayKey(t time.Time) string { return t.In(p.Zone).Format("2006-01-02") }

// MonthKey is the month in the printer's zone, "2018-05".
func (p *Printer) MonthKey(t time.Time) string { return t.In(p.Zone).Format("2006-01") }

// Near is a time beside others of today: "14:08 EDT" on the same day as ref,
// else "14 May, 14:08 EDT", with the year when that differs too.
func (p *Printer) Near(t, ref time.Time) string {
	a, b := t.In(p.Zone), ref.In(p.Zone)
	switch {
	case a.Format("2006-01-02") == b.Format("2006-01-02"):
		return p.Clock(t)
	case a.Year() == b.Year():
		return a.Format("2 January, 15:04 ") + p.ZoneLabel(t)
	}
	return p.Long(t)
}

// Range is a span of time that names its day once where it can:
// "Sunday 27 May 2018, 02:00 to 03:30 EDT". A change of offset inside shows both labels.
func (p *Printer) Range(from, to time.Time) string {
	a, b := from.In(p.Zone), to.In(p.Zone)
	head := a.Format("Monday 2 January 2006, 15:04")
	if p.ZoneLabel(from) != p.ZoneLabel(to) {
		head += " " + p.ZoneLabel(from)
	}
	tail := b.Format("15:04")
	if a.Format("2006-01-02") != b.Format("2006-01-02") {
		tail = b.Format("Monday 2 January 2006, 15:04")
	}
	return p.T("date.range", "From", head, "To", tail+" "+p.ZoneLabel(to))
}

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
