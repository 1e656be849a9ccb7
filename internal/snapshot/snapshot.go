// Package snapshot is the reading half: an immutable picture of each page, made
// once a version, and its rendered bodies.
//
// A reader's request takes Shelf.Get: never nil once the page is known, never
// a wait, never a query. The picture holds only what a reader may see: what is
// hidden, withdrawn or unpublished is left out while it is built (build.go),
// and page, feeds, API and export are all made from the picture. That is the
// one layer which decides visibility (R7.1).
//
// The last good picture is also on disk (disk.go), in files by month, so that
// the page outlives its database, also through a restart.
//
// Start with Snapshot here, then shelf.go.
package snapshot

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
)

// Page is the public face of a page.
type Page struct {
	ID       int64
	Code     string
	Name     string
	TimeZone string // IANA name
	Language string
	// AutoLanguage: readers get the language of their browser, where there is one of ours.
	AutoLanguage bool
	Words        string // "plain" or "classic"
	SupportURL   string
	ShowUptime   bool
	PastDays     int // days of the past on the home page
	Weights      components.Weights
	// RaiseIndicator: the API's indicator is at least the worst open impact.
	RaiseIndicator bool
	// HideFromSearch: search engines are asked not to list the page.
	HideFromSearch bool
	Default        bool
	Hosts          []string
	BaseURL        string // absolute, no slash at the end; from configuration, never from a request
	SetUp          bool   // somebody went through the set-up
	CreatedAt      time.Time
}

// Snapshot is a page at one version. Nothing in it changes after it was built,
// but for the cache of bodies.
type Snapshot struct {
	Page    Page
	Zone    *time.Location `json:"-"`
	Version int64
	BuiltAt time.Time
	// ChangedAt is when the version was committed: "updated" on page and feeds.
	ChangedAt time.Time
	// AsOf is zero while the picture is current. While the database cannot be
	// used it is the moment for which the picture is true, and pages say so.
	AsOf time.Time
	// Stood is set on the page as it stood at that moment (Shelf.AsOf); zero on
	// the page of now.
	Stood time.Time
	// NotAfter is when the picture must be built again though nothing was
	// written: the next local midnight, or the moment a promise is missed.
	NotAfter time.Time

	Groups []Group // in page order; components without a group stand in groups with an empty name
	Status components.Status
	// Indicator is that of CONTRACT 5.1 over all visible components.
	Indicator components.Indicator

	// Headline is the sentence that staff wrote in place of the automatic one, in
	// the page's own language; empty: the automatic one is shown.
	Headline string `json:",omitempty"`
	// Names are what components and groups are called in other languages.
	Names map[string]Names `json:",omitempty"`

	// Incidents are all of the page, newest first by StartedAt; maintenance too.
	// They speak the page's own language, whatever the picture speaks: see Told.
	Incidents []*Incident
	// CalledOff are maintenances that were announced and then withdrawn: only
	// what a calendar needs to strike them out.
	CalledOff []CalledOff
	// Lives says in which status each component was when, by row id: of those
	// that readers may know, archived ones too, in order and without gaps.
	Lives map[int64][]Period `json:"-"`

	byCode  map[string]*Incident
	tongues *tongues
	chosen  Chosen
	own     string    // the language that staff write in
	root    *Snapshot // that this is In another language of; nil: this one
	told    *sync.Map // of such a picture: *Incident to itself in that language
	byID    map[int64]*Incident
	bodies  *bodies
	days    *atomic.Pointer[calendar] // the last that was asked for
	names   string                    // what the names of components came to when this was built
	index   *index                    // of the components when this was built; nil for a picture from the disk
	tip     tip                       // how far the page's audit went then
	foreign bool                      // another build of statusd made it: it is true, but nothing is built upon it
}

// tip is the last row of a page's audit. Rows are chained by their hashes, so a
// database that has this row has all that was done before it.
type tip struct {
	ID   int64
	Hash string
}

