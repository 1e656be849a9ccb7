package incidents

import (
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/pages"
)

// Telling is what sort of message an announcement makes.
type Telling string

// The tellings.
const (
	TellNew         Telling = "new"      // an incident begins
	TellUpdate      Telling = "update"   // news of one
	TellResolved    Telling = "resolved" // it is over
	TellPostmortem  Telling = "postmortem"
	TellMaintenance Telling = "maintenance" // planned, started, verifying or completed
	TellConfirm     Telling = "confirm"     // to one address: is it you?
)

// Announcement is what is to be told, frozen as it was posted: the text comes
// from here and not from the row as it may be by then. It is stored as JSON
// inside the outbox, which no other program reads; the wire has its own types.
type Announcement struct {
	Telling        Telling
	IncidentID     int64
	UpdateID       int64
	IncidentCode   string
	UpdateCode     string
	Title          string
	State          State
	Label          string // the state's value, or "update" (CONTRACT 1.7)
	FellBack       bool
	HTML           string // of the new text only
	Plain          string
	Lead           string // its first sentence, for the preheader
	HappenedAt     time.Time
	PostedAt       time.Time // when it was told; may be long after it happened
	StartedAt      time.Time
	ResolvedAt     *time.Time
	ScheduledFor   *time.Time
	ScheduledUntil *time.Time
	NextUpdateBy   *time.Time
	Affected       []AnnouncedComponent
	PageAllWell    bool   // nothing on the page has a problem after this
	Ends           bool   // start or end: goes also to who wants only those
	Subject        string // of a letter (postmortem); else made from state and title
}

// AnnouncedComponent is an affected component as the message names it.
type AnnouncedComponent struct {
	ID     int64
	Name   string
	Group  string
	Status components.Status
}

// Announcer keeps what is to be told in the transaction of the act that says
// it. notify.Outbox implements it.
type Announcer interface {
	// Announce stores the announcement; it leaves after the page's hold.
	Announce(tx *db.Tx, page pages.Page, a Announcement) error
	// Amend changes the announcement of an update that is still held; a no-op
	// once it left.
	Amend(tx *db.Tx, update int64, change func(*Announcement)) error
	// Cancel keeps the announcement of an update from leaving, or stops what
	// did not leave yet. held reports whether not one message had left.
	Cancel(tx *db.Tx, update int64) (held bool, err error)
	// CancelLetter is Cancel for the newest letter about an incident's postmortem.
	CancelLetter(tx *db.Tx, incident int64) (held bool, err error)
}
