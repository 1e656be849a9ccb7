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
// is one system, in English that of the reports which companies already have: a
// full time is Stamp, and what its surroundings say already is left out (Near,
// Clock). Every time of day is on the 24-hour clock and ends in its zone. Names
// and patterns are messages of the catalogue, under date.
const clock = "15:04"

// calendar is how a language writes days: names, from January and from Monday,
// and patterns with {d} {month} {of} {mon} {y} {m} {weekday} {wd} {date} {time}.
type calendar struct {
	months, of, short        []string // "May 2018"; "May 14", where grammar tells them apart; "May"
	weekdays, wd, letters    []string // "Monday"; "Mon"; "Mo"
	date, near, weekday      string   // "May 14, 2018", "May 14", "Mon, May 14"
	stamp, beside, long      string   // with a time: of another year, of this year, with the weekday
	month, runFirst, runLast string   // "May 2018"; the ends of a run of days within a month
	decimal, percent, comma  string
}

func newCalendar(p *Printer) *calendar {
	names := func(key string) []string { return strings.Split(p.T(key), "|") }
	return &calendar{
		months: names("date.months"), of: names("date.months.of"), short: names("date.months.short"),
		weekdays: names("date.weekdays"), wd: names("date.weekdays.short"), letters: names("date.weekdays.letters"),
		date: p.T("date.day"), near: p.T("date.day.near"), weekday: p.T("date.day.weekday"),
		stamp: p.T("date.stamp"), beside: p.T("date.near"), long: p.T("date.long"),
		month: p.T("date.month"), runFirst: p.T("date.run.first"), runLast: p.T("date.run.last"),
		decimal: p.T("number.decimal"), percent: p.T("number.percent"), comma: p.T("list.comma"),
	}
}

// fill writes a pattern for a day that is in its zone already.
func (c *calendar) fill(pattern string, t time.Time) string {
	m, w := int(t.Month())-1, (int(t.Weekday())+6)%7
	return strings.NewReplacer(
		"{d}", strconv.Itoa(t.Day()), "{m}", strconv.Itoa(m+1), "{y}", strconv.Itoa(t.Year()),
		"{month}", c.months[m], "{of}", c.of[m], "{mon}", c.short[m], "{weekday}", c.weekdays[w], "{wd}", c.wd[w],
	).Replace(pattern)
}

// timed sets a day and a time of day into a pattern.
func timed(pattern, date, clock string) string {
	return strings.NewReplacer("{date}", date, "{time}", clock).Replace(pattern)
}

// Stamp is a full time: "May 14, 2018 - 14:08 EDT".
func (p *Printer) Stamp(t time.Time) string { return timed(p.cal.stamp, p.Date(t), p.Clock(t)) }

// Near is a time beside others of ref: "14:08 EDT" on the same day, else
// "May 14, 14:08 EDT", and all of Stamp in another year.
func (p *Printer) Near(t, ref time.Time) string {
	a, b := t.In(p.Zone), ref.In(p.Zone)
	switch {
	case p.DayKey(a) == p.DayKey(b):
		return p.Clock(t)
	case a.Year() == b.Year():
		return timed(p.cal.beside, p.cal.fill(p.cal.near, a), p.Clock(t))
	}
	return p.Stamp(t)
}

// Clock is the time of day: "14:08 EDT".
func (p *Printer) Clock(t time.Time) string { return p.Time(t) + " " + p.ZoneLabel(t) }

// Time is the time of day beside one that has its zone: "14:08".
func (p *Printer) Time(t time.Time) string { return t.In(p.Zone).Format(clock) }

// DayTime is Time with its day, beside one that has its zone: "May 14, 14:08".
func (p *Printer) DayTime(t time.Time) string {
	return timed(p.cal.beside, p.cal.fill(p.cal.near, t.In(p.Zone)), p.Time(t))
}

// Range is a span of time that names its day once where it can:
// "Sunday, May 27, 2018 - 02:00 to 03:30 EDT". A change of offset inside shows both labels.
func (p *Printer) Range(from, to time.Time) string {
	long := func(t time.Time) string {
		return timed(p.cal.fill(p.cal.long, t.In(p.Zone)), p.Date(t), p.Time(t))
	}
	head, tail := long(from), p.Time(to)
	if p.ZoneLabel(from) != p.ZoneLabel(to) {
		head += " " + p.ZoneLabel(from)
	}
	if p.DayKey(from) != p.DayKey(to) {
		tail = long(to)
	}
	return p.T("date.range", "From", head, "To", tail+" "+p.ZoneLabel(to))
}

// Date is a day: "May 14, 2018".
func (p *Printer) Date(t time.Time) string { return p.cal.fill(p.cal.date, t.In(p.Zone)) }

// Weekday is a day at the head of a list: "Mon, May 14".
func (p *Printer) Weekday(t time.Time) string { return p.cal.fill(p.cal.weekday, t.In(p.Zone)) }

// Tile is a day as a leaf of a calendar has it: "27", "May", "Sun".
func (p *Printer) Tile(t time.Time) (day, month, weekday string) {
	l := t.In(p.Zone)
	return strconv.Itoa(l.Day()), p.cal.fill("{mon}", l), p.cal.fill("{wd}", l)
}

// DayName is the name of a day of the week.
type DayName struct{ Long, Short string }

// Weekdays are the heads of a calendar, from Monday.
func (p *Printer) Weekdays() []DayName {
	out := make([]DayName, 0, 7)
	for n, name := range p.cal.weekdays {
		out = append(out, DayName{Long: name, Short: p.cal.letters[n]})
	}
	return out
}

// Days are the two ends of a run of days, which name month and year once where
// they can: "May 15" and "22", "Jul 22" and "Aug 5". One day has no second end.
func (p *Printer) Days(from, to time.Time) (first, last string) {
	a, b := from.In(p.Zone), to.In(p.Zone)
	switch {
	case p.DayKey(a) == p.DayKey(b):
		return p.cal.fill(p.cal.near, a), ""
	case a.Year() != b.Year():
		return p.Date(a), p.Date(b)
	case a.Month() == b.Month():
		return p.cal.fill(p.cal.runFirst, a), p.cal.fill(p.cal.runLast, b)
	}
	return p.cal.fill(p.cal.near, a), p.cal.fill(p.cal.near, b)
}

// Month is "May 2018".
func (p *Printer) Month(t time.Time) string { return p.cal.fill(p.cal.month, t.In(p.Zone)) }

// MonthName is "May".
func (p *Printer) MonthName(m time.Month) string { return p.cal.months[m-1] }

// DayKey is the day in the printer's zone, "2018-05-14".
func (p *Printer) DayKey(t time.Time) string { return t.In(p.Zone).Format("2006-01-02") }

// MonthKey is the month in the printer's zone, "2018-05".
func (p *Printer) MonthKey(t time.Time) string { return t.In(p.Zone).Format("2006-01") }

// Percent prints hundredths of a percent: 9997 is "99.97%", 10000 is "100%".
func (p *Printer) Percent(hundredths int) string {
	n := strconv.Itoa(hundredths / 100)
	if hundredths%100 != 0 {
		n += fmt.Sprintf("%s%02d", p.cal.decimal, hundredths%100)
	}
	return strings.Replace(p.cal.percent, "{n}", n, 1)
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
			parts = append(parts, p.T(unit, "Count", n))
		}
	}
	add(m/1440, "duration.d")
	add(m%1440/60, "duration.h")
	if m < 1440 {
		add(m%60, "duration.min")
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return p.T("duration.two", "A", parts[0], "B", parts[1])
}
