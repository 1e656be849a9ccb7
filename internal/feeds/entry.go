package feeds

import (
	"strings"
	"time"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// content writes the HTML of an entry as escaped text: one paragraph an update,
// newest first, led by the window of a maintenance that has not begun and by
// the postmortem.
func (w *writer) content(p *i18n.Printer, i *snapshot.Incident) {
	if notBegun(i) {
		w.window(p, *i.ScheduledFor, i.ScheduledUntil)
	}
	if m := i.Postmortem; m != nil {
		w.statement(p, m.PublishedAt, "postmortem", m.HTML)
	}
	for _, u := range i.Updates {
		w.statement(p, u.HappenedAt, u.Label, u.HTML)
	}
}

func notBegun(i *snapshot.Incident) bool {
	return i.Kind == incidents.KindMaintenance && i.State == incidents.Scheduled && i.ScheduledFor != nil
}

// statement is one update. Its first paragraph stands beside the label, as in
// the feeds that it is modelled on, and what follows it comes after.
func (w *writer) statement(p *i18n.Printer, at time.Time, label, html string) {
	w.text("<p><small>")
	w.moment(p, at, true)
	// One client tells open from closed by this very text: <strong>Resolved</strong>.
	w.text("</small><br><strong>" + escapeHTML(p.State(label)) + "</strong>")
	first, rest := split(html)
	if first != "" {
		w.text(" - " + first)
	}
	w.text("</p>" + rest)
}

// split parts the HTML of a text into the inside of its first paragraph and the
// rest. A text that begins with a list or a table has no first paragraph.
func split(html string) (first, rest string) {
	html = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(html, "<br>\n", "<br />"), "<br>", "<br />"))
	if inside, ok := strings.CutPrefix(html, "<p>"); ok {
		if first, rest, ok = strings.Cut(inside, "</p>"); ok {
			return first, strings.TrimSpace(rest)
		}
	}
	return "", html
}

// moment is "May 14, 14:08 EDT" with the parts that browsers of such feeds put
// into the reader's own zone. Days of one digit are padded with a blank.
func (w *writer) moment(p *i18n.Printer, at time.Time, zone bool) {
	local := at.In(p.Zone)
	w.text(local.Format("Jan ") + "<var data-var='date'>")
	switch {
	case local.Day() >= 10:
	case w.plain:
		w.raw(" ")
	default:
		w.raw("&#32;") // as a reference, or XML tools that trim would lose it
	}
	w.text(local.Format("2") + "</var>, ")
	w.clock(p, at, zone)
}

func (w *writer) clock(p *i18n.Printer, at time.Time, zone bool) {
	w.text("<var data-var='time'>" + at.In(p.Zone).Format("15:04") + "</var>")
	if zone {
		w.text(" " + escapeHTML(p.ZoneLabel(at)))
	}
}

// window is the lead of a maintenance that has not begun. Inside one day the
// date stands once; a label of the zone stands at both ends if it changes.
func (w *writer) window(p *i18n.Printer, from time.Time, until *time.Time) {
	w.text("<p><strong>THIS IS A SCHEDULED EVENT ")
	switch {
	case until == nil:
		w.moment(p, from, true)
	case p.DayKey(from) == p.DayKey(*until):
		w.moment(p, from, p.ZoneLabel(from) != p.ZoneLabel(*until))
		w.text(" - ")
		w.clock(p, *until, true)
	default:
		w.moment(p, from, true)
		w.text(" &nbsp;-&nbsp; ")
		w.moment(p, *until, true)
	}
	w.text("</strong></p>")
}
