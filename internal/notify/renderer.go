package notify

import (
	"strings"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
)

// Renderer puts an announcement into words: once for all its readers. What
// differs from reader to reader are the slots, placeholders that are replaced
// when a letter leaves. view.Mailer implements it.
type Renderer interface {
	Letter(d Draft) (Words, error)
	// Reason is the sentence that says why somebody gets the letter. For a
	// confirmation it says what was asked for.
	Reason(page pages.Page, kind Kind, f Follows) string
}

// Kind is what sort of letter it is: a telling, or one of the two answers to
// somebody who asks to subscribe.
type Kind string

// The kinds beside the tellings.
const (
	KindConfirm Kind = "confirm" // is it you?
	KindFollows Kind = "follows" // you already follow
)

// Draft is a letter to be put into words.
type Draft struct {
	Kind         Kind
	Page         pages.Page
	Base         string // address of the page, without a slash at the end
	Announcement incidents.Announcement
	Slots        Slots
}

// Slots are what to write where readers differ. In the text they stand for
// addresses of the same length, so lines can be broken around them; in the
// HTML each must stand at the beginning of a line, or right after `<a href="`
// there, so that no line is broken inside one when it is encoded.
type Slots struct {
	Manage      string
	Unsubscribe string
	Confirm     string
	Reason      string // on a line of its own
}

// Words are a letter with slots.
type Words struct {
	Sender  string // whose letter it is, where the page names no sender
	Subject string
	Text    string // lines end in \n and have at most 72 characters where they can be broken
	HTML    string
}

// Follows is what one reader follows, in the words of the page.
type Follows struct {
	Everything bool
	Components []string // names; those that the letter is about come first
	Incident   bool     // this one incident
	Title      string   // of that incident, where a letter is not about it; may be empty
}

// key tells two of them apart.
func (f Follows) key() string {
	switch {
	case f.Everything:
		return "all"
	case len(f.Components) > 0:
		return "some\x00" + strings.Join(f.Components, "\x00")
	}
	return "incident\x00" + f.Title
}
