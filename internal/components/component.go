// Package components holds what customers rely on: components and their
// groups, the ladder of statuses, and the ledger of spans that says when each
// component was in which status.
//
// The ledger is append-only and bitemporal. A span says when something was so
// (valid) and when we said so (recorded, superseded). Every change, correction
// included, supersedes rows and adds others; nothing is updated or deleted,
// which the schema enforces too. So the page "as it stood at" any moment can
// be read back, and uptime follows every correction.
//
// Rules are pure functions in this file and span.go; SQL is in store.go. The
// package knows no incident beyond its id, and no HTTP.
package components

import (
	"time"
)

// Status is the status of a component, by its API value.
type Status string

// The statuses, best first.
const (
	Operational   Status = "operational"
	Maintenance   Status = "under_maintenance"
	Degraded      Status = "degraded_performance"
	PartialOutage Status = "partial_outage"
	MajorOutage   Status = "major_outage"
)

// Statuses are all of them, best first.
var statuses = [...]Status{Operational, Maintenance, Degraded, PartialOutage, MajorOutage}

// Statuses are all statuses, best first.
func Statuses() []Status { return statuses[:] }

// Rank is the place on the ladder, 0 for operational; -1 for an unknown value.
func (s Status) Rank() int {
	for i, x := range statuses {
		if x == s {
			return i
		}
	}
	return -1
}

// Valid reports whether s is one of the five.
func (s Status) Valid() bool { return s.Rank() >= 0 }

// Mark is the short name that marks, classes and icons use: ok, slow, part,
// down, maint.
func (s Status) Mark() string {
	switch s {
	case Operational:
		return "ok"
	case Degraded:
		return "slow"
	case PartialOutage:
		return "part"
	case MajorOutage:
		return "down"
	case Maintenance:
		return "maint"
	}
	return "none"
}

// Worst is the worst of the statuses; operational for none (CONTRACT 5.3).
func Worst(all ...Status) Status {
	w := Operational
	for _, s := range all {
		if s.Rank() > w.Rank() {
			w = s
		}
	}
	return w
}

// Indicator is the state of a set of components as machines read it.
type Indicator string

// The indicators of CONTRACT 5.1.
const (
	None     Indicator = "none"
	Minor    Indicator = "minor"
	Major    Indicator = "major"
	Critical Indicator = "critical"
	Maint    Indicator = "maintenance"
)

// Rank orders impacts: none, maintenance, minor, major, critical.
func (i Indicator) Rank() int {
	switch i {
	case Maint:
		return 1
	case Minor:
		return 2
	case Major:
		return 3
	case Critical:
		return 4
	}
	return 0
}

// Indicate applies the table of CONTRACT 5.1, first match wins.
func Indicate(all []Status) Indicator {
	var n [len(statuses)]int
	for _, s := range all {
		if r := s.Rank(); r >= 0 {
			n[r]++
		}
	}
	total := len(all)
	major, partial, degraded, maint := n[MajorOutage.Rank()], n[PartialOutage.Rank()], n[Degraded.Rank()], n[Maintenance.Rank()]
	switch {
	case total == 0:
		return None
	case major == total:
		return Critical
	case major > 0 || partial == total:
		return Major
	case partial > 0, degraded > 0:
		return Minor
	case maint > 0:
		return Maint
	}
	return None
}

// Describe is the headline of CONTRACT 5.1 for the public API.
func Describe(all []Status) string {
	counts := map[Status]int{}
	for _, s := range all {
		counts[s]++
	}
	total := len(all)
	switch {
	case total == 0:
		return "All Systems Operational"
	case counts[MajorOutage] == total:
		return "Major System Outage"
	case counts[MajorOutage] > 0, counts[PartialOutage] == total:
		return "Partial System Outage"
	case counts[PartialOutage] > 0:
		return "Minor Service Outage"
	case counts[Degraded] == total:
		return "Degraded System Service"
	case counts[Degraded] > 0:
		return "Partially Degraded Service"
	case counts[Maintenance] > 0:
		return "Service Under Maintenance"
	}
	return "All Systems Operational"
}

// Group is a row of component_groups.
type Group struct {
	ID          int64
	PageID      int64
	Code        string
	Name        string
	Description string
	Position    int
	// ChangedVersion is the page version that wrote the row last.
	ChangedVersion int64
	CreatedAt      time.Time
	UpdatedAt      time.Time
	ArchivedAt     *time.Time
}

// Component is a row of components.
type Component struct {
	ID          int64
	PageID      int64
	GroupID     *int64
	Code        string
	Name        string
	Description string
	Status      Status
	StatusSince time.Time
	Position    int
	StartDate   string // "2006-01-02" in the page's zone, or empty: uptime counts from it
	Hidden      bool   // not on the page, nor anywhere a reader looks
	Showcase    bool   // its uptime is shown
	// ChangedVersion is the page version that wrote the row last.
	ChangedVersion int64
	CreatedAt      time.Time
	UpdatedAt      time.Time
	ArchivedAt     *time.Time
}

// Visible reports whether a reader may know of the component.
func (c Component) Visible() bool { return !c.Hidden && c.ArchivedAt == nil }

// Change sets one component, named by its code, to a status.
type Change struct {
	Component string
	Status    Status
	// Attach only names the component: nothing is said of its status, which may
	// be anything by the time that matters.
	Attach bool
	// Archived allows for one that left the page since it was named.
	Archived bool
}

// Applied is a change that was made.
type Applied struct {
	Component Component // as it is now
	Old, New  Status
}
