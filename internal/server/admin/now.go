package admin

import (
	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

const (
	recent = 20 // of the last incidents, looked through for the one that was over last
	drafts = 5  // of those that are over, looked through for a postmortem that waits
)

func (h *Handlers) now(c *gin.Context) error { return h.nowPage(c, reply{}) }

// nowPage shows what is so; a refused headline stands in its form.
func (h *Handlers) nowPage(c *gin.Context, r reply) error {
	b, err := h.base(c, "now", "Now")
	if err != nil {
		return err
	}
	page := server.PageOf(c).ID
	groups, all, err := h.components().All(c, page)
	if err != nil {
		return err
	}
	open, err := h.Incidents.OpenOnes(c, page)
	if err != nil {
		return err
	}
	p := view.AdminNow{AdminBase: b, Heading: view.AdminHeading(b.T, b.Open), Services: view.AdminTroubles(b.T, all), Empty: len(all) == 0}
	if p.Headline, err = h.headline(c, b.T, r); err != nil {
		return err
	}
	for _, st := range open {
		if st.Incident.State == incidents.Scheduled {
			p.Waiting = append(p.Waiting, view.AdminPlannedLine(b.T, st.Incident))
			continue
		}
		s := newScene(st, groups, all)
		o := view.AdminOpen{Head: s.head(b.T, h.clock())}
		if b.CanPost() {
			if o.Post, err = h.postForm(c, b.T, s, reply{}, "p-"+st.Incident.Code); err != nil {
				return err
			}
		}
		p.Ongoing = append(p.Ongoing, o)
	}
	if err := h.lately(c, &p); err != nil {
		return err
	}
	return h.page(c, r, p)
}

// lately adds what the last incidents left: drafts that wait, and when the
// last one was over.
func (h *Handlers) lately(c *gin.Context, p *view.AdminNow) error {
	page := server.PageOf(c).ID
	last, err := h.Incidents.List(c, page, incidents.KindIncident, 0, recent)
	if err != nil {
		return err
	}
	p.Quiet = view.AdminQuiet(p.T, nil)
	over := 0
	for _, i := range last {
		if i.ResolvedAt == nil || i.WithdrawnAt != nil {
			continue
		}
		if over++; over == 1 {
			p.Quiet = view.AdminQuiet(p.T, i.ResolvedAt)
		}
		if over > drafts {
			break
		}
		st, err := h.Incidents.Story(c, page, i.Code)
		if err != nil {
			return err
		}
		if m := st.Postmortem; m != nil && m.PublishedAt == nil && m.Draft != "" {
			p.Waiting = append(p.Waiting, view.AdminDraftLine(p.T, i))
		}
	}
	return nil
}
