package view

import (
	"net/url"
	"time"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/snapshot"
)

// MomentForm is a question for the page, or a report, as it stood at a moment,
// and why there is none to show.
type MomentForm struct {
	Path  string // of the page that is asked for
	Typed string
	Fault *fault.Error // beside the field at, or of the whole
	// Twice are the two instants of a time that the clocks showed twice; the
	// zero times otherwise.
	Twice [2]time.Time
}

// Moment is the form as it is shown: a day and a time on the clocks of the page.
type Moment struct {
	Path, Title         string
	Label, Button, Hint string
	Typed               string
	Plain               bool // an ordinary field: that for times keeps nothing that is no time
	Error               string
	Which               []Choice // of two instants
}

// StoodPage is that form by itself, with why there is nothing to show.
type StoodPage struct {
	Base
	Heading, Notice string
	Moment          Moment
	Links           []Link
}

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

// fieldTime is how a field for times writes one (HTML, local date and time).
const fieldTime = "2006-01-02T15:04"

// moment is the form for a page: "page" for the status page, else "report". On
// a page as it stood it begins with its moment.
func (r *reader) moment(path, of string) Moment {
	m := Moment{
		Path: path, Title: r.p.T("public.stood." + of), Label: r.p.T("public.stood.label"), Button: r.p.T("public.stood.button"), Hint: r.zone(),
	}
	if !r.s.Stood.IsZero() {
		m.Typed = r.s.Stood.In(r.s.Zone).Format(fieldTime)
	}
	return m
}

// Stood renders the form by itself, with what was typed and what is wrong with
// it.
func (v *Views) Stood(s *snapshot.Snapshot, f MomentForm) ([]byte, error) {
	r := v.reader(s)
	of := "report"
	if f.Path == "/" {
		of = "page"
	}
	page := StoodPage{Base: r.base(r.p.T("public.stood."+of), ""), Moment: r.moment(f.Path, of), Links: []Link{{Href: f.Path, Text: r.p.T("public.stood.now")}}}
	page.Heading, page.Here, page.Forms = page.Moment.Title, "/history", true
	page.Languages = r.languages(url.Values{"at": {f.Typed}})
	m := &page.Moment
	m.Typed = f.Typed
	_, err := time.Parse(fieldTime, f.Typed)
	m.Plain = err != nil
	if f.Fault != nil {
		summary, fields := v.Words(s, f.Fault)
		m.Error, page.Notice = fields["at"], summary
		r.mark("down")
	}
	if !f.Twice[0].IsZero() {
		m.Which = []Choice{{Code: "first", Name: r.p.Clock(f.Twice[0])}, {Code: "second", Name: r.p.Clock(f.Twice[1])}}
	}
	return v.render("public/stood", page)
}
