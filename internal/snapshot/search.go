package snapshot

import (
	"slices"
	"strings"

	"github.com/statusd/statusd/internal/incidents"
)

// Query asks for incidents of the past. Empty fields ask for everything.
type Query struct {
	Text      string         // words that must all stand somewhere in title, updates or postmortem, in any language
	Kind      incidents.Kind // one of the two
	Component string         // code of one that was affected
	Before    string         // code of the incident after which the list goes on
	Limit     int
}

// Found is one page of an answer.
type Found struct {
	Incidents []*Incident // newest first
	More      bool        // there are older ones
}

// Search finds incidents in the picture. It looks through the folded text of
// each, some milliseconds for ten thousand of them, and asks no database, so
// that history can be searched while that is away.
func (s *Snapshot) Search(q Query) Found {
	words := strings.Fields(fold(q.Text))
	var out Found
	skip := q.Before != "" && s.byCode[q.Before] != nil
	for _, i := range s.Incidents {
		if skip {
			skip = i.Code != q.Before
			continue
		}
		if !i.fits(q, words) {
			continue
		}
		if len(out.Incidents) == q.Limit {
			out.More = true
			break
		}
		out.Incidents = append(out.Incidents, s.Told(i))
	}
	return out
}

func (i *Incident) fits(q Query, words []string) bool {
	switch {
	case q.Kind != "" && i.Kind != q.Kind:
		return false
	case q.Component != "" && !slices.ContainsFunc(i.Affected, func(a Affected) bool { return a.Code == q.Component }):
		return false
	}
	for _, w := range words {
		if !strings.Contains(i.folded, w) {
			return false
		}
	}
	return true
}

// foldText is what Search looks through, made once for an incident.
func (i *Incident) foldText() {
	if i.folded != "" {
		return
	}
	var b strings.Builder
	b.WriteString(i.Title)
	for _, t := range i.Titles {
		b.WriteString("\n" + t)
	}
	add := func(plain string, in map[string]Wording) {
		b.WriteString("\n" + plain)
		for _, w := range in {
			b.WriteString("\n" + w.Plain)
		}
	}
	for _, u := range i.Updates {
		add(u.Plain, u.In)
	}
	if m := i.Postmortem; m != nil {
		add(m.Plain, m.In)
	}
	i.folded = fold(b.String())
}

// fold takes away what nobody means when searching: case, and the difference of
// straight and curly quotes.
func fold(s string) string {
	return strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`).Replace(strings.ToLower(s))
}
