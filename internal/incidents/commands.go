package incidents

import (
	"time"

	"github.com/statusd/statusd/internal/components"
)

// Commands. Field names in faults are those of the forms: title, state, body,
// components, started_at, happened_at, next_update_by, impact, start, end.
//
// Key is a form token or an idempotency key: sent again, it does nothing and
// gives the first result (R15.2). Sent is a digest of what came with it: another
// content under the same key is a Conflict, not a thing already done.

// NoneYet is the Expect of a form that was opened when there was nothing yet.
const NoneYet = -1

// Report opens an incident.
type Report struct {
	Page         int64
	Title        string
	State        State // empty: investigating
	Body         string
	Components   []components.Change
	Impact       components.Indicator // override; empty: computed
	StartedAt    time.Time            // zero: now, or HappenedAt if that is given
	HappenedAt   time.Time            // of the first update; zero: now
	NextUpdateBy time.Time            // the promise; zero: none
	Backdate     bool                 // ticked: times more than 30 days back are meant
	Notify       bool
	Key          string
	Sent         string
	Code         string // import only: keep this code
	Cause        components.Cause
}

// Post adds an update to an incident or maintenance.
type Post struct {
	Page           int64
	Incident       string // code
	State          State  // empty: unchanged
	Body           string
	Components     []components.Change
	AllOperational bool // also set every affected component operational
	HappenedAt     time.Time
	NextUpdateBy   time.Time
	Backdate       bool
	Reopen         bool // ticked: a resolved incident opens again
	Notify         bool
	Expect         int64 // the incident's revision that the form was opened on; 0: do not check
	Key            string
	Sent           string
	Code           string // import only
	Cause          components.Cause
}

// Correct changes the wording or the time of an update. Nobody is mailed.
type Correct struct {
	Page       int64
	Update     string // code
	Body       string
	HappenedAt time.Time // zero: unchanged
	Backdate   bool
	Expect     int64 // the update's revision; 0: do not check
}

// Withdraw takes an update off the page. It stays in the ledger. The component
// statuses that it set and that still stand go back to what they were.
type Withdraw struct {
	Page   int64
	Update string // code
	Undo   bool   // within the hold only: refuse once messages left
}

// Edit changes an incident's own facts.
type Edit struct {
	Page      int64
	Incident  string
	Title     string
	StartedAt time.Time            // zero: unchanged
	Impact    components.Indicator // override; empty: computed
	Start     time.Time            // maintenance window; zero: unchanged
	End       time.Time
	Backdate  bool
	Expect    int64
}

// Plan announces a scheduled maintenance.
type Plan struct {
	Page       int64
	Title      string
	Body       string
	Components []string // codes
	Start, End time.Time
	Notify     bool
	Key        string
	Sent       string
	Code       string // import only: keep this code
}

// SavePostmortem stores the draft; readers see nothing of it.
type SavePostmortem struct {
	Page     int64
	Incident string
	Body     string
	Expect   int64 // the postmortem's revision, or NoneYet; 0: do not check
}

// PublishPostmortem publishes the given text, or corrects what is published.
type PublishPostmortem struct {
	Page        int64
	Incident    string
	Body        string
	PublishedAt time.Time // import and back-dating; zero: now
	Backdate    bool
	Notify      bool
	Subject     string // of the letter; empty: made from the title
	Letter      string // Markdown of the letter; empty: the whole postmortem
	Expect      int64
	Key         string
	Sent        string
	Cause       components.Cause // CauseImport: readers saw it at PublishedAt, elsewhere
}
