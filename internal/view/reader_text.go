package view

import (
	"slices"
	"strings"
	"unicode"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
)

// The status page as text, for terminals and for machines that read: the news
// in at most 24 lines, so that a screen holds it, every time in full, and no
// character that a terminal would obey.

// Bounds that together keep the text within a screen.
const (
	textOpen    = 3   // open incidents told of; with more, one less and a line that counts them
	textRunning = 2   // running maintenances, counted in the same way
	textNamed   = 8   // services named of each status
	textWords   = 300 // characters of an update
)

// brief is what both texts say, in words and without layout.
type brief struct {
	Headline, Brand  string
	Updated, AsOf    string
	Open             []briefIncident
	MoreOpen         string
	Troubled         []briefStatus
	Running, Planned []briefIncident
	MoreRunning      string
	Zone, Address    string
}

// briefIncident is an incident or maintenance in three lines.
type briefIncident struct {
	Title, Address string
	When           string // "Investigating, started …"
	Words          string // of the newest update
	Promise        string
}

// briefStatus are the services that are in one status.
type briefStatus struct{ Word, Names string }

// Text renders the status page as plain text.
func (v *Views) Text(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	b := r.brief()
	lines := []string{oneLine(b.Headline), oneLine(b.Brand + ". " + b.Updated)}
	if b.AsOf != "" {
		lines = append(lines, b.AsOf)
	}
	lines = append(lines, "")
	for _, i := range b.Open {
		lines = append(lines, "! "+oneLine(i.Title)+" ("+i.When+")", "  "+oneLine(i.Words), "  "+joined(". ", i.Promise, i.Address))
	}
	lines = append(lines, some(b.MoreOpen)...)
	if len(b.Open) > 0 {
		lines = append(lines, "")
	}
	for _, t := range b.Troubled {
		lines = append(lines, t.Word+": "+oneLine(t.Names))
	}
	for _, i := range slices.Concat(b.Running, b.Planned) {
		lines = append(lines, oneLine(i.When+": "+i.Title)+" "+i.Address)
	}
	lines = append(lines, some(b.MoreRunning)...)
	if lines[len(lines)-1] != "" {
		lines = append(lines, "")
	}
	lines = append(lines, b.Zone, b.Address, "")
	return []byte(strings.Join(lines, "\n")), nil
}

// Markdown renders the status page as Markdown (CommonMark). Words that people
// wrote are text in it, whatever they look like.
func (v *Views) Markdown(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	b := r.brief()
	lines := []string{"# " + plainMD(b.Headline), "", plainMD(b.Brand + ". " + b.Updated), ""}
	if b.AsOf != "" {
		lines = append(lines, "**"+plainMD(b.AsOf)+"**", "")
	}
	for _, i := range b.Open {
		lines = append(lines, "## ["+plainMD(i.Title)+"]("+i.Address+")", "", plainMD(joined(". ", i.When, i.Promise)), "", "> "+plainMD(i.Words), "")
	}
	if b.MoreOpen != "" {
		lines = append(lines, plainMD(b.MoreOpen), "")
	}
	lines = append(lines, r.section("public.text.troubled", func() (out []string) {
		for _, t := range b.Troubled {
			out = append(out, "- **"+plainMD(t.Word)+"**: "+plainMD(t.Names))
		}
		return out
	}())...)
	lines = append(lines, r.section("public.text.maintenance", func() (out []string) {
		for _, i := range slices.Concat(b.Running, b.Planned) {
			out = append(out, "- "+plainMD(i.When)+": ["+plainMD(i.Title)+"]("+i.Address+")")
		}
		for _, more := range some(b.MoreRunning) {
			out = append(out, "- "+plainMD(more))
		}
		return out
	}())...)
	lines = append(lines, plainMD(b.Zone), "", "<"+b.Address+">", "")
	return []byte(strings.Join(lines, "\n")), nil
}

// section is a heading over a list; nothing where the list is empty.
func (r *reader) section(key string, items []string) []string {
	if len(items) == 0 {
		return nil
	}
	return append(append([]string{"## " + plainMD(r.p.T(key)), ""}, items...), "")
}

