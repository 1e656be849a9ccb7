package admin

import (
	"cmp"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

// preview renders a text exactly as the page will, for the script that shows it
// while somebody types: placeholders filled, and with telling, whom the post
// would reach.
func (h *Handlers) preview(c *gin.Context) error {
	t, p, page := read(c), h.printer(c), server.PageOf(c).ID
	_, all, err := h.components().List(c, page)
	if err != nil {
		return err
	}
	services, err := h.namesFor(c, t, all)
	if err != nil {
		return err
	}
	out := view.AdminFragment{Filled: t.text("text")}
	by := ""
	if next := t.promise(h.clock()); !next.IsZero() {
		by = p.Voice().Near(next, h.clock())
		out.Next = p.T("admin.promise.by", "At", by)
	}
	if holds(out.Filled) {
		out.Filled = fill(out.Filled, cmp.Or(services, p.Voice().T("compose.ours")), by)
	}
	most := markdown.MaxUpdate
	if t.line("max") == "100000" {
		most = markdown.MaxPostmortem
	}
	doc, err := h.Desk.Preview(c, out.Filled, most)
	switch f := fault.Of(err); {
	case f != nil && f.Kind == fault.Invalid && len(f.Fields) > 0:
		out.Wrong = p.Msg(f.Fields[0].Key, f.Fields[0].Args)
	case err != nil:
		return err
	}
	if out.Tell, err = h.recount(c, p, t, all); err != nil {
		return err
	}
	body, err := h.Views.AdminFragment(out.With(doc.HTML))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if out.Wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	server.WriteHTML(c, status, body)
	return nil
}

// namesFor are the services that a text is about: those chosen in the composer,
// or those of the incident.
func (h *Handlers) namesFor(c *gin.Context, t *typed, all []components.Component) (string, error) {
	var changes []components.Change
	for _, code := range t.values["components"] {
		changes = append(changes, components.Change{Component: code, Status: components.PartialOutage})
	}
	if code := t.line("incident"); code != "" {
		st, err := h.Incidents.Story(c, server.PageOf(c).ID, code)
		if err != nil {
			return "", err
		}
		changes = append(changes, changesOf(st, all)...)
	}
	return named(h.printer(c), changes, all), nil
}

// recount is whom a post would reach, while services are being chosen.
func (h *Handlers) recount(c *gin.Context, p *i18n.Printer, t *typed, all []components.Component) (*view.AdminTell, error) {
	telling := incidents.Telling(t.line("telling"))
	if telling != incidents.TellNew && telling != incidents.TellMaintenance {
		return nil, nil //nolint:nilnil // nothing to count is an answer
	}
	tell, err := h.tell(c, p, chosen(t.values["components"], all), 0, telling, telling)
	return &tell, err
}
