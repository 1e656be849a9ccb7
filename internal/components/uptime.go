package components

import (
	"math/bits"
	"slices"
	"time"
)

// Period is a stretch of time in one status: the part of a Span that uptime is
// made of. To is zero until further notice.
type Period struct {
	Status   Status
	From, To time.Time
}

// Weights say how much of the time in a status counts as down, in percent.
// Maintenance never counts: it was announced.
type Weights struct{ Major, Partial, Degraded int }

// DefaultWeights are those of a page that chose none.
var DefaultWeights = Weights{Major: 100, Partial: 30, Degraded: 0}

// Valid reports whether each weight is between 0 and 100.
func (w Weights) Valid() bool {
	return !slices.ContainsFunc([]int{w.Major, w.Partial, w.Degraded}, func(n int) bool { return n < 0 || n > 100 })
}

// of is the weight of a status, in percent.
func (w Weights) of(s Status) int64 {
	switch s {
	case MajorOutage:
		return int64(w.Major)
	case PartialOutage:
		return int64(w.Partial)
	case Degraded:
		return int64(w.Degraded)
	}
	return 0
}

// Tally is how long something was in each status, by rank. Time that nothing is
// known of is in none of them.
type Tally [len(statuses)]time.Duration

// In is the time in a status.
func (t Tally) In(s Status) time.Duration {
	if r := s.Rank(); r >= 0 {
		return t[r]
	}
	return 0
}

// Known is the time that something is known of.
func (t Tally) Known() (sum time.Duration) {
	for _, d := range t {
		sum += d
	}
	return sum
}

// Plus adds two tallies.
func (t Tally) Plus(o Tally) Tally {
	for n := range t {
		t[n] += o[n]
	}
	return t
}

// Worst is the worst status that took any time; operational for none.
func (t Tally) Worst() Status {
	for n := len(statuses) - 1; n > 0; n-- {
		if t[n] > 0 {
			return statuses[n]
		}
	}
	return Operational
}

// Trouble is the time in a status other than working, and the worst of them.
// Maintenance counts only where nothing worse happened.
func (t Tally) Trouble() (worst Status, d time.Duration) {
	worst = t.Worst()
	if worst == Operational || worst == Maintenance {
		return worst, t.In(worst)
	}
	for _, s := range statuses {
		if s.Rank() > Maintenance.Rank() {
			d += t.In(s)
		}
	}
	return worst, d
}

// Percent is an uptime in hundredths of a percent: 9999 is 99.99 %.
type Percent int

// Uptime is the share of the known time that was not down, cut and never
// rounded up: 99.996 % is 9999. ok is false when nothing is known.
func (t Tally) Uptime(w Weights) (p Percent, ok bool) {
	known := int64(t.Known() / time.Millisecond)
	if known <= 0 {
		return 0, false
	}
	var down int64 // milliseconds, times 100
	for _, s := range statuses {
		down += int64(t.In(s)/time.Millisecond) * w.of(s)
	}
	up := max(0, known*100-down)
	// up/(known*100) in 10,000ths; centuries of thousands of components fit.
	hi, lo := bits.Mul64(uint64(up), 10_000) //nolint:gosec // up is not negative
	q, _ := bits.Div64(hi, lo, uint64(known)*100)
	return Percent(q), true //nolint:gosec // at most 10,000
}

// Measure tallies the part of the periods inside [from, to). They must not
// overlap.
func Measure(ps []Period, from, to time.Time) Tally {
	var t Tally
	for _, p := range ps {
		a, b := p.From, p.To
		if a.Before(from) {
			a = from
		}
		if b.IsZero() || b.After(to) {
			b = to
		}
		if r := p.Status.Rank(); r >= 0 && b.After(a) {
			t[r] += b.Sub(a)
		}
	}
	return t
}

// Day is one day of a zone. It has 23, 24 or 25 hours, or other numbers where
// clocks moved otherwise.
type Day struct {
	From, To time.Time // its first instant, and that of the next day
	Tally    Tally
}

// Key is the day as "2006-01-02".
func (d Day) Key() string { return d.From.Format(time.DateOnly) }

// Days tallies each day that has an instant in [from, to), in the zone of from.
// The first and the last may be cut by from and to; periods must be in order
// and must not overlap.
func Days(ps []Period, from, to time.Time) []Day {
	return Fill(Calendar(from, to), ps, from, to)
}

// Calendar are the days that have an instant in [from, to), in the zone of
// from, without tallies. Many components share one.
func Calendar(from, to time.Time) []Day {
	var out []Day
	for day := StartOfDay(from); day.Before(to); {
		next := NextDay(day)
		out = append(out, Day{From: day, To: next})
		day = next
	}
	return out
}

// Fill is Days with the calendar of from and to, which stays as it is.
func Fill(calendar []Day, ps []Period, from, to time.Time) []Day {
	out := slices.Clone(calendar)
	n := 0
	for k := range out {
		a, b := out[k].From, out[k].To
		if a.Before(from) {
			a = from
		}
		if b.After(to) {
			b = to
		}
		for n < len(ps) && !ps[n].To.IsZero() && !ps[n].To.After(a) {
			n++ // over before this day
		}
		if r := whole(ps, n, a, b); r >= 0 { // of most days
			out[k].Tally[r] = b.Sub(a)
			continue
		}
		m := n
		for m < len(ps) && ps[m].From.Before(b) {
			m++
		}
		out[k].Tally = Measure(ps[n:m], a, b)
	}
	return out
}

// whole is the rank of the n-th period if it holds all of [a, b), else -1.
func whole(ps []Period, n int, a, b time.Time) int {
	if n < len(ps) && !ps[n].From.After(a) && (ps[n].To.IsZero() || !ps[n].To.Before(b)) && b.After(a) {
		return ps[n].Status.Rank()
	}
	return -1
}

// StartOfDay is the first instant of t's day in t's zone. It is not always
// midnight: some clocks jump over it, and some show it twice.
func StartOfDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return startOf(y, m, d, t.Location())
}

// NextDay is the first instant of the day after t's.
func NextDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return startOf(y, m, d+1, t.Location())
}

func startOf(y int, m time.Month, d int, zone *time.Location) time.Time {
	// Noon exists on every day and names it, whatever the clocks do at night.
	noon := time.Date(y, m, d, 12, 0, 0, 0, zone)
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	same := func(t time.Time) bool { return t.Day() == noon.Day() && t.Month() == noon.Month() }
	const step = 15 * time.Minute // clocks move by quarters of an hour
	for !same(t) {
		t = t.Add(step)
	}
	for same(t.Add(-step)) {
		t = t.Add(-step)
	}
	return t
}

// Clip is the part of the periods from a moment on, as for a component whose
// uptime counts from its start date.
func Clip(ps []Period, from time.Time) []Period {
	out := make([]Period, 0, len(ps))
	for _, p := range ps {
		if !p.To.IsZero() && !p.To.After(from) {
			continue
		}
		if p.From.Before(from) {
			p.From = from
		}
		out = append(out, p)
	}
	return out
}

// Periods are the periods of spans, in their order.
func Periods(spans []Span) []Period {
	out := make([]Period, 0, len(spans))
	for _, s := range spans {
		p := Period{Status: s.Status, From: s.ValidFrom}
		if s.ValidTo != nil {
			p.To = *s.ValidTo
		}
		out = append(out, p)
	}
	return out
}
