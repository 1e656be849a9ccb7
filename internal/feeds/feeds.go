// Package feeds writes what happened on a page for feed readers: one file a
// format, all of them in the list All.
//
// The shapes are those that readers, bots and importers of other status pages
// already know, to the letter (CONTRACT 6): ids, labels, the order of things
// and even the markup inside an entry, because programs search it. What may be
// seen was decided when the picture was made; a feed adds nothing and leaves
// out nothing but age.
//
// entry.go says what an entry holds, atom.go and rss.go how it is wrapped,
// xml.go how text becomes legal XML. The package knows no HTTP.
package feeds

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/snapshot"
)

// Format is one kind of document.
type Format struct {
	Kind        string // names it in the cache of bodies
	Path        string
	ContentType string
	Render      func(Source) ([]byte, error)
}

// Source is what a document is made of.
type Source struct {
	*snapshot.Snapshot
	P *i18n.Printer
	// Only is the one component that the document is about; nil for all.
	Only *snapshot.Component
}

// All are the formats. Nothing registers itself; a new one is one file and one
// line here. Each exists for the whole page and for each component.
var All = []Format{
	{Kind: "atom", Path: "/history.atom", ContentType: "application/atom+xml; charset=utf-8", Render: Atom},
	{Kind: "rss", Path: "/history.rss", ContentType: "application/rss+xml; charset=utf-8", Render: RSS},
	{Kind: "jsonfeed", Path: "/feed.json", ContentType: "application/feed+json; charset=utf-8", Render: JSONFeed},
	{Kind: "ical", Path: "/maintenance.ics", ContentType: "text/calendar; charset=utf-8", Render: Calendar},
}

// maxEntries is how far back a feed goes.
const maxEntries = 25

// entries are the incidents and maintenances in which something happened last,
// the newest first.
func (o Source) entries() []*snapshot.Incident {
	all := o.about()
	slices.SortStableFunc(all, func(a, b *snapshot.Incident) int {
		return cmp.Or(activity(b).Compare(activity(a)), cmp.Compare(b.Number, a.Number))
	})
	return o.AllTold(all[:min(maxEntries, len(all))])
}

// about are the incidents that the document may speak of.
func (o Source) about() []*snapshot.Incident {
	if o.Only == nil {
		return slices.Clone(o.Incidents)
	}
	var out []*snapshot.Incident
	for _, i := range o.Incidents {
		if slices.ContainsFunc(i.Affected, func(a snapshot.Affected) bool { return a.Code == o.Only.Code }) {
			out = append(out, i)
		}
	}
	return out
}

func (o Source) title() string {
	if o.Only != nil {
		return o.Page.Name + " Status - " + o.Only.Name
	}
	return o.Page.Name + " Status - Incident History"
}

// tag is a path with what the document is about, for ids and addresses.
func (o Source) tag(path string) string {
	if o.Only == nil {
		return path
	}
	return path + "?component=" + url.QueryEscape(o.Only.Code)
}

func (o Source) self(path string) string { return o.Page.BaseURL + o.tag(path) }

// activity is when an incident was spoken of last: its latest word, or the
// postmortem, which counts as one.
//
// The rule of docs/feeds.md: readers of feeds keep what they have seen by an entry's id and take an entry
// for old when its date is. So the id of an entry never changes, the date moves
// only when something new is said, and what was back-dated by staff is dated
// when they said it, or nobody would be shown it. What is entered more than 30
// days after it happened is history, and dated when it was. Corrections move
// "updated" and no date.
func activity(i *snapshot.Incident) time.Time {
	var at time.Time
	for _, u := range i.Updates {
		if d := said(u); d.After(at) {
			at = d
		}
	}
	if m := i.Postmortem; m != nil && m.PublishedAt.After(at) {
		return m.PublishedAt
	}
	return at
}

const history = 30 * 24 * time.Hour

// said is when an update was news.
func said(u snapshot.Update) time.Time {
	if late := u.PostedAt.Sub(u.HappenedAt); late > 0 && late <= history {
		return u.PostedAt
	}
	return u.HappenedAt
}

// touched is when anything about an incident changed, corrections included.
func touched(i *snapshot.Incident) time.Time {
	at := activity(i)
	if i.UpdatedAt.After(at) {
		return i.UpdatedAt
	}
	return at
}

// host is the authority of the tag URIs (RFC 4151). It comes from the
// configured address, so that ids stay when a request comes in by another name.
func host(s *snapshot.Snapshot) string {
	u, err := url.Parse(s.Page.BaseURL)
	if err != nil || u.Hostname() == "" {
		return "localhost"
	}
	return u.Hostname()
}

func address(s *snapshot.Snapshot, i *snapshot.Incident) string {
	return s.Page.BaseURL + "/incidents/" + url.PathEscape(i.Code)
}
