package components

import (
	"slices"
	"time"
)

// Cause says why a component was in a status.
type Cause string

// The causes.
const (
	CauseStart       Cause = "start" // the component was added
	CauseManual      Cause = "manual"
	CauseIncident    Cause = "incident"
	CauseMaintenance Cause = "maintenance"
	CauseImport      Cause = "import"
	CauseUpstream    Cause = "upstream"
	CauseAPI         Cause = "api"
)

// Span is a row of component_spans: the component was in Status from ValidFrom
// until before ValidTo (nil: until further notice); so we said from RecordedAt
// until SupersededAt (nil: we still say so).
type Span struct {
	ID           int64
	PageID       int64
	ComponentID  int64
	Status       Status
	ValidFrom    time.Time
	ValidTo      *time.Time
	RecordedAt   time.Time
	SupersededAt *time.Time
	Cause        Cause
	IncidentID   *int64
	UpdateID     *int64
	AuthorID     *int64
	AuthorName   string

	Version           int64  // the page version that said so
	SupersededVersion *int64 // and the one that took it back
}

// Why is the part of a span that says who set it and for what reason.
type Why struct {
	Cause      Cause
	IncidentID *int64
	UpdateID   *int64
	AuthorID   *int64
	AuthorName string
}

// contains reports whether t is in the span.
func (s Span) contains(t time.Time) bool {
	return !t.Before(s.ValidFrom) && (s.ValidTo == nil || t.Before(*s.ValidTo))
}

// overlaps reports whether the span has an instant in [from, to).
func (s Span) overlaps(from time.Time, to *time.Time) bool {
	return (to == nil || s.ValidFrom.Before(*to)) && (s.ValidTo == nil || s.ValidTo.After(from))
}

// says reports whether the span says the same as other, for the same reason.
func (s Span) says(other Span) bool {
	return s.Status == other.Status && s.Cause == other.Cause && equal(s.IncidentID, other.IncidentID) && equal(s.UpdateID, other.UpdateID)
}

func equal(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// Runs makes one span of neighbours in which an incident said the same of a
// component several times: for those who read it, that is one stretch of time.
// The spans must be ordered by component and time.
func Runs(spans []Span) []Span {
	var out []Span
	for _, s := range spans {
		if n := len(out) - 1; n >= 0 && out[n].ComponentID == s.ComponentID && out[n].Status == s.Status && equal(out[n].IncidentID, s.IncidentID) && out[n].ValidTo != nil && out[n].ValidTo.Equal(s.ValidFrom) {
			out[n].ValidTo = s.ValidTo
			continue
		}
		out = append(out, s)
	}
	return out
}

// rewrite says which of the live spans of one component are superseded and
// which are added when the component is said to have been in status during
// [from, to). What is left of a span on either side is added again with its
// own cause; neighbours that then say the same become one. live must be sorted
// by ValidFrom and must not overlap.
func rewrite(live []Span, status Status, from time.Time, to *time.Time, why Why) (superseded, added []Span) {
	for _, s := range live {
		if !s.overlaps(from, to) {
			continue
		}
		superseded = append(superseded, s)
		if s.ValidFrom.Before(from) {
			left := s
			left.ValidTo = &from
			added = append(added, left)
		}
		if to != nil && (s.ValidTo == nil || s.ValidTo.After(*to)) {
			right := s
			right.ValidFrom = *to
			added = append(added, right)
		}
	}
	added = append(added, Span{
		Status: status, ValidFrom: from, ValidTo: to,
		Cause: why.Cause, IncidentID: why.IncidentID, UpdateID: why.UpdateID, AuthorID: why.AuthorID, AuthorName: why.AuthorName,
	})
	slices.SortFunc(added, func(a, b Span) int { return a.ValidFrom.Compare(b.ValidFrom) })
	for _, s := range live {
		first, last := added[0], added[len(added)-1]
		switch {
		case s.ValidTo != nil && s.ValidTo.Equal(first.ValidFrom) && s.says(first):
			superseded, added = append(superseded, s), append([]Span{s}, added...)
		case last.ValidTo != nil && last.ValidTo.Equal(s.ValidFrom) && s.says(last):
			superseded, added = append(superseded, s), append(added, s)
		}
	}
	return superseded, joined(added)
}

// joined makes one span of neighbours that say the same.
func joined(spans []Span) []Span {
	out := spans[:1:1]
	for _, s := range spans[1:] {
		if last := &out[len(out)-1]; last.says(s) {
			last.ValidTo = s.ValidTo
			continue
		}
		out = append(out, s)
	}
	return out
}

// at finds the live span that holds t, or the first one when t is before all
// of them; nil for none.
func at(live []Span, t time.Time) *Span {
	for i := range live {
		if live[i].contains(t) {
			return &live[i]
		}
	}
	if len(live) > 0 && t.Before(live[0].ValidFrom) {
		return &live[0]
	}
	return nil
}

// since is when the component came into the status of a live span: the same may
// have been said several times in a row.
func since(live []Span, s Span) time.Time {
	from := s.ValidFrom
	for i := len(live) - 1; i >= 0; i-- {
		if x := live[i]; x.ValidTo != nil && x.ValidTo.Equal(from) && x.Status == s.Status {
			from = x.ValidFrom
		}
	}
	return from
}

// nextChange is when the status after t changes next according to live, or nil.
func nextChange(live []Span, t time.Time) *time.Time {
	if len(live) > 0 && t.Before(live[0].ValidFrom) && live[0].Cause != CauseStart {
		return &live[0].ValidFrom
	}
	// The first span only says that the component was added then. A page set up
	// in the middle of an outage is told afterwards when that began.
	if s := at(live, t); s != nil {
		return s.ValidTo
	}
	return nil
}
