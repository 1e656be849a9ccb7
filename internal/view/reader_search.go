package view

import (
	"net/url"
	"slices"

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
	page.Days = r.listed(found.Incidents)
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
			return r.s.Told(i).Affected[n].FullName()
		}
	}
	return ""
}
