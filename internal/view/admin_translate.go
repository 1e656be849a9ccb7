package view

import (
	"html/template"
	"slices"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
)

// AdminTranslate is where an update, or the title and postmortem of an
// incident, are said in other languages: a form for each text, with a field for
// each language.
type AdminTranslate struct {
	AdminBase
	Head  AdminHead
	Texts []AdminOriginal
}

func (AdminTranslate) adminSet() string { return "translate" }

// AdminOriginal is a text and what is said of it in other languages.
type AdminOriginal struct {
	Subject incidents.Subject
	Heading string
	Action  string
	Form    AdminForm
	Lang    string        // that it is written in
	Line    string        // of a title
	HTML    template.HTML // of anything longer, as readers see it
	Tongues []AdminTongue
}

// With adds what package markdown made of the text.
func (o AdminOriginal) With(rendered string) AdminOriginal {
	o.HTML = adminHTML(rendered)
	return o
}

// AdminTongue is a language with its fields.
type AdminTongue struct {
	Lang, Name string
	Fields     []AdminField
	Was        string      // mark of the text that the page was made with
	By         AdminSaid   // who said it, and when
	Stale      bool        // it was made from an older wording: readers see the original
	Still      *AdminField // to tick that it holds all the same
}

// AdminTongues are the languages that readers may have besides the page's own.
func (v *Views) AdminTongues(own string) []AdminTongue {
	own = v.catalog.Find(own)
	var out []AdminTongue
	for _, lang := range v.catalog.Languages() {
		if lang != own {
			out = append(out, AdminTongue{Lang: lang, Name: v.catalog.Name(lang)})
		}
	}
	return out
}

// Named has the fields for what a service or group is called in the language.
func (t AdminTongue) Named(form AdminForm) AdminTongue {
	t.Fields = []AdminField{t.field(form, "name", "Name"), t.field(form, "description", "Description")}
	return t
}

// Said has the field for a text in the language. what is there of it, or the zero
// Translation; fits says whether readers are shown it.
func (t AdminTongue) Said(p *i18n.Printer, form AdminForm, what incidents.Translation, fits bool) AdminTongue {
	t.Fields, t.Was = []AdminField{t.field(form, "text", t.Name)}, incidents.WordingMark(what.Body)
	if was := form.V("was_" + t.Lang); was != "" {
		t.Was = was // a form that comes back was opened when it was opened
	}
	if what.Body == "" {
		return t
	}
	t.By = adminSaid(p, "admin.translated", "Name", what.AuthorName, "Day", AdminTime{ISO: p.ISO(what.PostedAt), Text: p.Stamp(what.PostedAt)})
	if t.Stale = !fits; t.Stale {
		still := form.Tick("still_"+t.Lang, p.T("admin.translate.still"), "")
		t.Still = &still
	}
	return t
}

func (t AdminTongue) field(form AdminForm, name, label string) AdminField {
	name += "_" + t.Lang
	class := ""
	if form.V(name) == "" {
		class = "short" // of many languages, mostly few are spoken
	}
	return AdminField{ID: form.id(name), Name: name, Label: label, Value: form.V(name), Error: form.Error(name), Type: "text", Class: class, Lang: t.Lang, Dir: i18n.Direction(t.Lang)}
}

// Refused reports whether one of the fields has a message.
func (t AdminTongue) Refused() bool {
	return slices.ContainsFunc(t.Fields, func(f AdminField) bool { return f.Error != "" })
}

// Filled reports whether one of the fields says something.
func (t AdminTongue) Filled() bool {
	return slices.ContainsFunc(t.Fields, func(f AdminField) bool { return f.Value != "" })
}

// adminAlso says in which languages a text is had too, and in which it was but
// is older than the wording; empty where in none. names are the languages' own.
func adminAlso(p *i18n.Printer, said map[string]incidents.Translation, original string, names []AdminTongue) string {
	var fit, old []string
	for _, t := range names {
		switch x := said[t.Lang]; {
		case x.Fits(original):
			fit = append(fit, t.Name)
		case x.Body != "":
			old = append(old, t.Name)
		}
	}
	out := ""
	if len(fit) > 0 {
		out = p.T("admin.translate.also", "Names", p.List(fit))
	}
	if len(old) > 0 {
		out = joined(" ", out, p.T("admin.translate.old", "Names", p.List(old)))
	}
	return out
}
