package view

import (
	"net/url"
	"time"

	"github.com/statusd/statusd/internal/snapshot"
)

// asItStood makes the frame of a page as it stood at a moment: it says so, leads
// to the page of now, and is no page that a search engine should know.
func (r *reader) asItStood(b *Base, news, path string) {
	then := r.stamp(r.s.Stood)
	b.Title = title(r.p, r.p.T("public.stood.title", "News", news, "Time", then.Text), b.Brand)
	b.Stood, b.Now, b.NoIndex = r.sentence("public.stood", "Time", then), path, true
}

// reportPath is where a report is read: on the page as it stood at a moment, the
// report as it stood then.
func (r *reader) reportPath(i *snapshot.Incident) string {
	if r.s.Stood.IsZero() {
		return incidentPath(i.Code)
	}
	return incidentPath(i.Code) + "?at=" + url.QueryEscape(r.s.Stood.Format(time.RFC3339))
}
