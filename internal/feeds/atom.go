package feeds

import (
	"cmp"
	"strconv"
	"time"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/snapshot"
)

// Atom is the feed of RFC 4287.
func Atom(o Source) ([]byte, error) {
	s, p := o.Snapshot, o.P
	w := newWriter()
	w.raw(`<feed xml:lang="` + attribute(language(s)) + "\" xmlns=\"http://www.w3.org/2005/Atom\">\n")
	w.element("  ", "id", "tag:"+host(s)+",2005:"+o.tag("/history"))
	w.raw(`  <link rel="alternate" type="text/html" href="` + attribute(s.Page.BaseURL) + "\"/>\n")
	w.raw(`  <link rel="self" type="application/atom+xml" href="` + attribute(o.self("/history.atom")) + "\"/>\n")
	w.element("  ", "title", o.title())
	w.element("  ", "updated", utc(s.ChangedAt))
	w.raw("  <author>\n")
	w.element("    ", "name", s.Page.Name)
	w.raw("  </author>\n")
	for _, i := range o.entries() {
		w.atomEntry(s, p, i)
	}
	w.raw("</feed>\n")
	return w.Bytes(), nil
}

func (w *writer) atomEntry(s *snapshot.Snapshot, p *i18n.Printer, i *snapshot.Incident) {
	w.raw("  <entry>\n")
	w.element("    ", "id", entryID(s, i))
	w.element("    ", "published", utc(activity(i)))
	w.element("    ", "updated", utc(touched(i)))
	w.raw(`    <link rel="alternate" type="text/html" href="` + attribute(address(s, i)) + "\"/>\n")
	w.element("    ", "title", i.Title)
	w.raw("    <content type=\"html\">")
	w.content(p, i)
	w.raw("</content>\n  </entry>\n")
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// language of the feed; English is that of the feeds this one stands in for.
func language(s *snapshot.Snapshot) string {
	if l := cmp.Or(s.Page.Language, "en"); l != "en" {
		return l
	}
	return "en-US"
}

// entryID stays for the life of an incident, whatever happens to its title.
func entryID(s *snapshot.Snapshot, i *snapshot.Incident) string {
	return "tag:" + host(s) + ",2005:Incident/" + strconv.FormatInt(i.Number, 10)
}
