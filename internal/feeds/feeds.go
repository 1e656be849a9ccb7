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

// Format is one kind of feed.
type Format struct {
	Kind        string // names it in the cache of bodies
	Path        string
	ContentType string
	Render      func(*snapshot.Snapshot, *i18n.Printer) ([]byte, error)
}

// All are the formats. Nothing registers itself; a new one is one file and one
// line here.
var All = []Format{
	{Kind: "atom", Path: "/history.atom", ContentType: "application/atom+xml; charset=utf-8", Render: Atom},
	{Kind: "rss", Path: "/history.rss", ContentType: "application/rss+xml; charset=utf-8", Render: RSS},
}

// maxEntries is how far back a feed goes.
const maxEntries = 25

// entries are the incidents and maintenances in which something happened last,
// the newest first.
func entries(s *snapshot.Snapshot) []*snapshot.Incident {
	all := slices.Clone(s.Incidents)
	slices.SortStableFunc(all, func(a, b *snapshot.Incident) int {
		return cmp.Or(activity(b).Compare(activity(a)), cmp.Compare(b.Number, a.Number))
	})
	return all[:min(maxEntries, len(all))]
}

// activity is when an incident was spoken of last: its latest update, or the
// postmortem, which counts as one.
func activity(i *snapshot.Incident) time.Time {
	at := i.Latest().HappenedAt
	if m := i.Postmortem; m != nil && m.PublishedAt.After(at) {
		return m.PublishedAt
	}
	return at
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

func title(s *snapshot.Snapshot) string { return s.Page.Name + " Status - Incident History" }
