package feeds

import (
	"time"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// RSS is the feed of RSS 2.0.
func RSS(o Source) ([]byte, error) {
	s, p := o.Snapshot, o.P
	w := newWriter()
	w.raw("<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n  <channel>\n")
	w.element("    ", "title", o.title())
	w.element("    ", "link", s.Page.BaseURL)
	w.element("    ", "description", "Statuspage") // programs tell the kind of feed by it
	w.element("    ", "pubDate", dated(p, s.ChangedAt))
	for _, i := range o.entries() {
		w.rssItem(s, p, i)
	}
	w.raw("  </channel>\n</rss>\n")
	return w.Bytes(), nil
}

func (w *writer) rssItem(s *snapshot.Snapshot, p *i18n.Printer, i *snapshot.Incident) {
	w.raw("    <item>\n")
	w.element("      ", "title", i.Title)
	w.raw("      <description>")
	w.content(p, i)
	w.raw("</description>\n")
	// The date of a maintenance that has not begun is when it will: calendars
	// and alert bars read the window as pubDate to maintenanceEndDate.
	at := activity(i)
	if notBegun(i) {
		at = *i.ScheduledFor
	}
	w.element("      ", "pubDate", dated(p, at))
	if i.Kind == incidents.KindMaintenance && i.ScheduledUntil != nil {
		w.element("      ", "maintenanceEndDate", dated(p, *i.ScheduledUntil))
	}
	w.element("      ", "link", address(s, i))
	w.element("      ", "guid", address(s, i))
	w.raw("    </item>\n")
}

// dated is a date of RFC 822 in the page's zone, by its offset.
func dated(p *i18n.Printer, t time.Time) string { return t.In(p.Zone).Format(time.RFC1123Z) }
