package view

import (
	"net/url"
	"slices"
	"time"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// SubscribeForm is what somebody typed into the form for updates. The zero
// value is the form as it is first shown, but for Maintenance: NewSubscribeForm.
type SubscribeForm struct {
	Email       string
	What        string   // all, some or incident
	Components  []string // codes
	How         string   // every or ends
	Maintenance bool
	Incident    string            // code of the incident that the form was opened for
	Errors      map[string]string // by field: email, what, components, how
	Notice      string            // why nothing was saved, where no field is to blame
	Sent        bool              // show that a letter is on its way instead
}

// NewSubscribeForm is the form as it is first shown, for an incident or none.
func NewSubscribeForm(incident string) SubscribeForm {
	f := SubscribeForm{What: "all", How: "every", Maintenance: true, Incident: incident}
	if incident != "" {
		f.What = "incident"
	}
	return f
}

// ManageForm is what a subscriber has chosen, or just typed.
type ManageForm struct {
	Address     string // empty while it cannot be looked up
	Since       time.Time
	What        string // all, some or none
	Components  []string
	How         string
	Maintenance bool
	Incidents   []string // codes of those followed one by one
	Stop        string   // address of the page that stops all mail
	Errors      map[string]string
	Notice      string
}

// Confirmation is what a click would confirm.
type Confirmation struct {
	Address    string
	What       string
	Components []string
	Incidents  []string
}

// SubscribePage is the form for updates by e-mail, and the other ways.
type SubscribePage struct {
	Base
	Form    SubscribeForm
	About   *Link // the incident that the form was opened for
	Choices Choices
	Faults  []FieldFault
}

// ManagePage is what one subscriber gets.
type ManagePage struct {
	Base
	Form    ManageForm
	Whose   []Piece // "For dana@example.com, since May 14, 2018."
	Follows []Link
	Choices Choices
	Faults  []FieldFault
}

// ConfirmPage asks for the one click that GET must not be.
type ConfirmPage struct {
	Base
	Ask []Piece // "Send updates about everything to dana@example.com?"
}

// UnsubscribePage asks whether to stop all mail.
type UnsubscribePage struct {
	Base
	Says   []Piece
	Manage string // address of the page to get fewer instead; may be empty
}

// Choices are the services to choose from, and how much to hear.
type Choices struct {
	T           *i18n.Printer
	What, How   string
	Groups      []ChoiceGroup
	Maintenance bool
	Error       string // beside the services
	Expanded    bool
	Managed     bool // the choices of a subscriber, not of somebody new
}

// ChoiceGroup is a group of services to choose from.
type ChoiceGroup struct {
	Name    string
	Lang    string // of the name, where that is not the page's
	Options []Choice
}

// Choice is one service to choose.
type Choice struct {
	Code, Name string
	Lang       string // of the name, where that is not the page's
	Chosen     bool
}

// FieldFault is a message with the place it leads to.
type FieldFault struct{ ID, Text string }

// Subscribe renders the form for updates, or that a letter is on its way. That
// page says the same whoever asked, and does not repeat the address: it must
// not tell who follows (R9.1).
func (v *Views) Subscribe(s *snapshot.Snapshot, f SubscribeForm) ([]byte, error) {
	if f.Sent {
		return v.message(s, "sent")
	}
	r := v.reader(s)
	page := SubscribePage{Base: r.base(r.p.T("public.subscribe.title"), "/subscribe"), Form: f}
	page.Here, page.Forms = "/subscribe", true
	if i := s.Incident(f.Incident); i != nil && i.Open() && i.Kind == incidents.KindIncident {
		page.About = &Link{Href: incidentPath(i.Code), Text: i.Title, Lang: r.as(i.Translated)}
		page.Languages = r.languages(url.Values{"incident": {i.Code}})
	} else if f.What == "incident" {
		page.Form.What = "all"
	}
	page.Choices = r.choices(page.Form.What, f.Components, f.How, f.Maintenance, f.Errors)
	page.Faults = r.faults(f.Errors, faultFields[:])
	return v.render("public/subscribe", page)
}

// Confirm renders the page with the button that confirms a subscription.
func (v *Views) Confirm(s *snapshot.Snapshot, c Confirmation) ([]byte, error) {
	r := v.reader(s)
	page := ConfirmPage{Base: r.base(r.p.T("public.confirm.title"), ""), Ask: r.sentence("public.confirm.ask", "What", strong(r.about(c)), "Address", strong(c.Address))}
	return v.render("public/confirm", page)
}

// Confirmed renders the page that the button leads to.
func (v *Views) Confirmed(s *snapshot.Snapshot) ([]byte, error) { return v.message(s, "confirmed") }

// Manage renders a subscriber's choices.
func (v *Views) Manage(s *snapshot.Snapshot, f ManageForm) ([]byte, error) {
	r := v.reader(s)
	page := ManagePage{Base: r.base(r.p.T("public.manage.title"), ""), Form: f, Follows: r.follows(f.Incidents)}
	page.Forms = true
	if f.Address != "" {
		page.Whose = r.sentence("public.manage.whose", "Address", strong(f.Address))
	}
	if f.Address != "" && !f.Since.IsZero() {
		since := Day{ISO: r.p.DayKey(f.Since), Text: r.p.Date(f.Since)}
		page.Whose = r.sentence("public.manage.since", "Address", strong(f.Address), "Day", since)
	}
	page.Choices = r.choices(f.What, f.Components, f.How, f.Maintenance, f.Errors)
	page.Choices.Expanded, page.Choices.Managed = true, true
	page.Faults = r.faults(f.Errors, faultFields[1:])
	return v.render("public/manage", page)
}

// Saved renders that the choices were kept.
func (v *Views) Saved(s *snapshot.Snapshot) ([]byte, error) { return v.message(s, "saved") }

// Unsubscribe renders the page with the button that stops all mail. manage is
// the address of the page to get fewer instead; it may be empty.
func (v *Views) Unsubscribe(s *snapshot.Snapshot, address, manage string) ([]byte, error) {
	r := v.reader(s)
	return v.render("public/unsubscribe", UnsubscribePage{
		Base: r.base(r.p.T("public.unsubscribe.title"), ""), Says: r.sentence("public.unsubscribe.says", "Address", strong(address)), Manage: manage,
	})
}

// Unsubscribed renders that no more mail will come.
func (v *Views) Unsubscribed(s *snapshot.Snapshot) ([]byte, error) {
	return v.message(s, "unsubscribed")
}

// LinkExpired renders the one page for links that are wrong, used or expired:
// they must look alike (R9.4).
func (v *Views) LinkExpired(s *snapshot.Snapshot) ([]byte, error) { return v.message(s, "expired") }

// Words puts a fault into words: the summary, and a message for each field.
// The fields of the domain get the names that the forms have.
func (v *Views) Words(s *snapshot.Snapshot, f *fault.Error) (summary string, fields map[string]string) {
	p := v.Printer(s)
	fields = map[string]string{}
	for _, x := range f.Fields {
		name := x.Name
		switch name {
		case "scope":
			name = "what"
		case "frequency":
			name = "how"
		}
		if fields[name] == "" {
			fields[name] = p.Msg(x.Key, x.Args)
		}
	}
	return summarize(p, f), fields
}

func summarize(p *i18n.Printer, f *fault.Error) string {
	if f.Key == "" {
		return ""
	}
	return p.Msg(f.Key, f.Args)
}

type faultField struct{ name, id string }

// faultFields are the fields of the two forms in their order, with where a
// fault of each is to be mended. A subscriber's own page has no first one.
var faultFields = [...]faultField{{"email", "em"}, {"what", "what"}, {"components", "choose"}, {"how", "how"}, {"incident", "what"}}

// faults lists the messages in the order of the fields, and gives every field a
// mark beside its message.
func (r *reader) faults(errors map[string]string, fields []faultField) []FieldFault {
	var out []FieldFault
	for _, f := range fields {
		if text := errors[f.name]; text != "" {
			out = append(out, FieldFault{ID: f.id, Text: text})
		}
	}
	if len(out) > 0 {
		r.mark("down")
	}
	return out
}

func (r *reader) choices(what string, chosen []string, how string, maintenance bool, errors map[string]string) Choices {
	c := Choices{T: r.p, What: what, How: how, Maintenance: maintenance, Error: errors["components"]}
	c.Expanded = what == "some" || c.Error != "" || len(r.s.Components()) <= maxFlat
	for _, g := range r.s.Groups {
		out := ChoiceGroup{Name: g.Name, Lang: r.as(g.Translated)}
		for _, x := range g.Components {
			out.Options = append(out.Options, Choice{Code: x.Code, Name: x.Name, Lang: r.as(x.Translated), Chosen: slices.Contains(chosen, x.Code)})
		}
		c.Groups = append(c.Groups, out)
	}
	return c
}

// about says what somebody would follow. Services that are gone meanwhile are
// left out.
func (r *reader) about(c Confirmation) string {
	var names []string
	switch {
	case c.What == "all":
		return r.p.T("public.confirm.all")
	case c.What == "some":
		for _, x := range r.s.Components() {
			if slices.Contains(c.Components, x.Code) {
				names = append(names, x.Name)
			}
		}
	}
	for _, l := range r.follows(c.Incidents) {
		names = append(names, r.p.T("public.confirm.incident", "Title", l.Text))
	}
	if len(names) == 0 {
		return r.p.T("public.confirm.chosen")
	}
	return r.p.List(names)
}

// follows are the incidents of the codes that still are on the page.
func (r *reader) follows(codes []string) []Link {
	var out []Link
	for _, code := range codes {
		if i := r.s.Incident(code); i != nil {
			out = append(out, Link{Href: incidentPath(i.Code), Text: i.Title, Lang: r.as(i.Translated)})
		}
	}
	return out
}
