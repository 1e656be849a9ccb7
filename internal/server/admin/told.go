package admin

import (
	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

// tell says how many people a post about components reaches, and how many its
// end does.
func (h *Handlers) tell(c *gin.Context, p *i18n.Printer, components []int64, incident int64, telling, end incidents.Telling) (view.AdminTell, error) {
	page := server.PageOf(c).ID
	n, err := h.Subscribers.Recipients(c, page, components, incident, telling)
	if err != nil {
		return view.AdminTell{}, err
	}
	ends := n
	if end != telling {
		if ends, err = h.Subscribers.Recipients(c, page, components, incident, end); err != nil {
			return view.AdminTell{}, err
		}
	}
	t := view.NewAdminTell(p, n, ends)
	t.Telling = string(telling)
	return t, nil
}

// told is what staff hear of the messages of a story: a few words beside each
// update, and the way back while one is held.
func (h *Handlers) told(c *gin.Context, p *i18n.Printer, s incidents.Story) (map[int64]string, *view.AdminToast, error) {
	all, err := h.Outbox.OfIncident(c, s.Incident.PageID, s.Incident.ID)
	if err != nil {
		return nil, nil, err
	}
	words, off := map[int64]string{}, h.Outbox.SMTP == nil || !server.PageOf(c).MailReady()
	var toast *view.AdminToast
	for _, u := range s.Updates {
		t, announced := all[u.ID]
		if announced && t.Held && u.WithdrawnAt == nil {
			n, err := h.reach(c, s, u)
			if err != nil {
				return nil, nil, err
			}
			t.Recipients = n
			toast = view.NewAdminToast(p, u.Code, n, off, t.DueAt, h.clock())
		}
		words[u.ID] = view.AdminTold(p, u, t, announced, off, h.clock())
	}
	return words, toast, nil
}

// reach is how many people a held announcement will go to.
func (h *Handlers) reach(c *gin.Context, s incidents.Story, u incidents.Update) (int, error) {
	var ids []int64
	for id := range incidents.Fold(s.Incident.Kind, s.Updates).Affected {
		ids = append(ids, id)
	}
	t := telling(s.Incident.Kind, u.State.Done())
	if s.Incident.Kind == incidents.KindIncident && u.Position == 1 {
		t = incidents.TellNew
	}
	return h.Subscribers.Recipients(c, s.Incident.PageID, ids, s.Incident.ID, t)
}

// mail is why no mail leaves; nil when it does. Only those who can put it
// right get the way to it.
func (h *Handlers) mail(p *i18n.Printer, s notify.Status, manages bool) *view.AdminMail {
	m := view.NewAdminMail(p, s, h.clock())
	if m != nil && !manages {
		m.URL, m.Link = "", ""
	}
	return m
}
