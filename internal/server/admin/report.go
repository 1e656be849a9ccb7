package admin

import (
	"cmp"
	"net/url"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) reportForm(c *gin.Context) error { return h.reportPage(c, reply{}) }

// reportPage is the composer.
func (h *Handlers) reportPage(c *gin.Context, r reply) error {
	b, err := h.base(c, "", "Report a problem")
	if err != nil {
		return err
	}
	b.Focus = true
	page := server.PageOf(c)
	groups, all, err := h.components().List(c, page.ID)
	if err != nil {
		return err
	}
	propose, err := h.proposedReport(c, all)
	if err != nil {
		return err
	}
	p := view.AdminReport{
		AdminBase: b, Form: r.form(b.T, "r", propose), Impacts: view.AdminImpacts(b.T), States: view.AdminStates(b.T, incidents.KindIncident),
		Promises: view.AdminPromises(b.T), Weights: view.AdminWeights(b.T), Snippets: view.AdminReportSnippets(b.T),
		Words: view.NewAdminWords(b.T), HoldText: holdText(b.T.T, page.HoldSeconds), Zone: h.zone(c, b.T),
	}
	p.Groups = view.AdminServiceGroups(b.T, groups, all, p.Form)
	for _, x := range all {
		p.MatrixOpen = p.MatrixOpen || p.Form.V("m-"+x.Code) != ""
	}
	t := &typed{values: p.Form.Values, zone: page.Location()}
	if p.Tell, err = h.tell(c, b.T, idsOf(t.affected(all), all), 0, incidents.TellNew, incidents.TellNew); err != nil {
		return err
	}
	if p.Preview, err = h.reportPreview(c, &p.Form, all); err != nil {
		return err
	}
	p.Preview.Shown = r.preview
	return h.page(c, r, p)
}

func holdText(t func(string, ...any) string, seconds int) string {
	if seconds == 0 {
		return t("admin.hold.none")
	}
	return t("admin.hold", "Count", seconds)
}

// proposedReport are the values of the composer on a first visit. A link in a
// pager message may choose the service, the impact and the text; ?again= names
// an incident that was just undone.
func (h *Handlers) proposedReport(c *gin.Context, all []components.Component) (url.Values, error) {
	v := proposed("impact", "part", "state", string(incidents.Investigating), "next_update_by", "30", "notify", "1", "body", h.printer(c).Voice().T("compose.body"))
	for _, wanted := range c.QueryArray("service") {
		if x := find(all, wanted); x != nil {
			v.Add("components", x.Code)
		}
	}
	if s := statusOf(c.Query("impact")); s != "" && s != components.Operational {
		v.Set("impact", s.Mark())
	}
	for _, name := range []string{"text", "title"} {
		if given := c.Query(name); given != "" {
			v.Set(map[string]string{"text": "body", "title": "title"}[name], given)
		}
	}
	if c.Query("again") == "" {
		return v, nil
	}
	st, err := h.Incidents.Story(c, server.PageOf(c).ID, c.Query("again"))
	if fault.Is(err, fault.NotFound) || (err == nil && len(st.Updates) == 0) {
		return v, nil
	}
	if err == nil {
		retell(v, st, all)
	}
	return v, err
}

// retell proposes what an undone report said.
func retell(v url.Values, st incidents.Story, all []components.Component) {
	u := st.Updates[0]
	v.Set("title", st.Incident.Title)
	v.Set("body", u.Body)
	v.Set("state", string(u.State))
	v.Set("impact_override", string(st.Incident.ImpactOverride))
	if !u.Notify {
		v.Del("notify")
	}
	for _, uc := range u.Components {
		for _, x := range all {
			if x.ID == uc.ComponentID {
				v.Add("components", x.Code)
				v.Set("m-"+x.Code, uc.NewStatus.Mark())
			}
		}
	}
}

// find is a component by its code, or by its name as it stands in links:
// "call-routing".
func find(all []components.Component, wanted string) *components.Component {
	for n := range all {
		if all[n].Code == wanted || slug(all[n].Name) == slug(wanted) {
			return &all[n]
		}
	}
	return nil
}

func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}

