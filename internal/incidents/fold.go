package incidents

import (
	"cmp"
	"slices"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
)

// Folded is what the updates of an incident add up to.
type Folded struct {
	State        State
	BegunAt      *time.Time // of maintenance: the first update that says it began
	MonitoringAt *time.Time // first monitoring
	ResolvedAt   *time.Time // the resolving update, while it is the last word
	NextUpdateBy *time.Time
	Affected     map[int64]components.Status // last status said of each attached component
	Empty        bool                        // nothing is left: every update was withdrawn
}

// Fold computes an incident from its updates. Withdrawn ones do not count; the
// order is that of Position.
func Fold(kind Kind, updates []Update) Folded {
	f := Folded{Empty: true, Affected: map[int64]components.Status{}}
	for _, u := range inOrder(updates) {
		if u.WithdrawnAt != nil {
			continue
		}
		f.Empty = false
		f.State, f.NextUpdateBy = u.State, u.NextUpdateBy
		if u.State == Monitoring && f.MonitoringAt == nil {
			f.MonitoringAt = &u.HappenedAt
		}
		if kind == KindMaintenance && u.State != Scheduled && f.BegunAt == nil {
			f.BegunAt = &u.HappenedAt
		}
		f.ResolvedAt = nil
		if u.State.Done() {
			f.NextUpdateBy = nil
			f.ResolvedAt = resolvedAt(updates, u)
		}
		for _, c := range u.Components {
			f.Affected[c.ComponentID] = c.NewStatus
		}
	}
	return f
}

// begun is when a maintenance began, or is to begin. One that was completed
// without a word of its start began as planned, unless it was over before.
func begun(i Incident, f Folded) time.Time {
	planned := i.StartedAt
	if i.ScheduledFor != nil {
		planned = *i.ScheduledFor
	}
	switch {
	case f.BegunAt == nil:
		return planned
	case f.ResolvedAt != nil && f.BegunAt.Equal(*f.ResolvedAt) && planned.Before(*f.BegunAt):
		return planned
	}
	return *f.BegunAt
}

// ShownImpact is the impact of an incident as readers may know it: what staff
// set, or what CONTRACT 5.2 computes from its updates, the worst there was.
// Components that are not seen weigh nothing: a colour that nothing on the page
// explains would tell of them.
func (i Incident) ShownImpact(updates []Update, seen func(component int64) bool) components.Indicator {
	switch {
	case i.ImpactOverride != "":
		return i.ImpactOverride
	case i.Kind == KindMaintenance:
		return components.Maint
	}
	worst := components.None
	affected := map[int64]components.Status{}
	for _, u := range inOrder(updates) {
		if u.WithdrawnAt != nil {
			continue
		}
		for _, c := range u.Components {
			if seen(c.ComponentID) {
				affected[c.ComponentID] = c.NewStatus
			}
		}
		worst = worse(worst, impactOf(affected))
	}
	return worst
}

// resolvedAt is when the run of done updates that ends with u began: a later
// word of thanks does not move the moment of resolution.
func resolvedAt(updates []Update, u Update) *time.Time {
	at := u.HappenedAt
	sorted := inOrder(updates)
	for i := len(sorted) - 1; i >= 0; i-- {
		x := sorted[i]
		if x.WithdrawnAt != nil || x.Position >= u.Position {
			continue
		}
		if !x.State.Done() {
			break
		}
		at = x.HappenedAt
	}
	return &at
}

func inOrder(updates []Update) []Update {
	out := slices.Clone(updates)
	slices.SortStableFunc(out, func(a, b Update) int { return cmp.Compare(a.Position, b.Position) })
	return out
}

// impactOf is CONTRACT 5.2: the table of 5.1 over the attached components.
// Maintenance statuses inside an unplanned incident weigh nothing.
func impactOf(affected map[int64]components.Status) components.Indicator {
	all := make([]components.Status, 0, len(affected))
	for _, s := range affected {
		all = append(all, s)
	}
	if i := components.Indicate(all); i != components.Maint {
		return i
	}
	return components.None
}

func worse(a, b components.Indicator) components.Indicator {
	if b.Rank() > a.Rank() {
		return b
	}
	return a
}

// step says whether an incident in state from may take a post in state to.
// Unplanned incidents move in any direction, also back; a resolved one opens
// again only deliberately. Maintenance moves forward, or stays.
func step(kind Kind, from, to State, reopen bool) error {
	if !kind.Has(to) {
		return fault.At("state", "incident.state")
	}
	switch {
	case from == "" || from == to:
		return nil
	case kind == KindMaintenance && kind.rank(to) < kind.rank(from) && !(from == Verifying && to == InProgress) && !reopen:
		return fault.At("state", "maintenance.step", "From", string(from), "To", string(to))
	case from.Done() && !reopen:
		return fault.At("state", "incident.resolved_needs_reopen")
	}
	return nil
}

// place finds the position for an update that happened at t: after the last
// one that happened before or at the same time. An update that is not
// back-dated goes last whatever the clock says, so that a clock which was set
// back reorders nothing (R4.4).
func place(updates []Update, t time.Time, backdated bool) int {
	last := 0
	for _, u := range updates {
		last = max(last, u.Position)
	}
	if !backdated {
		return last + 1
	}
	pos := last + 1
	sorted := inOrder(updates)
	for i := len(sorted) - 1; i >= 0 && sorted[i].HappenedAt.After(t); i-- {
		pos = sorted[i].Position
	}
	return pos
}

// checkHappened judges the time that something is said to have happened. One
// that is a little ahead comes from a clock that is: it is taken as now, for
// nothing may be on the page, or in the ledger, before it is so.
func checkHappened(field string, at *time.Time, now time.Time, backdate bool) error {
	t := *at
	if t.After(now) && !t.After(now.Add(maxFuture)) {
		*at = now
	}
	switch {
	case t.After(now.Add(maxFuture)):
		return fault.At(field, "time.future")
	case t.Before(now.Add(-maxBackdated)) && !backdate:
		return fault.At(field, "time.backdate")
	}
	return nil
}

// checkWindow judges the window of a maintenance.
func checkWindow(start, end, now time.Time) error {
	var c fault.Collector
	switch {
	case start.IsZero():
		c.Add("start", "field.required")
	case start.After(now.Add(maxAhead)):
		c.Add("start", "time.too_far")
	}
	switch {
	case end.IsZero():
		c.Add("end", "field.required")
	case !end.After(start):
		c.Add("end", "time.end_before_start")
	case end.Sub(start) > maxLong:
		c.Add("end", "time.too_long")
	}
	return c.Err()
}
