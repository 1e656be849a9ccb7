package snapshot

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/statusd/statusd/internal/incidents"
)

// Query asks for incidents of the past. Empty fields ask for everything.
type Query struct {
	Text      string         // words that must all stand somewhere in title, updates, postmortem (in any language) or names of affected services
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
	words := wordsOf(q.Text)
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
	if len(words) == 0 {
		return true
	}
	text := i.foldText()
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// folded is what Search looks through, made when somebody first does.
type folded struct {
	once sync.Once
	text string
}

func (i *Incident) foldText() string {
	i.folded.once.Do(func() {
		var b strings.Builder
		b.WriteString(i.Title)
		for _, t := range i.Titles {
			b.WriteString("\n" + t)
		}
		for _, a := range i.Affected {
			b.WriteString("\n" + a.FullName())
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
		i.folded.text = fold(b.String())
	})
	return i.folded.text
}

// Where are the places in a text at which words of a query stand, as ranges of
// characters, in order and apart; and how many of the words are there.
func Where(text, query string) (places [][2]int, words int) {
	folded := fold(text)
	for _, w := range wordsOf(query) {
		found := false
		for at := 0; len(places) < maxPlaces; {
			n := strings.Index(folded[at:], w)
			if n < 0 {
				break
			}
			// Folding changes the bytes of a character, but not their number.
			from := utf8.RuneCountInString(folded[:at+n])
			places, found = append(places, [2]int{from, from + utf8.RuneCountInString(w)}), true
			at += n + len(w)
		}
		if found {
			words++
		}
	}
	slices.SortFunc(places, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], b[1]-a[1]) })
	var out [][2]int
	for _, p := range places {
		if n := len(out); n > 0 && p[0] < out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], p[1])
			continue
		}
		out = append(out, p)
	}
	return out, words
}

// maxPlaces bounds what a query of one letter finds in a long text.
const maxPlaces = 500

// wordsOf are the words of a query; quotes around some of them, from which other
// searches make a phrase, are no part of them.
func wordsOf(query string) []string {
	return strings.Fields(strings.ReplaceAll(fold(query), `"`, " "))
}

// fold takes away what nobody means when searching: case, and the difference of
// straight and curly quotes.
func fold(s string) string { return quotes.Replace(strings.ToLower(s)) }

var quotes = strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`)
