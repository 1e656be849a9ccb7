package admin

import (
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

const listed = 50 // rows of a list

func (h *Handlers) incidents(c *gin.Context) error {
	return h.list(c, incidents.KindIncident, "incidents", "Incidents")
}

func (h *Handlers) maintenances(c *gin.Context) error {
	return h.list(c, incidents.KindMaintenance, "maintenance", "Maintenance")
}

// list shows a kind, newest first.
func (h *Handlers) list(c *gin.Context, kind incidents.Kind, here, title string) error {
	b, err := h.base(c, here, title)
	if err != nil {
		return err
	}
	before := cursor(c, "before")
	is, err := h.Incidents.List(c, server.PageOf(c).ID, kind, before, listed+1)
	if err != nil {
		return err
	}
	p := view.AdminIncidents{AdminBase: b, Maintenance: kind == incidents.KindMaintenance, First: before == 0}
	if len(is) > listed {
		is = is[:listed]
		p.Older = "?before=" + number(is[listed-1].ID)
	}
	for _, i := range is {
		p.Rows = append(p.Rows, view.NewAdminHead(b.T, i, nil, h.clock()))
	}
	return h.page(c, reply{}, p)
}

// scene is everything that the pages about one incident are made of.
type scene struct {
	story  incidents.Story
	groups []components.Group
	all    []components.Component // archived ones too: history names them
	names  map[int64]string
	folded incidents.Folded
}

func (h *Handlers) scene(c *gin.Context, code string) (scene, error) {
	page := server.PageOf(c).ID
	story, err := h.Incidents.Story(c, page, code)
	if err != nil {
		return scene{}, err
	}
	groups, all, err := h.components().All(c, page)
	return newScene(story, groups, all), err
}

func newScene(story incidents.Story, groups []components.Group, all []components.Component) scene {
	s := scene{story: story, groups: withoutArchived(groups), all: all, names: make(map[int64]string, len(all))}
	for _, x := range all {
		s.names[x.ID] = x.Name
	}
	s.folded = incidents.Fold(story.Incident.Kind, story.Updates)
	return s
}

func withoutArchived(gs []components.Group) []components.Group {
	var out []components.Group
	for _, g := range gs {
		if g.ArchivedAt == nil {
			out = append(out, g)
		}
	}
	return out
}

// affected are the components that the incident names, in page order.
func (s scene) affected() []components.Component {
	return s.only(func(c components.Component) bool { _, ok := s.folded.Affected[c.ID]; return ok })
}

func (s scene) others() []components.Component {
	return s.only(func(c components.Component) bool { _, ok := s.folded.Affected[c.ID]; return !ok })
}

func (s scene) only(want func(components.Component) bool) []components.Component {
	var out []components.Component
	for _, c := range s.all {
		if c.ArchivedAt == nil && want(c) {
			out = append(out, c)
		}
	}
	return out
}

func (s scene) ids() []int64 {
	var out []int64
	for _, c := range s.affected() {
		out = append(out, c.ID)
	}
	return out
}

// here is the menu entry that the scene belongs to.
func (s scene) here() string {
	if s.story.Incident.Kind == incidents.KindMaintenance {
		return "maintenance"
	}
	return "incidents"
}

func (s scene) head(p *i18n.Printer, now time.Time) view.AdminHead {
	return view.NewAdminHead(p, s.story.Incident, statusesOf(s.story), now)
}

func (h *Handlers) incident(c *gin.Context) error { return h.incidentPage(c, reply{}) }

// incidentPage is the page of an incident or maintenance, with the form that
// posts to it.
func (h *Handlers) incidentPage(c *gin.Context, r reply) error {
	return h.incidentPageOf(c, c.Param("code"), r)
}

func (h *Handlers) incidentPageOf(c *gin.Context, code string, r reply) error {
	s, err := h.scene(c, code)
	if err != nil {
		return err
	}
	if s.story.Incident.WithdrawnAt != nil && r.values != nil {
		return r.fault // there is no form to keep the text in; the server keeps it
	}
	b, err := h.base(c, s.here(), s.story.Incident.Title)
	if err != nil {
		return err
	}
	p := view.AdminIncident{AdminBase: b, Head: s.head(b.T, h.clock())}
	if err := h.fillIncident(c, &p, s); err != nil {
		return err
	}
	if !b.CanPost() || p.Head.Withdrawn {
		return h.page(c, r, p)
	}
	p.Steps = view.AdminSteps(b.T, s.story.Incident.State)
	if p.Post, err = h.postForm(c, b.T, s, r, "p"); err != nil {
		return err
	}
	return h.page(c, r, p)
}

// fillIncident adds what is told of an incident: timeline, spans, postmortem.
func (h *Handlers) fillIncident(c *gin.Context, p *view.AdminIncident, s scene) error {
	i, now := s.story.Incident, h.clock()
	spans, err := h.components().Spans(c, i.PageID, i.StartedAt.Add(-time.Second))
	if err != nil {
		return err
	}
	p.Affected = view.AdminSpans(p.T, components.Runs(spans), i.ID, s.names, now)
	words, toast, err := h.told(c, p.T, s.story)
	if err != nil {
		return err
	}
	if p.CanPost() {
		p.Toast = toast
	}
	p.Updates = view.AdminTimeline(p.T, s.story, s.names, words, h.tongues(c), now)
	p.Also(p.T, s.story, h.tongues(c))
	p.Postmortem = view.AdminMortemStatus(p.T, s.story.Postmortem, now)
	return nil
}

// postForm is the form of an update. On a conflict it shows what the other
// person wrote and expects the revision as it is now, so that pressing the
// button again means it.
func (h *Handlers) postForm(c *gin.Context, p *i18n.Printer, s scene, r reply, id string) (*view.AdminPost, error) {
	i := s.story.Incident
	form := r.form(p, id, h.proposedPost(c, s))
	if err := h.offerPost(c, p, &form, s); err != nil {
		return nil, err
	}
	if r.conflict() {
		form.Theirs = view.AdminTheirsOf(p, s.story.Revisions, h.clock())
		form.Values.Set("expect", number(i.Revision))
	}
	tell, err := h.tell(c, p, s.ids(), i.ID, telling(i.Kind, false), telling(i.Kind, true))
	if err != nil {
		return nil, err
	}
	at := view.AdminURL(i.Kind, i.Code)
	post := &view.AdminPost{
		Form: form, Code: i.Code, Action: at + "/updates", More: at + "#post", States: view.AdminStates(p, i.Kind), Promises: view.AdminPromises(p),
		Snippets: view.AdminPostSnippets(p, i.Kind), Statuses: view.AdminStatuses(p), Tell: tell.At(incidents.State(form.V("state"))), Zone: h.zone(c, p), Maintenance: i.Kind == incidents.KindMaintenance, Over: i.State.Done(),
		Affected: view.AdminServiceGroups(p, s.groups, s.affected(), form), Others: view.AdminServiceGroups(p, s.groups, s.others(), form),
	}
	if r.preview {
		post.Preview, err = h.previewOf(c, p, &post.Form, "body", markdown.MaxUpdate)
	}
	return post, err
}

// offerPost fills in the placeholders of the form's text for the eye.
func (h *Handlers) offerPost(c *gin.Context, p *i18n.Printer, form *view.AdminForm, s scene) error {
	i := s.story.Incident
	post := bindPost(&typed{values: form.Values, zone: p.Zone}, i.PageID, i.Code, s.all, h.clock())
	filled, err := h.filled(c, p, i.PageID, post)
	if err != nil {
		return err
	}
	offer(form, post.Body, filled)
	return nil
}

func telling(k incidents.Kind, end bool) incidents.Telling {
	switch {
	case k == incidents.KindMaintenance:
		return incidents.TellMaintenance
	case end:
		return incidents.TellResolved
	}
	return incidents.TellUpdate
}

// proposedPost are the values of the form on a first visit. ?again= names an
// update that was just undone: its text is there again, to be put right.
func (h *Handlers) proposedPost(c *gin.Context, s scene) url.Values {
	i := s.story.Incident
	next := "30"
	if i.State.Done() || i.Kind == incidents.KindMaintenance {
		next = "none"
	}
	v := proposed("state", string(i.State), "next_update_by", next, "notify", "1", "all_operational", "1", "expect", number(i.Revision))
	for _, u := range s.story.Updates {
		if u.Code == c.Query("again") && u.WithdrawnAt != nil {
			v.Set("body", u.Body)
			v.Set("state", string(u.State))
			if !u.Notify {
				v.Del("notify")
			}
		}
	}
	return v
}

// previewOf renders a text of a form as readers will get it. What is wrong
// with the text is noted beside its field.
func (h *Handlers) previewOf(c *gin.Context, p *i18n.Printer, form *view.AdminForm, field string, most int) (view.AdminPreview, error) {
	doc, err := h.Desk.Preview(c, form.V(field), most)
	if f := fault.Of(err); f != nil && f.Kind == fault.Invalid {
		for n := range f.Fields {
			f.Fields[n].Name = field
		}
		*form = form.Refused(f)
		return view.AdminPreview{}, nil
	}
	if err != nil {
		return view.AdminPreview{}, err
	}
	return view.NewAdminPreview(p, form.V("title"), form.V("state"), "", "", doc.HTML), nil
}

// postUpdate adds an update to an incident or maintenance.
func (h *Handlers) postUpdate(c *gin.Context) error {
	t, p := read(c), h.printer(c)
	page, code := server.PageOf(c).ID, c.Param("code")
	all, err := h.components().Codes(c, page)
	if err != nil {
		return h.refuse(c, err, t, h.incidentPage)
	}
	takeSnippet(t, view.AdminPostSnippets(p, h.kindOf(c, page, code)), "")
	if t.wants("snippet") || t.wants("preview") {
		return h.incidentPage(c, again(t))
	}
	post := bindPost(t, page, code, all, h.clock())
	if err = t.err(); err == nil {
		if post.Body, err = h.filled(c, p, page, post); err == nil {
			_, err = h.Desk.Post(c, server.Actor(c), post)
		}
	}
	if err != nil {
		return h.refuse(c, err, t, h.incidentPage)
	}
	i, err := h.Incidents.ByCode(c, page, code)
	if err != nil {
		return err
	}
	return goTo(c, view.AdminURL(i.Kind, i.Code), "posted")
}

// kindOf is the kind of an incident; of an unknown one, that of the route.
func (h *Handlers) kindOf(c *gin.Context, page int64, code string) incidents.Kind {
	i, err := h.Incidents.ByCode(c, page, code)
	if err != nil { // the act itself will say what is wrong
		return incidents.KindIncident
	}
	return i.Kind
}

// filled is the text of an update with its placeholders filled in.
func (h *Handlers) filled(c *gin.Context, p *i18n.Printer, page int64, post incidents.Post) (string, error) {
	if !holds(post.Body) {
		return post.Body, nil
	}
	st, err := h.Incidents.Story(c, page, post.Incident)
	if err != nil {
		return "", err
	}
	_, all, err := h.components().List(c, page)
	if err != nil {
		return "", err
	}
	services := named(p, append(changesOf(st, all), post.Components...), all)
	_, body := compose(p, st.Incident.Title, post.Body, services, post.NextUpdateBy, h.clock())
	return body, nil
}

// changesOf are the services that a story names, as they are said to be; of one
// that is over, as they were.
func changesOf(st incidents.Story, all []components.Component) []components.Change {
	affected := incidents.Fold(st.Incident.Kind, st.Updates).Affected
	var out []components.Change
	for _, x := range all {
		if _, ok := affected[x.ID]; ok {
			out = append(out, components.Change{Component: x.Code, Status: components.PartialOutage})
		}
	}
	return out
}