// Group is a group of components as it is shown.
type Group struct {
	ID          int64
	Code        string
	Name        string // empty: these components stand alone
	Description string
	Status      components.Status // the worst inside
	Components  []Component
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Translated  bool `json:"-"` // its name is in the picture's language
}

// Component is a component as it is shown.
type Component struct {
	ID          int64
	Code        string
	Name        string
	Description string
	Status      components.Status
	Since       time.Time
	Position    int
	StartDate   string
	Showcase    bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Translated  bool `json:"-"` // its name is in the picture's language
	Described   bool `json:"-"` // and its description is
}

// CalledOff is the trace of a maintenance that was withdrawn.
type CalledOff struct {
	ID         int64
	Code       string
	From, To   time.Time
	At         time.Time
	Revision   int64
	Components []string // codes of those that readers may know
}

// Period is a stretch of a component's life as the ledger tells it.
type Period struct {
	ID         int64
	Status     components.Status
	From       time.Time
	To         time.Time // zero: until further notice
	Cause      components.Cause
	IncidentID int64 // 0: none
}

// Incident is an incident or maintenance as it is shown.
type Incident struct {
	ID             int64
	Code           string
	Number         int64
	Kind           incidents.Kind
	Title          string
	State          incidents.State
	Impact         components.Indicator
	StartedAt      time.Time
	MonitoringAt   *time.Time
	ResolvedAt     *time.Time // resolved, or completed
	ScheduledFor   *time.Time
	ScheduledUntil *time.Time
	NextUpdateBy   *time.Time // the promise, while open
	Revision       int64      // grows with every change
	CreatedAt      time.Time
	UpdatedAt      time.Time
	Updates        []Update   // newest first; at least one
	Affected       []Affected // in page order; only visible components
	Postmortem     *Postmortem
	Titles         map[string]string `json:",omitempty"` // in other languages
	Translated     bool              `json:"-"`          // the title is in the picture's language

	folded *folded // for Search
}

// Open reports whether more is to be expected.
func (i *Incident) Open() bool { return !i.State.Done() }

// Update is one statement as it is shown.
type Update struct {
	Code         string
	N            int // 1 for the oldest
	State        incidents.State
	Label        string // the state's value, or "update" (CONTRACT 1.7)
	FellBack     bool   // the incident went back a step here
	HTML         string // safe: made by package markdown
	Plain        string
	Body         string // Markdown as typed
	HappenedAt   time.Time
	PostedAt     time.Time
	NextUpdateBy *time.Time
	Notify       bool // subscribers were told
	EditedAt     *time.Time
	Earlier      []Earlier // what it said before it was edited, newest first
	Affected     []Affected
	In           map[string]Wording `json:",omitempty"` // in other languages
	Translated   bool               `json:"-"`          // HTML, Plain and Body are in the picture's language
}

// Earlier is a wording that was replaced.
type Earlier struct {
	HTML       string
	HappenedAt time.Time
	From       time.Time // shown from
	Until      time.Time // until
}

// Affected is a component beside an update or incident.
type Affected struct {
	ID    int64 // row id, for Lives; 0 in pictures that were kept before it was
	Code  string
	Name  string
	Group string            // empty for none
	Old   components.Status // before (of updates; of the incident: before it began)
	New   components.Status // after; of the incident: the last that it said
	// Translated: the name is in the picture's language.
	Translated bool `json:"-"`
}

// FullName is "Group (Component)" as reports of this field print it, or the name.
func (a Affected) FullName() string {
	if a.Group == "" {
		return a.Name
	}
	return a.Group + " (" + a.Name + ")"
}

// Postmortem is a published postmortem.
type Postmortem struct {
	Code        string
	HTML        string // safe: made by package markdown
	Plain       string
	Body        string
	PublishedAt time.Time // first publication
	EditedAt    *time.Time
	AuthorName  string
	Earlier     []Earlier
	In          map[string]Wording `json:",omitempty"` // in other languages
	Translated  bool               `json:"-"`          // HTML, Plain and Body are in the picture's language
}
