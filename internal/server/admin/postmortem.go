package admin

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) postmortemForm(c *gin.Context) error { return h.postmortemPage(c, reply{}) }

// postmortemPage is the editor, with the server's rendering beside it.
func (h *Handlers) postmortemPage(c *gin.Context, r reply) error {
	s, err := h.scene(c, c.Param("code"))
	if err != nil {
		return err
	}
	b, err := h.base(c, "incidents", "Postmortem")
	if err != nil {
		return err
	}
	m, i := s.story.Postmortem, s.story.Incident
	v := proposed("body", outline(b.T, s.story))
	if m != nil {
		v.Set("body", m.Draft)
		v.Set("expect", number(m.Revision))
	}
	p := view.AdminPostmortem{AdminBase: b, Head: s.head(b.T, h.clock()), Form: r.form(b.T, "m", v), Status: view.AdminMortemStatus(b.T, m, h.clock())}
	if m != nil {
		p.Published = m.PublishedAt != nil
		p.Versions = view.AdminVersions(b.T, s.story.Revisions, incidents.OfPostmortem, m.ID, h.clock())
	}
	if r.conflict() && m != nil {
		p.Form.Theirs = &view.AdminTheirs{Author: m.AuthorName, When: view.AdminTime{ISO: b.T.ISO(m.DraftSavedAt), Text: b.T.Near(m.DraftSavedAt, h.clock())}, Ago: b.T.Duration(h.clock().Sub(m.DraftSavedAt)), What: b.T.T("admin.did.corrected"), Text: m.Draft}
		p.Form.Values.Set("expect", number(m.Revision))
	}
	if p.Tell, err = h.tell(c, b.T, s.ids(), i.ID, incidents.TellPostmortem, incidents.TellPostmortem); err != nil {
		return err
	}
	due, held, err := h.Outbox.HeldLetter(c, i.PageID, i.ID)
	if err != nil {
		return err
	}
	if held {
		people, err := h.Subscribers.Recipients(c, i.PageID, s.ids(), i.ID, incidents.TellPostmortem)
		if err != nil {
			return err
		}
		p.Toast = view.NewAdminLetterToast(b.T, i.Code, people, h.Outbox.SMTP == nil || !server.PageOf(c).MailReady(), due, h.clock())
	}
	if p.Preview, err = h.previewOf(c, b.T, &p.Form, "body", markdown.MaxPostmortem); err != nil {
		return err
	}
	return h.page(c, r, p)
}

// outline is what a postmortem begins with: the story as it was told, and the
// questions that readers have.
func outline(p *i18n.Printer, s incidents.Story) string {
	p = p.Voice()
	var b strings.Builder
	b.WriteString(p.T("outline.lead", "Day", p.Date(s.Incident.StartedAt), "Title", s.Incident.Title) + "\n\n")
	b.WriteString("## " + p.T("outline.what") + "\n\n")
	b.WriteString("| " + p.T("outline.time") + " | " + p.T("outline.said") + " |\n| --- | --- |\n")
	for _, u := range s.Updates {
		if u.WithdrawnAt != nil {
			continue
		}
		said, _, _ := strings.Cut(u.Plain, "\n")
		b.WriteString("| " + p.Clock(u.HappenedAt) + " | " + strings.ReplaceAll(said, "|", "\\|") + " |\n")
	}
	for _, key := range []string{"outline.why", "outline.change"} {
		b.WriteString("\n## " + p.T(key) + "\n\n")
	}
	return b.String()
}

func (h *Handlers) savePostmortem(c *gin.Context) error {
	t := read(c)
	if t.wants("preview") {
		return h.postmortemPage(c, again(t))
	}
	code := c.Param("code")
	_, err := h.Desk.SavePostmortem(c, server.Actor(c), incidents.SavePostmortem{Page: server.PageOf(c).ID, Incident: code, Body: t.text("body"), Expect: t.expect()})
	if err != nil {
		return h.refuse(c, err, t, h.postmortemPage)
	}
	return goTo(c, view.AdminURL(incidents.KindIncident, code)+"/postmortem", "draft")
}

func (h *Handlers) publishPostmortem(c *gin.Context) error {
	t, code := read(c), c.Param("code")
	_, err := h.Desk.PublishPostmortem(c, server.Actor(c), incidents.PublishPostmortem{
		Page: server.PageOf(c).ID, Incident: code, Body: t.text("body"), Notify: t.tick("notify"),
		Subject: t.line("subject"), Letter: t.text("letter"), Expect: t.expect(), Key: t.key(), Sent: t.sent(),
	})
	if err != nil {
		return h.refuse(c, err, t, h.postmortemPage)
	}
	done, err := h.publishedTo(c, code, t.tick("notify"))
	if err != nil {
		return err
	}
	return goTo(c, view.AdminURL(incidents.KindIncident, code)+"/postmortem", done)
}

// publishedTo names the sentence that says whether anybody was told.
func (h *Handlers) publishedTo(c *gin.Context, code string, notify bool) (string, error) {
	if !notify {
		return "published", nil
	}
	s, err := h.scene(c, code)
	if err != nil {
		return "", err
	}
	n, err := h.Subscribers.Recipients(c, server.PageOf(c).ID, s.ids(), s.story.Incident.ID, incidents.TellPostmortem)
	if err != nil || n == 0 {
		return "published_none", err
	}
	return "published_told", nil
}

// undoLetter stops the letter about a postmortem while it is held.
func (h *Handlers) undoLetter(c *gin.Context) error {
	code := c.Param("code")
	if err := h.Desk.UndoLetter(c, server.Actor(c), server.PageOf(c).ID, code); err != nil {
		return h.refuse(c, err, nil, h.postmortemPage)
	}
	return goTo(c, view.AdminURL(incidents.KindIncident, code)+"/postmortem", "undone")
}

func (h *Handlers) unpublishPostmortem(c *gin.Context) error {
	t, code := read(c), c.Param("code")
	if err := h.Desk.UnpublishPostmortem(c, server.Actor(c), server.PageOf(c).ID, code); err != nil {
		return h.refuse(c, err, t, h.postmortemPage)
	}
	return goTo(c, view.AdminURL(incidents.KindIncident, code)+"/postmortem", "unpublished")
}
