package snapshot

import (
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
)

// What staff said in other languages stays beside the original in the picture,
// and is put in its place on the way out: groups and components when a picture
// is taken In a language, incidents one by one when they are asked for, since of
// ten thousand a page shows a few. What nobody translated stays as it was
// written, and is not marked as Translated.

// Wording is a text in another language.
type Wording struct {
	HTML  string // safe: made by package markdown
	Plain string
	Body  string // Markdown as typed
}

// Names are what components and groups are called in a language, by row id:
// archived ones too, whose names history keeps.
type Names struct {
	Components map[int64]Name `json:",omitempty"`
	Groups     map[int64]Name `json:",omitempty"`
}

// Name is what one is called; what is empty is called as in the page's language.
type Name struct {
	Name, Description string
	Group             string // of a component: its group's name
}

// namings are those that readers may know, by language.
func (x *index) namings(all []components.Naming) map[string]Names {
	of := map[components.Subject]map[int64][]components.Naming{components.OfComponent: {}, components.OfGroup: {}}
	for _, n := range all {
		of[n.Subject][n.SubjectID] = append(of[n.Subject][n.SubjectID], n)
	}
	out := map[string]Names{}
	in := func(lang string) Names {
		if _, ok := out[lang]; !ok {
			out[lang] = Names{Components: map[int64]Name{}, Groups: map[int64]Name{}}
		}
		return out[lang]
	}
	for _, c := range x.all {
		if !x.seen(c.ID) {
			continue
		}
		for _, n := range of[components.OfComponent][c.ID] {
			in(n.Language).Components[c.ID] = Name{Name: n.Name, Description: n.Description}
		}
		if c.GroupID == nil {
			continue
		}
		for _, n := range of[components.OfGroup][*c.GroupID] {
			in(n.Language).Groups[*c.GroupID] = Name{Name: n.Name, Description: n.Description}
			named := in(n.Language).Components[c.ID]
			named.Group = n.Name
			in(n.Language).Components[c.ID] = named
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// translated are what a story says of one of its texts in other languages, as
// long as that is the wording they were made from.
func translated(s incidents.Story, subject incidents.Subject, id int64, original string) map[string]Wording {
	var out map[string]Wording
	for lang, t := range s.In(subject, id) {
		if !t.Fits(original) {
			continue
		}
		if out == nil {
			out = map[string]Wording{}
		}
		out[lang] = Wording{HTML: t.HTML, Plain: t.Plain, Body: t.Body}
	}
	return out
}

// groupsIn are the groups of a picture as they are called in a language.
func groupsIn(groups []Group, names Names) []Group {
	if len(names.Components)+len(names.Groups) == 0 {
		return groups
	}
	out := make([]Group, len(groups))
	for n, g := range groups {
		called := names.Groups[g.ID]
		g.Name, g.Translated = called.or(g.Name)
		if called.Description != "" {
			g.Description = called.Description
		}
		g.Components = append([]Component(nil), g.Components...)
		for k := range g.Components {
			c := &g.Components[k]
			called := names.Components[c.ID]
			c.Name, c.Translated = called.or(c.Name)
			if called.Description != "" {
				c.Description, c.Described = called.Description, true
			}
		}
		out[n] = g
	}
	return out
}

func (n Name) or(name string) (called string, translated bool) {
	if n.Name == "" {
		return name, false
	}
	return n.Name, true
}

// Told is an incident in the language of the picture, made once for that: itself
// where nothing of it was said in it.
func (s *Snapshot) Told(i *Incident) *Incident {
	if i == nil || s.Page.Language == s.own {
		return i
	}
	lang := s.Page.Language
	names := s.Names[lang]
	if !i.speaks(lang) && !names.any(i.Affected) {
		return i
	}
	if t, ok := s.told.Load(i); ok {
		return t.(*Incident)
	}
	t, _ := s.told.LoadOrStore(i, i.in(lang, names))
	return t.(*Incident)
}

// AllTold is Told of several.
func (s *Snapshot) AllTold(is []*Incident) []*Incident {
	if s.Page.Language == s.own {
		return is
	}
	out := make([]*Incident, len(is))
	for n, i := range is {
		out[n] = s.Told(i)
	}
	return out
}

func (i *Incident) in(lang string, names Names) *Incident {
	out := *i
	if t, ok := i.Titles[lang]; ok {
		out.Title, out.Translated = t, true
	}
	out.Affected = names.of(i.Affected)
	out.Updates = append([]Update(nil), i.Updates...)
	for n := range out.Updates {
		u := &out.Updates[n]
		if w, ok := u.In[lang]; ok {
			u.HTML, u.Plain, u.Body, u.Translated = w.HTML, w.Plain, w.Body, true
		}
		u.Affected = names.of(u.Affected)
	}
	if m := i.Postmortem; m != nil {
		if w, ok := m.In[lang]; ok {
			told := *m
			told.HTML, told.Plain, told.Body, told.Translated = w.HTML, w.Plain, w.Body, true
			out.Postmortem = &told
		}
	}
	return &out
}

// speaks reports whether anything of an incident was said in a language.
func (i *Incident) speaks(lang string) bool {
	if _, ok := i.Titles[lang]; ok {
		return true
	}
	for n := range i.Updates {
		if _, ok := i.Updates[n].In[lang]; ok {
			return true
		}
	}
	if i.Postmortem == nil {
		return false
	}
	_, ok := i.Postmortem.In[lang]
	return ok
}

func (n Names) any(as []Affected) bool {
	for _, a := range as {
		if _, ok := n.Components[a.ID]; ok {
			return true
		}
	}
	return false
}

func (n Names) of(as []Affected) []Affected {
	if !n.any(as) {
		return as
	}
	out := append([]Affected(nil), as...)
	for k := range out {
		a := &out[k]
		called := n.Components[a.ID]
		a.Name, a.Translated = called.or(a.Name)
		if called.Group != "" && a.Group != "" {
			a.Group = called.Group
		}
	}
	return out
}
