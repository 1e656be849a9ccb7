package view

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/pages"
)

// AdminForm is a form as it is shown: what stands in its fields, and what is
// wrong with them. The values are exactly what was typed, so a refused form
// comes back as it was sent; on a first visit they are what the page proposes.
type AdminForm struct {
	T       *i18n.Printer
	ID      string // begins the ids of its fields: there may be several forms on a page
	Values  url.Values
	Faults  []AdminFault
	Summary string
	Theirs  *AdminTheirs
}

// AdminFault is one message beside one field.
type AdminFault struct{ ID, Text string }

// AdminTheirs is what somebody else wrote while this form was open.
type AdminTheirs struct {
	Author string
	When   AdminTime
	Ago    string
	What   string // what they did, in words
	Text   string // as typed
}

// NewAdminForm makes a form that stands in the page under id.
func NewAdminForm(p *i18n.Printer, id string, values url.Values) AdminForm {
	return AdminForm{T: p, ID: id, Values: values}
}

// Refused is the form with the words of a fault; values stay as typed.
func (f AdminForm) Refused(e *fault.Error) AdminForm {
	if e == nil {
		return f
	}
	for _, x := range e.Fields {
		f.Faults = append(f.Faults, AdminFault{ID: f.id(x.Name), Text: f.say(x.Key, x.Args)})
	}
	f.Summary = f.T.T("admin.form.check", "Count", len(f.Faults))
	if e.Key != "" {
		f.Summary = f.say(e.Key, e.Args)
	}
	return f
}

// say is the message of a key. Steps that stand in it are told in words.
func (f AdminForm) say(key string, args map[string]any) string {
	told := make(map[string]any, len(args))
	for k, v := range args {
		told[k] = v
		if s, ok := v.(string); ok && (k == "From" || k == "To") {
			told[k] = f.T.State(s)
		}
	}
	return f.T.Msg(key, told)
}

func (f AdminForm) id(name string) string { return f.ID + "-" + name }

// V is the value of a field.
func (f AdminForm) V(name string) string { return f.Values.Get(name) }

// Has reports whether a choice of a field is taken.
func (f AdminForm) Has(name, value string) bool {
	for _, v := range f.Values[name] {
		if v == value {
			return true
		}
	}
	return false
}

// Error is the message beside a field; empty for none.
func (f AdminForm) Error(name string) string {
	id := f.id(name)
	for _, x := range f.Faults {
		if x.ID == id {
			return x.Text
		}
	}
	return ""
}

// Any reports whether one of the fields has a message: a folded part of the
// form that holds a fault is shown open.
func (f AdminForm) Any(names ...string) bool {
	for _, n := range names {
		if f.Error(n) != "" {
			return true
		}
	}
	return false
}

// AdminField is one field with its label, as a part of a template takes it.
type AdminField struct {
	ID, Name, Label, Hint string
	Value, Error          string
	Type                  string // of an input
	Complete              string // autocomplete
	Placeholder           string
	Lang, Dir             string // of the value, where that is not the page's
	Class                 string
	List                  string // id of a datalist
	Required              bool
	Checked               bool
	Options               []AdminChosen
	Folds                 []AdminChosen // of a time that happened twice
}

// AdminChosen is an option and whether it is taken.
type AdminChosen struct {
	AdminOption
	ID      string
	Checked bool
}

// Field is a field of one value. Pairs set what is special about it: hint,
// type, complete, placeholder, class, list, required.
func (f AdminForm) Field(name, label string, pairs ...string) (AdminField, error) {
	x := AdminField{ID: f.id(name), Name: name, Label: label, Value: f.V(name), Error: f.Error(name), Type: "text"}
	for i := 0; i+1 < len(pairs); i += 2 {
		switch pairs[i] {
		case "hint":
			x.Hint = pairs[i+1]
		case "type":
			x.Type = pairs[i+1]
		case "complete":
			x.Complete = pairs[i+1]
		case "placeholder":
			x.Placeholder = pairs[i+1]
		case "class":
			x.Class = pairs[i+1]
		case "list":
			x.List = pairs[i+1]
		case "required":
			x.Required = true
		default:
			return x, fmt.Errorf("field %s: nothing is called %q", name, pairs[i])
		}
	}
	if x.Type == "password" {
		x.Value = "" // a page never holds a password
	}
	return x, nil
}

// Tick is a single box to tick; its value is "1".
func (f AdminForm) Tick(name, label, hint string) AdminField {
	return AdminField{ID: f.id(name), Name: name, Label: label, Hint: hint, Value: "1", Error: f.Error(name), Checked: f.Has(name, "1")}
}

// Choice is a group of which one (radio) or several (checkbox) are taken, or a
// select.
func (f AdminForm) Choice(name, label, kind, class string, options []AdminOption) AdminField {
	x := AdminField{ID: f.id(name), Name: name, Label: label, Type: kind, Class: class, Error: f.Error(name)}
	for n, o := range options {
		x.Options = append(x.Options, AdminChosen{AdminOption: o, ID: fmt.Sprintf("%s-%d", x.ID, n), Checked: f.Has(name, o.Value)})
	}
	return x
}

// When is a time in the page's zone. When the clocks showed it twice, it comes
// with the question which one is meant.
func (f AdminForm) When(name, label, hint string) AdminField {
	x := AdminField{ID: f.id(name), Name: name, Label: label, Hint: hint, Value: f.V(name), Error: f.Error(name), Type: "datetime-local"}
	_, err := pages.ParseLocal(name, x.Value, "", f.T.Zone)
	e := fault.Of(err)
	if e == nil || e.Fields[0].Key != "time.overlap" {
		return x
	}
	for _, o := range []struct{ value, arg string }{{"first", "First"}, {"second", "Second"}} {
		label, _ := e.Fields[0].Args[o.arg].(string)
		x.Folds = append(x.Folds, AdminChosen{AdminOption: AdminOption{Value: o.value, Label: label}, Checked: f.Has(name+"_fold", o.value)})
	}
	return x
}

// Was is what a field held when the page was made. The server compares: a time
// that nobody touched is not cut to the minute that the field can show.
func (f AdminForm) Was(name string) string {
	if f.Values.Has(name + "_was") {
		return f.V(name + "_was")
	}
	return strings.TrimSpace(f.V(name) + " " + f.V(name+"_fold"))
}
