package view

import (
	"net/url"
	"slices"
	"unicode"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// SearchForm is what somebody looks for in the history. The zero value is the
// form as it is first shown.
type SearchForm struct {
	Text      string
	Component string            // code
	Kind      string            // incident or maintenance
	Errors    map[string]string // by field: q, component, kind
	Notice    string            // why nothing was looked for, where no field is to blame
}

// SearchPage is what was found in the history, newest first.
type SearchPage struct {
	Base
	Find   Finder
	Notice string
	None   string // what to say where nothing was found
	Days   []PastDay
	Newest string // address of the newest of them, where these are older ones
	Older  string // address of those after these
}

// Finder is the form to search the history with, on its page and above what
// was found.
type Finder struct {
	Label    string // of the whole
	Words    string // labels of the fields
	Service  string
	Kind     string
	Button   string
	Text     string
	Any      string // services and kinds that are not chosen
	Both     string
	Groups   []ChoiceGroup
	Kinds    []Choice
	Most     int
	Errors   map[string]string
	HasFault bool
}

// MaxSearch is how many characters somebody may look for.
const MaxSearch = 200

// Search renders what was found for a form, after the incident of a code if one
// is named.
func (v *Views) Search(s *snapshot.Snapshot, f SearchForm, found snapshot.Found, before string) ([]byte, error) {
	r := v.reader(s)
	page := SearchPage{Base: r.base(r.p.T("public.search.title"), ""), Find: r.finder(f), Notice: f.Notice}
	page.Here, page.Forms, page.Languages = "/history", true, r.languages(f.query(before))
	page.Days = r.found(found.Incidents, f.Text)
	if before != "" {
		page.Newest = searchPath(f, "")
	}
	if found.More {
		page.Older = searchPath(f, found.Incidents[len(found.Incidents)-1].Code)
	}
	if len(page.Days) == 0 && f.Notice == "" && len(f.Errors) == 0 {
		page.None = r.nothing(f, before)
	}
	return v.render("public/search", page)
}

// listed are incidents of any year under their days.
func (r *reader) listed(is []*snapshot.Incident) []PastDay {
	var out []PastDay
	for _, i := range is {
		day := Day{ISO: r.p.DayKey(i.Shown()), Text: r.p.Date(i.Shown())}
		if n := len(out); n == 0 || out[n-1].Day != day {
			out = append(out, PastDay{Day: day})
		}
		last := &out[len(out)-1]
		last.Rows = append(last.Rows, r.row(i, i.Shown(), true))
	}
	return out
}

// found are incidents of a search, each with the passage that holds what was
// looked for.
func (r *reader) found(is []*snapshot.Incident, text string) []PastDay {
	days, n := r.listed(is), 0
	for d := range days {
		for k := range days[d].Rows {
			days[d].Rows[k].Found = r.passage(is[n], text)
			n++
		}
	}
	return days
}

// mostLooked is how many updates of an incident are looked through for a passage.
const mostLooked = 100

// passage is from the newest of what was said that holds most of the words, with
// the words marked; nil where the title alone holds them.
func (r *reader) passage(i *snapshot.Incident, text string) []Piece {
	label, said, places, most := "", "", [][2]int(nil), 0
	look := func(of, plain string) {
		if p, words := snapshot.Where(plain, text); words > most {
			label, said, places, most = of, plain, p, words
		}
	}
	if i.Postmortem != nil {
		look("postmortem", i.Postmortem.Plain)
	}
	for _, u := range i.Updates[:min(mostLooked, len(i.Updates))] {
		look(u.Label, u.Plain)
	}
	if most == 0 {
		return nil
	}
	var out []Piece
	for _, p := range r.sentence("public.row.text", "State", r.p.State(label), "Text", Piece{Sought: true}) {
		if !p.Sought {
			out = append(out, p)
			continue
		}
		text := marked([]rune(said), places, leadLength)
		if i18n.Direction(r.p.Lang) == "rtl" { // what is quoted keeps its own order
			text = append(append([]Piece{{Text: "\u2068"}}, text...), Piece{Text: "\u2069"})
		}
		out = append(out, text...)
	}
	return out
}

// marked is a piece of a text around the first of some places, at most so many
// characters, cut between words where it can be.
func marked(text []rune, places [][2]int, most int) []Piece {
	from, to := 0, len(text)
	if to > most {
		from = min(max(0, places[0][0]-most/3), len(text)-most)
		for n := 0; from > 0 && n < most/6 && !unicode.IsSpace(text[from-1]); n++ {
			from++
		}
		from = min(from, places[0][0])
		to = min(len(text), from+most)
		for n := 0; to < len(text) && n < most/6 && to > places[0][1] && !unicode.IsSpace(text[to]); n++ {
			to--
		}
	}
	var out []Piece
	add := func(a, b int, sought bool) {
		if a < b {
			out = append(out, Piece{Text: string(text[a:b]), Sought: sought})
		}
	}
	at := from
	for _, p := range places {
		if a, b := max(p[0], at), min(p[1], to); a < b {
			add(at, a, false)
			add(a, b, true)
			at = b
		}
	}
	add(at, to, false)
	if from > 0 {
		out = append([]Piece{{Text: "… "}}, out...)
	}
	if to < len(text) {
		out = append(out, Piece{Text: " …"})
	}
	return out
}

func (r *reader) nothing(f SearchForm, before string) string {
	switch {
	case before != "":
		return r.p.T("public.search.none.older")
	case f.Text != "":
		return r.p.T("public.search.none.text", "Text", f.Text)
	}
	return r.p.T("public.search.none")
}

// searchPath is the address of what a form finds after the incident of a code.
func searchPath(f SearchForm, before string) string { return "/history?" + f.query(before).Encode() }

func (f SearchForm) query(before string) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "component": f.Component, "kind": f.Kind, "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (r *reader) finder(f SearchForm) Finder {
	out := Finder{
		Label: r.p.T("public.search.label"), Words: r.p.T("public.search.words"), Service: r.p.T("public.search.service"), Kind: r.p.T("public.search.kind"),
		Button: r.p.T("public.search.button"), Any: r.p.T("public.search.any"), Both: r.p.T("public.search.both"),
		Text: f.Text, Groups: r.choices("", []string{f.Component}, "", false, nil).Groups, Most: MaxSearch, Errors: f.Errors, HasFault: len(f.Errors) > 0,
	}
	if f.Component != "" && r.s.Component(f.Component) == nil {
		if name := r.onceCalled(f.Component); name != "" { // archived: still what is looked for
			out.Groups = append(out.Groups, ChoiceGroup{Options: []Choice{{Code: f.Component, Name: name, Chosen: true}}})
		}
	}
	for _, k := range []incidents.Kind{incidents.KindIncident, incidents.KindMaintenance} {
		out.Kinds = append(out.Kinds, Choice{Code: string(k), Name: r.p.T("public.search." + string(k)), Chosen: f.Kind == string(k)})
	}
	if out.HasFault {
		r.mark("down")
	}
	return out
}

// onceCalled is the name of a service that only the history knows; empty for none.
func (r *reader) onceCalled(code string) string {
	for _, i := range r.s.Incidents {
		if n := slices.IndexFunc(i.Affected, func(a snapshot.Affected) bool { return a.Code == code }); n >= 0 {
			return fullName(r.s.Told(i).Affected[n])
		}
	}
	return ""
}