func idsOf(changes []components.Change, all []components.Component) []int64 {
	var out []int64
	for _, ch := range changes {
		for _, x := range all {
			if x.Code == ch.Component {
				out = append(out, x.ID)
			}
		}
	}
	return out
}

// reportPreview is what page and mail will show, with everything filled in.
func (h *Handlers) reportPreview(c *gin.Context, form *view.AdminForm, all []components.Component) (view.AdminPreview, error) {
	page, p, now := server.PageOf(c), form.T, h.clock()
	t := &typed{values: form.Values, zone: page.Location()}
	changes := t.affected(all)
	next := t.promise(now)
	text := meant(t)
	title, body := compose(p, t.line("title"), text, named(p, changes, all), next, now)
	offer(form, text, body)
	shown := *form
	shown.Values = url.Values{"body": {body}}
	v, err := h.previewOf(c, p, &shown, "body", markdown.MaxUpdate)
	if err != nil {
		return v, err
	}
	if shown.Error("body") != "" && form.Error("body") == "" {
		form.Faults, form.Summary = append(form.Faults, shown.Faults...), shown.Summary
	}
	by := ""
	if !next.IsZero() {
		by = p.T("admin.promise.by", "At", p.Near(next, now))
	}
	html := v.HTML
	v = view.NewAdminPreview(p, cmp.Or(title, p.Voice().T("compose.title", "Services", "…")), t.line("state"), t.worst(changes).Mark(), by, "")
	v.HTML, v.From, v.Postal = html, page.SenderName, page.PostalAddress
	if v.From == "" {
		v.From = page.Name
	}
	return v, nil
}

// worst is the worst of the changes; with none yet, the impact that they will get.
func (t *typed) worst(changes []components.Change) components.Status {
	if len(changes) == 0 {
		return cmp.Or(statusOf(t.values.Get("impact")), components.PartialOutage)
	}
	worst := components.Degraded
	for _, ch := range changes {
		worst = components.Worst(worst, ch.Status)
	}
	return worst
}

// report opens an incident. What was left open is filled in here, so that a
// page without script publishes the same words.
func (h *Handlers) report(c *gin.Context) error {
	t, p, now := read(c), h.printer(c), h.clock()
	takeSnippet(t, view.AdminReportSnippets(p), p.Voice().T("compose.body"))
	if t.wants("snippet") || t.wants("preview") {
		return h.reportPage(c, again(t))
	}
	page := server.PageOf(c).ID
	_, all, err := h.components().List(c, page)
	if err != nil {
		return h.refuse(c, err, t, h.reportPage)
	}
	r := bindReport(t, page, all, now)
	var i incidents.Incident
	if err = t.err(); err == nil {
		r.Title, r.Body = compose(p, r.Title, r.Body, named(p, r.Components, all), r.NextUpdateBy, now)
		i, _, err = h.Desk.Report(c, server.Actor(c), r)
		err = renamed(untitled(err, r, all), "impact", "impact_override")
	}
	if err != nil {
		return h.refuse(c, err, t, h.reportPage)
	}
	return goTo(c, view.AdminURL(i.Kind, i.Code), "reported")
}

// untitled says what to do about a report with neither title nor services that
// could make one: tapping a service is the shorter way. Hidden services are not
// named to readers, so they make no title.
func untitled(err error, r incidents.Report, all []components.Component) error {
	f := fault.Of(err)
	if f == nil || r.Title != "" {
		return err
	}
	field, key := "components", "incident.services"
	for _, ch := range r.Components {
		field, key = "components", "incident.unknown_component" // the ones that were chosen are gone
		if find(all, ch.Component) != nil {
			field, key = "title", "incident.title_hidden"
			break
		}
	}
	for n, x := range f.Fields {
		if x.Name == "title" && x.Key == "incident.title" {
			f.Fields[n].Name, f.Fields[n].Key = field, key
		}
	}
	return err
}

// renamed puts a fault beside the field as it is called on this form.
func renamed(err error, from, to string) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	for n := range f.Fields {
		if f.Fields[n].Name == from {
			f.Fields[n].Name = to
		}
	}
	return err
}