func (r *reader) brief() brief {
	b := brief{
		Headline: r.headline().Text, Brand: brand(r.p, r.s.Page.Name), Zone: r.zone(), Address: r.s.Page.BaseURL + "/",
		Updated: r.p.T("public.text.updated", "Time", r.p.Stamp(r.s.ChangedAt)),
	}
	if len(r.s.Groups) == 0 && len(r.s.Incidents) == 0 {
		b.Headline = r.p.T("public.pending.title")
	}
	if !r.s.AsOf.IsZero() {
		b.AsOf = r.p.T("public.text.asof", "Time", r.p.Stamp(r.s.AsOf))
	}
	open, more := first(r.s.Open(), textOpen)
	for _, i := range open {
		b.Open = append(b.Open, r.briefOpen(i))
	}
	if more > 0 {
		b.MoreOpen = r.p.T("public.text.more.open", "Count", more)
	}
	running, more := first(r.s.Running(), textRunning)
	for _, i := range running {
		b.Running = append(b.Running, r.briefMaintenance(i, "running"))
	}
	if more > 0 {
		b.MoreRunning = r.p.T("public.text.more.running", "Count", more)
	}
	if planned := r.s.Planned(); len(planned) > 0 {
		b.Planned = append(b.Planned, r.briefMaintenance(planned[0], "planned"))
	}
	b.Troubled = r.briefStatuses()
	return b
}

// first is as much of a list as there is room for, keeping a line that says how
// many more there are.
func first(all []*snapshot.Incident, room int) (shown []*snapshot.Incident, more int) {
	if len(all) <= room {
		return all, 0
	}
	return all[:room-1], len(all) - room + 1
}

func (r *reader) briefOpen(i *snapshot.Incident) briefIncident {
	out := briefIncident{Title: i.Title, Address: r.s.Page.BaseURL + incidentPath(i.Code), Words: gist(i.Latest().Plain)}
	at, _ := began(i)
	out.When = r.p.T("public.text.since", "State", r.p.State(string(i.State)), "Time", r.p.Stamp(at))
	if by := i.NextUpdateBy; by != nil {
		key := "public.text.next"
		if !r.s.BuiltAt.Before(*by) {
			key = "public.text.late"
		}
		out.Promise = r.p.T(key, "Time", r.p.Stamp(*by))
	}
	return out
}

func (r *reader) briefMaintenance(i *snapshot.Incident, key string) briefIncident {
	from, until := i.Shown(), ""
	if at, ok := began(i); ok {
		from = at
	}
	if i.ScheduledUntil != nil {
		until = r.p.T("public.text.until", "Time", r.p.Stamp(*i.ScheduledUntil))
	}
	return briefIncident{
		Title: i.Title, Address: r.s.Page.BaseURL + incidentPath(i.Code),
		When: joined(" ", r.p.T("public.text."+key, "Time", r.p.Stamp(from)), until),
	}
}

// briefStatuses are the services that do not work as they should, the worst first.
func (r *reader) briefStatuses() (out []briefStatus) {
	all := r.s.Components()
	for _, status := range []components.Status{components.MajorOutage, components.PartialOutage, components.Degraded, components.Maintenance} {
		var names []string
		for _, c := range all {
			if c.Status == status {
				names = append(names, c.Name)
			}
		}
		if more := len(names) - textNamed; more > 0 {
			names = append(names[:textNamed:textNamed], r.p.T("public.text.more.services", "Count", more))
		}
		if len(names) > 0 {
			out = append(out, briefStatus{Word: r.p.Status(string(status)), Names: strings.Join(names, ", ")})
		}
	}
	return out
}

// gist is an update's text as one line, without its layout.
func gist(plain string) string { return lead(strings.Join(strings.Fields(plain), " "), textWords) }

// oneLine takes out what would break a line, or move a terminal's cursor.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
}

// plainMD is text that Markdown shows as it is: everything that could mean
// something there is escaped (CommonMark 2.4).
func plainMD(s string) string {
	var b strings.Builder
	for n, c := range oneLine(s) {
		switch {
		case strings.ContainsRune("\\`*_[]<>&|~#", c), n == 0 && strings.ContainsRune("-+=", c):
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return listNumber(b.String())
}

// listNumber keeps a line that begins with a number and a dot from becoming a list.
func listNumber(s string) string {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits > 0 && digits < len(s) && (s[digits] == '.' || s[digits] == ')') {
		return s[:digits] + "\\" + s[digits:]
	}
	return s
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// joined is strings.Join without the parts that are empty.
func joined(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}
