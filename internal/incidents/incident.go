// Package incidents is the writing half: the story of an outage, its rules, and
// the desk at which staff act.
//
// An incident is a row that is wholly computed from its updates (Fold): its
// state, when it was resolved, what the next promise is. So correcting or
// withdrawing an update is the same act as posting one: change the list, fold
// again. Scheduled maintenance is an incident of the kind Maintenance, with a
// ladder of its own.
//
// Everything staff do to what readers see goes through Desk, whichever door it
// came in by (form, command, API, clock), with an auth.Actor. Each act is one
// transaction: rows, spans, revisions, audit and the announcement of it.
//
// incident.go has types and pure rules; fold.go computes an incident from its
// updates; desk.go and the files named after acts do them; store.go has the
// SQL; asof.go reads the page as it stood. The package knows no HTTP.
package incidents

import (
	"time"

	"github.com/statusd/statusd/internal/components"
)

// Kind tells an unplanned incident from scheduled maintenance.
type Kind string

// The kinds.
const (
	KindIncident    Kind = "incident"
	KindMaintenance Kind = "maintenance"
)

// State is how far an incident or maintenance is, by its API value.
type State string

// The states, in their usual order.
const (
	Investigating State = "investigating"
	Identified    State = "identified"
	Monitoring    State = "monitoring"
	Resolved      State = "resolved"

	Scheduled  State = "scheduled"
	InProgress State = "in_progress"
	Verifying  State = "verifying"
	Completed  State = "completed"
)

// States are the steps of a kind, in their usual order.
func (k Kind) States() []State {
	if k == KindMaintenance {
		return []State{Scheduled, InProgress, Verifying, Completed}
	}
	return []State{Investigating, Identified, Monitoring, Resolved}
}

// Has reports whether s is a step of the kind.
func (k Kind) Has(s State) bool { return k.rank(s) >= 0 }

func (k Kind) rank(s State) int {
	for i, x := range k.States() {
		if x == s {
			return i
		}
	}
	return -1
}

// Done reports whether nothing more is expected.
func (s State) Done() bool { return s == Resolved || s == Completed }

// Limits (R§11; the update body as the contract allows).
const (
	MaxTitle     = 200
	MaxUpdates   = 1000
	MaxOpen      = 200
	maxAhead     = 365 * 24 * time.Hour
	maxLong      = 30 * 24 * time.Hour
	maxFuture    = time.Hour
	maxBackdated = 30 * 24 * time.Hour
)

// Incident is a row of incidents.
type Incident struct {
	ID             int64
	PageID         int64
	Code           string
	Number         int64 // counts up on the page; feeds know it
	Kind           Kind
	Title          string
	State          State
	Impact         components.Indicator // shown: the override, or what was computed
	ImpactOverride components.Indicator // empty: computed by CONTRACT 5.2
	StartedAt      time.Time            // when the effect began; may be long before the first update
	MonitoringAt   *time.Time
	ResolvedAt     *time.Time
	ScheduledFor   *time.Time
	ScheduledUntil *time.Time
	NextUpdateBy   *time.Time // the promise
	WithdrawnAt    *time.Time
	Revision       int64 // moves with every change; forms carry it as Expect
	ChangedVersion int64 // the page version that changed it last
	AuthorID       *int64
	AuthorName     string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// TableName is the table of the rows.
func (Incident) TableName() string { return "incidents" }

// Update is a row of updates: one timestamped statement.
type Update struct {
	ID           int64
	PageID       int64
	IncidentID   int64
	Code         string
	Position     int // the order in which updates are told, from 1
	State        State
	Body         string // Markdown as typed
	HTML         string `gorm:"column:html"` // rendered when saved
	Plain        string // the same as plain text
	HappenedAt   time.Time
	PostedAt     time.Time
	NextUpdateBy *time.Time
	Notify       bool
	AuthorID     *int64
	AuthorName   string
	EditedAt     *time.Time
	WithdrawnAt  *time.Time
	Revision     int64
	Components   []UpdateComponent `gorm:"-"`
}

// TableName is the table of the rows.
func (Update) TableName() string { return "updates" }

// UpdateComponent is what an update said of one affected component.
type UpdateComponent struct {
	PageID      int64
	UpdateID    int64
	ComponentID int64
	OldStatus   components.Status
	NewStatus   components.Status
}

// TableName is the table of the rows.
func (UpdateComponent) TableName() string { return "update_components" }

// Postmortem is a row of postmortems.
type Postmortem struct {
	ID               int64
	PageID           int64
	IncidentID       int64
	Code             string
	Draft            string // Markdown that staff see
	DraftSavedAt     time.Time
	Body             string // Markdown that was published
	HTML             string `gorm:"column:html"`
	Plain            string
	PublishedAt      *time.Time // nil: readers see none
	FirstPublishedAt *time.Time
	EditedAt         *time.Time // corrected after it was published
	AuthorID         *int64
	AuthorName       string
	Revision         int64
}

// TableName is the table of the rows.
func (Postmortem) TableName() string { return "postmortems" }

// Story is an incident with everything that belongs to it, oldest update first.
type Story struct {
	Incident   Incident
	Updates    []Update // withdrawn ones only where staff ask
	Postmortem *Postmortem
	Revisions  []Revision // of all its texts, oldest first
	// Translations are those of all its texts, also of older wordings; see In.
	Translations []Translation

	shownAt time.Time // of the revisions that an import writes; else zero
}

const labelUpdate = "update"

// Label is what a page or feed calls an update: its state, or "update" when
// the state is that of the update before it (CONTRACT 1.7).
func Label(before, this State) string {
	if before == this {
		return labelUpdate
	}
	return string(this)
}

// FellBack reports whether an update takes the incident back a step, as from
// monitoring to investigating: legal, and shown.
func FellBack(k Kind, before, this State) bool {
	return before != "" && k.rank(this) < k.rank(before)
}
