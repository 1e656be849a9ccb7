package admin

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

// original is a text that can be said in other languages.
type original struct {
	subject incidents.Subject
	id      int64
	code    string // as the desk knows it
	heading string
	text    string
	html    string
}

func ofUpdate(u incidents.Update) []original {
	return []original{{incidents.OfUpdate, u.ID, u.Code, "What the update says", u.Body, u.HTML}}
}

// ofIncident are the texts of an incident besides its updates.
func ofIncident(s incidents.Story) []original {
	out := []original{{incidents.OfIncident, s.Incident.ID, s.Incident.Code, "Title", s.Incident.Title, ""}}
	if m := s.Postmortem; m != nil && m.PublishedAt != nil {
		out = append(out, original{incidents.OfPostmortem, m.ID, s.Incident.Code, "Postmortem", m.Body, m.HTML})
	}
	return out
}

// tongues are the languages that things are translated to.
func (h *Handlers) tongues(c *gin.Context) []view.AdminTongue {
	return h.Views.AdminTongues(server.PageOf(c).Language)
}

func (h *Handlers) translateUpdateForm(c *gin.Context) error {
	return h.translateUpdatePage(c, reply{})
}

func (h *Handlers) translateUpdatePage(c *gin.Context, r reply) error {
	st, u, err := h.Incidents.UpdateByCode(c, server.PageOf(c).ID, c.Param("code"))
	if err != nil {
		return err
	}
	if u.WithdrawnAt != nil {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	return h.translatePage(c, r, st, ofUpdate(u), "/admin/updates/"+u.Code+"/translations")
}

func (h *Handlers) translateIncidentForm(c *gin.Context) error {
	return h.translateIncidentPage(c, reply{})
}

func (h *Handlers) translateIncidentPage(c *gin.Context, r reply) error {
	st, err := h.Incidents.Story(c, server.PageOf(c).ID, c.Param("code"))
	if err != nil {
		return err
	}
	if st.Incident.WithdrawnAt != nil {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	return h.translatePage(c, r, st, ofIncident(st), view.AdminURL(st.Incident.Kind, st.Incident.Code)+"/translations")
}

// translatePage shows texts with what is said of them in other languages. A form
// that was refused comes back as it was typed; the others as they are.
func (h *Handlers) translatePage(c *gin.Context, r reply, st incidents.Story, texts []original, action string) error {
	s, err := h.scene(c, st.Incident.Code)
	if err != nil {
		return err
	}
	b, err := h.base(c, s.here(), "In other languages")
	if err != nil {
		return err
	}
	p := view.AdminTranslate{AdminBase: b, Head: s.head(b.T, h.clock())}
	for _, o := range texts {
		own := r
		if r.values != nil && r.values.Get("subject") != string(o.subject) {
			own = reply{}
		}
		p.Texts = append(p.Texts, h.translateForm(c, b.T, own, st, o, action))
	}
	return h.page(c, r, p)
}

func (h *Handlers) translateForm(c *gin.Context, p *i18n.Printer, r reply, st incidents.Story, o original, action string) view.AdminOriginal {
	said, tongues := st.In(o.subject, o.id), h.tongues(c)
	v := proposed("subject", string(o.subject), "of", incidents.WordingMark(o.text))
	for _, t := range tongues {
		v.Set("text_"+t.Lang, said[t.Lang].Body)
	}
	if r.conflict() && r.values != nil {
		refresh(r.values, v, tongues)
	}
	form := r.form(p, string(o.subject)[:1], v)
	out := view.AdminOriginal{Subject: o.subject, Heading: o.heading, Action: action, Form: form, Lang: server.PageOf(c).Language}
	if o.html == "" {
		out.Line = o.text
	} else {
		out = out.With(o.html)
	}
	if r.conflict() {
		out.Form.Theirs = h.theirTranslations(p, said, tongues)
	}
	for _, t := range tongues {
		x := said[t.Lang]
		out.Tongues = append(out.Tongues, t.Said(p, form, x, x.Fits(o.text)))
	}
	return out
}

// refresh brings a refused form up to date: it knows the original as it is now,
// and what nobody touched in it is as it stands. What was typed stays, and who
// presses Save again has been told.
func refresh(v, now url.Values, tongues []view.AdminTongue) {
	v.Set("of", now.Get("of"))
	for _, t := range tongues {
		if name := "text_" + t.Lang; incidents.WordingMark(unixLines(v.Get(name))) == v.Get("was_"+t.Lang) {
			v.Set(name, now.Get(name))
		}
		v.Set("was_"+t.Lang, incidents.WordingMark(now.Get("text_"+t.Lang)))
	}
}

// theirTranslations is the newest of what others said, as what somebody wrote
// meanwhile.
func (h *Handlers) theirTranslations(p *i18n.Printer, said map[string]incidents.Translation, tongues []view.AdminTongue) *view.AdminTheirs {
	var last incidents.Translation
	var name string
	for _, t := range tongues {
		if x := said[t.Lang]; x.PostedAt.After(last.PostedAt) {
			last, name = x, t.Name
		}
	}
	if last.ID == 0 {
		return nil
	}
	at := view.AdminTime{ISO: p.ISO(last.PostedAt), Text: p.Near(last.PostedAt, h.clock())}
	return &view.AdminTheirs{Author: last.AuthorName, When: at, Ago: p.Duration(h.clock().Sub(last.PostedAt)), What: "translated it into " + name, Text: last.Body}
}

func (h *Handlers) translateUpdate(c *gin.Context) error {
	return h.translate(c, h.translateUpdatePage, incidents.OfUpdate)
}

func (h *Handlers) translateIncident(c *gin.Context) error {
	return h.translate(c, h.translateIncidentPage, incidents.OfIncident, incidents.OfPostmortem)
}

func (h *Handlers) translate(c *gin.Context, show func(*gin.Context, reply) error, subjects ...incidents.Subject) error {
	t := read(c)
	cmd := incidents.Translate{Page: server.PageOf(c).ID, Subject: incidents.Subject(t.line("subject")), Code: c.Param("code"), Of: t.line("of")}
	if !slices.Contains(subjects, cmd.Subject) {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	for _, x := range h.tongues(c) {
		w := incidents.Wording{Language: x.Lang, Text: t.text("text_" + x.Lang), Was: t.line("was_" + x.Lang), Still: t.tick("still_" + x.Lang)}
		if cmd.Subject == incidents.OfIncident {
			w.Text = strings.TrimSpace(w.Text)
		}
		cmd.Texts = append(cmd.Texts, w)
	}
	if err := h.Desk.Translate(c, server.Actor(c), cmd); err != nil {
		return h.refuse(c, err, t, show)
	}
	st, err := h.storyOf(c, cmd)
	if err != nil {
		return err
	}
	return goTo(c, view.AdminURL(st.Incident.Kind, st.Incident.Code), "translated")
}

func (h *Handlers) storyOf(c *gin.Context, cmd incidents.Translate) (incidents.Story, error) {
	if cmd.Subject == incidents.OfUpdate {
		st, _, err := h.Incidents.UpdateByCode(c, cmd.Page, cmd.Code)
		return st, err
	}
	return h.Incidents.Story(c, cmd.Page, cmd.Code)
}

// names are what a form says that something is called in other languages; nil
// for a form without such fields, which leaves them as they are.
func (h *Handlers) names(c *gin.Context, t *typed) []components.Naming {
	var out []components.Naming
	for _, x := range h.tongues(c) {
		if t.values.Has("name_"+x.Lang) || t.values.Has("description_"+x.Lang) {
			out = append(out, components.Naming{Language: x.Lang, Name: t.line("name_" + x.Lang), Description: t.line("description_" + x.Lang)})
		}
	}
	return out
}

// called proposes what something is called in other languages.
func called(v url.Values, ns []components.Naming) {
	for _, n := range ns {
		v.Set("name_"+n.Language, n.Name)
		v.Set("description_"+n.Language, n.Description)
	}
}

// named are the languages with the fields for a name.
func (h *Handlers) named(c *gin.Context, form view.AdminForm) []view.AdminTongue {
	out := h.tongues(c)
	for n := range out {
		out[n] = out[n].Named(form)
	}
	return out
}
