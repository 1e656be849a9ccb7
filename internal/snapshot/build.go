package snapshot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
)

// build makes the picture of a page at its present version, in one read
// transaction. What did not change since prev is taken over from it, so that a
// post costs what it touches and not what ten years hold.
func build(ctx context.Context, d *db.DB, page int64, prev *Snapshot, base func(pages.Page) string) (*Snapshot, error) {
	var out *Snapshot
	err := d.View(ctx, func(g *gorm.DB) error {
		var v struct {
			Version   int64
			ChangedAt time.Time
		}
		if err := g.Raw(`select version, changed_at from page_versions where page_id = ?`, page).Take(&v).Error; err != nil {
			return fmt.Errorf("load the version of page %d: %w", page, err)
		}
		if prev != nil {
			if same, err := goesOn(g, page, v.Version, prev); err != nil {
				return err
			} else if !same {
				prev = nil // everything anew
			}
		}
		p, err := pages.From(g, page)
		if err != nil {
			return err
		}
		if err := sound(g); err != nil {
			return err
		}
		index, err := indexFrom(g, page, prev)
		if err != nil {
			return err
		}
		since, old := reuse(prev, index)
		stories, err := incidents.Changed(g, page, since)
		if err != nil {
			return err
		}
		spans, err := components.SpansChanged(g, page, since)
		if err != nil {
			return err
		}
		namings, err := components.Namings(g, page)
		if err != nil {
			return err
		}
		headline, err := incidents.HeadlineFrom(g, page)
		if err != nil {
			return err
		}
		tip, err := tipOf(g, page)
		if err != nil {
			return err
		}
		out = New(Snapshot{
			Headline: headlineOf(headline), Names: index.namings(namings),
			Page: public(p, base(p)), Version: v.Version, ChangedAt: v.ChangedAt.UTC(), BuiltAt: d.Now(),
			Groups: index.groups(), Incidents: merge(old, stories, index), names: index.names, index: index, tip: tip,
			Lives: index.lives(since, prev, spans), CalledOff: index.calledOff(since, prev, stories),
		})
		return nil
	})
	return out, err
}

// goesOn reports whether the database holds all that a picture was made of. It
// does not where a backup was put back, or a replica that lagged took over: what
// was built upon such a picture would show what nobody posted, and hide what
// somebody did.
func goesOn(g *gorm.DB, page, version int64, prev *Snapshot) (bool, error) {
	if prev.foreign || prev.Version > version {
		return false, nil
	}
	var n int64
	var err error
	if prev.tip.ID == 0 { // made before anything was done
		err = g.Raw(`select count(*) from audits where page_id = ?`, page).Scan(&n).Error
		n = 1 - min(n, 1)
	} else {
		// served by the primary key
		err = g.Raw(`select count(*) from audits where id = ? and page_id = ? and hash = ?`, prev.tip.ID, page, prev.tip.Hash).Scan(&n).Error
	}
	if err != nil {
		return false, fmt.Errorf("look for the end of the audit that the picture knows: %w", err)
	}
	return n == 1, nil
}

// sound touches the tables that a picture is made of, also those that nothing
// new is read from: one that is damaged is as bad as a file that is, and staff
// should not go on writing beside it.
func sound(g *gorm.DB) error {
	for _, table := range []string{"incidents", "updates", "postmortems", "component_spans", "revisions"} {
		var last *int64
		if err := g.Raw(`select max(id) from ` + table).Scan(&last).Error; err != nil {
			return fmt.Errorf("look at the %s: %w", table, err)
		}
	}
	return nil
}

func tipOf(g *gorm.DB, page int64) (t tip, err error) {
	// served by audits_page
	if err := g.Raw(`select id, hash from audits where page_id = ? order by id desc limit 1`, page).Scan(&t).Error; err != nil {
		return t, fmt.Errorf("load the end of the audit: %w", err)
	}
	return t, nil
}

func headlineOf(h *incidents.Headline) string {
	if h == nil {
		return ""
	}
	return h.Text
}

// reuse says from which version on incidents must be loaded, and which may be
// kept. When a component was renamed, hidden or moved, all name it anew.
func reuse(prev *Snapshot, index *index) (since int64, old []*Incident) {
	if prev == nil || prev.foreign || prev.names != index.names {
		return -1, nil
	}
	return prev.Version, prev.Incidents
}

func merge(old []*Incident, stories []incidents.Story, index *index) []*Incident {
	fresh := make(map[int64]*Incident, len(stories))
	for _, s := range stories {
		fresh[s.Incident.ID] = index.incident(s) // nil: not for readers
	}
	out := make([]*Incident, 0, len(old)+len(stories))
	for _, i := range old {
		if _, changed := fresh[i.ID]; !changed {
			out = append(out, i)
		}
	}
	for _, s := range stories {
		if i := fresh[s.Incident.ID]; i != nil {
			out = append(out, i)
		}
	}
	return out
}

// lives are the periods of the components that readers may know: those of prev
// with what was said or taken back since. What did not move is shared.
func (x *index) lives(since int64, prev *Snapshot, spans []components.Span) map[int64][]Period {
	out := map[int64][]Period{}
	if since >= 0 {
		maps.Copy(out, prev.Lives)
	}
	for len(spans) > 0 {
		id, n := spans[0].ComponentID, 1
		for n < len(spans) && spans[n].ComponentID == id {
			n++
		}
		if x.seen(id) {
			out[id] = life(out[id], spans[:n])
		}
		spans = spans[n:]
	}
	return out
}

func life(was []Period, moved []components.Span) []Period {
	gone := map[int64]bool{}
	var out []Period
	for _, s := range moved {
		gone[s.ID] = true // also one that is still said: it may have been loaded before
		if s.SupersededAt == nil {
			p := Period{ID: s.ID, Status: s.Status, From: s.ValidFrom.UTC(), Cause: s.Cause}
			if s.ValidTo != nil {
				p.To = s.ValidTo.UTC()
			}
			if s.IncidentID != nil {
				p.IncidentID = *s.IncidentID
			}
			out = append(out, p)
		}
	}
	for _, p := range was {
		if !gone[p.ID] {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b Period) int { return a.From.Compare(b.From) })
	return out
}

// calledOff are the withdrawn maintenances, oldest first.
func (x *index) calledOff(since int64, prev *Snapshot, stories []incidents.Story) []CalledOff {
	fresh := map[int64]bool{}
	var out []CalledOff
	for _, s := range stories {
		i := s.Incident
		fresh[i.ID] = true
		if i.Kind != incidents.KindMaintenance || i.WithdrawnAt == nil || i.ScheduledFor == nil || i.ScheduledUntil == nil {
			continue
		}
		c := CalledOff{ID: i.ID, Code: i.Code, From: i.ScheduledFor.UTC(), To: i.ScheduledUntil.UTC(), At: i.WithdrawnAt.UTC(), Revision: i.Revision}
		for _, u := range s.Updates {
			for _, uc := range u.Components {
				if code := x.comp[uc.ComponentID].Code; x.seen(uc.ComponentID) && !slices.Contains(c.Components, code) {
					c.Components = append(c.Components, code)
				}
			}
		}
		out = append(out, c)
	}
	if since >= 0 {
		for _, c := range prev.CalledOff {
			if !fresh[c.ID] {
				out = append(out, c)
			}
		}
	}
	slices.SortFunc(out, func(a, b CalledOff) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func public(p pages.Page, base string) Page {
	return Page{
		ID: p.ID, Code: p.Code, Name: p.Name, TimeZone: p.TimeZone, Language: p.Language, AutoLanguage: p.AutoLanguage, Words: p.Words, SupportURL: p.SupportURL,
		ShowUptime: p.ShowUptime, PastDays: p.PastDays, Weights: components.Weights{Major: p.WeightMajor, Partial: p.WeightPartial, Degraded: p.WeightDegraded},
		RaiseIndicator: p.RaiseIndicator, HideFromSearch: p.HideFromSearch,
		Default: p.IsDefault, Hosts: p.Hosts, BaseURL: base, SetUp: p.SetUpAt != nil, CreatedAt: p.CreatedAt.UTC(),
	}
}

// index knows the components and groups of a page while its picture is made. The
// next picture takes it over where none of them was written.
type index struct {
	group map[int64]components.Group
	comp  map[int64]components.Component
	all   []components.Component // in page order
	order []components.Component // those of them that readers see
	place map[int64]int          // component id to its place in order, or after them all
	names string                 // sums up everything of components that incidents show
}

func indexFrom(g *gorm.DB, page int64, prev *Snapshot) (*index, error) {
	if prev == nil || prev.foreign || prev.index == nil {
		groups, cs, err := components.Changed(g, page, -1)
		return newIndex(groups, cs, nil), err
	}
	groups, cs, err := components.Changed(g, page, prev.Version)
	if len(groups)+len(cs) == 0 {
		return prev.index, err
	}
	return newIndex(groups, cs, prev.index), err
}

// newIndex is that of was with some rows that are new or were written again.
func newIndex(groups []components.Group, cs []components.Component, was *index) *index {
	x := &index{group: map[int64]components.Group{}, comp: map[int64]components.Component{}, place: map[int64]int{}}
	if was != nil {
		maps.Copy(x.group, was.group)
		maps.Copy(x.comp, was.comp)
	}
	for _, g := range groups {
		x.group[g.ID] = g
	}
	for _, c := range cs {
		x.comp[c.ID] = c
	}
	x.all = slices.SortedFunc(maps.Values(x.comp), func(a, b components.Component) int {
		return cmp.Or(cmp.Compare(x.groupPlace(a), x.groupPlace(b)), cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	for n, c := range x.all {
		x.place[c.ID] = n
		if c.Visible() {
			x.order = append(x.order, c)
		}
	}
	x.names = x.sumUp()
	return x
}

// groupPlace: components without a group stand first.
func (x *index) groupPlace(c components.Component) int {
	if c.GroupID == nil {
		return 0
	}
	return x.group[*c.GroupID].Position
}

func (x *index) groupName(c components.Component) string {
	if c.GroupID == nil {
		return ""
	}
	return x.group[*c.GroupID].Name
}

func (x *index) sumUp() string {
	var b strings.Builder
	for _, c := range x.all {
		fmt.Fprintf(&b, "%s\x1f%s\x1f%s\x1f%t\x1e", c.Code, c.Name, x.groupName(c), c.Hidden)
	}
	h := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(h[:])
}

func (x *index) groups() []Group {
	var out []Group
	for _, c := range x.order {
		var id int64
		g := Group{}
		if c.GroupID != nil {
			src := x.group[*c.GroupID]
			id = src.ID
			g = Group{ID: id, Code: src.Code, Name: src.Name, Description: src.Description, CreatedAt: src.CreatedAt.UTC(), UpdatedAt: src.UpdatedAt.UTC()}
		}
		if len(out) == 0 || out[len(out)-1].ID != id {
			out = append(out, g)
		}
		last := &out[len(out)-1]
		last.Components = append(last.Components, Component{
			ID: c.ID, Code: c.Code, Name: c.Name, Description: c.Description, Status: c.Status, Since: c.StatusSince.UTC(), Position: len(last.Components) + 1,
			StartDate: c.StartDate, Showcase: c.Showcase, CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(),
		})
	}
	return out
}

// seen reports whether readers may know of a component, present or archived.
func (x *index) seen(id int64) bool {
	c, ok := x.comp[id]
	return ok && !c.Hidden
}

// incident is a story as readers may see it; nil when there is nothing to see.
func (x *index) incident(s incidents.Story) *Incident {
	i := s.Incident
	if i.WithdrawnAt != nil {
		return nil
	}
	out := &Incident{
		ID: i.ID, Code: i.Code, Number: i.Number, Kind: i.Kind, Title: i.Title, State: i.State, Impact: i.ShownImpact(s.Updates, x.seen),
		StartedAt: i.StartedAt.UTC(), MonitoringAt: utc(i.MonitoringAt), ResolvedAt: utc(i.ResolvedAt),
		ScheduledFor: utc(i.ScheduledFor), ScheduledUntil: utc(i.ScheduledUntil), NextUpdateBy: utc(i.NextUpdateBy),
		Revision: i.Revision, CreatedAt: i.CreatedAt.UTC(), UpdatedAt: i.UpdatedAt.UTC(),
		Updates: x.updates(s), Affected: x.affected(s.Updates), Postmortem: mortem(s),
	}
	for lang, w := range translated(s, incidents.OfIncident, i.ID, i.Title) {
		if out.Titles == nil {
			out.Titles = map[string]string{}
		}
		out.Titles[lang] = w.Body
	}
	if len(out.Updates) == 0 {
		return nil
	}
	return out
}

func (x *index) updates(s incidents.Story) []Update {
	var out []Update
	var before incidents.State
	var told time.Time
	for _, u := range s.Updates { // oldest first
		if u.WithdrawnAt != nil {
			continue
		}
		// What was told late, of a moment before, makes no step back of what had
		// been said already.
		fell := !u.PostedAt.Before(told) && incidents.FellBack(s.Incident.Kind, before, u.State)
		if u.PostedAt.After(told) {
			told = u.PostedAt
		}
		out = append(out, Update{
			Code: u.Code, N: len(out) + 1, State: u.State, Label: incidents.Label(before, u.State), FellBack: fell,
			HTML: u.HTML, Plain: u.Plain, Body: u.Body, HappenedAt: u.HappenedAt.UTC(), PostedAt: u.PostedAt.UTC(), NextUpdateBy: utc(u.NextUpdateBy), Notify: u.Notify,
			EditedAt: utc(u.EditedAt), Earlier: earlier(s.Revisions, incidents.OfUpdate, u.ID), Affected: x.affected([]incidents.Update{u}),
			In: translated(s, incidents.OfUpdate, u.ID, u.Body),
		})
		before = u.State
	}
	slices.Reverse(out)
	return out
}

// affected are the components that updates spoke of, in page order, without
// the hidden ones. Archived ones stay: history keeps their names.
func (x *index) affected(us []incidents.Update) []Affected {
	said := map[int64]Affected{}
	for _, u := range us {
		if u.WithdrawnAt != nil {
			continue
		}
		for _, uc := range u.Components {
			if !x.seen(uc.ComponentID) {
				continue
			}
			c := x.comp[uc.ComponentID]
			a, again := said[c.ID]
			if !again {
				a = Affected{ID: c.ID, Code: c.Code, Name: c.Name, Group: x.groupName(c), Old: uc.OldStatus}
			}
			a.New = uc.NewStatus
			said[c.ID] = a
		}
	}
	ids := make([]int64, 0, len(said))
	for id := range said {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Compare(x.place[a], x.place[b]) })
	out := make([]Affected, 0, len(ids))
	for _, id := range ids {
		out = append(out, said[id])
	}
	return out
}

// earlier are the wordings and times of a thing that were replaced, newest
// first, each with the time during which it was shown.
func earlier(rs []incidents.Revision, subject incidents.Subject, id int64) []Earlier {
	var out []Earlier
	var last *incidents.Content
	var from time.Time
	for _, r := range rs {
		if r.Subject != subject || r.SubjectID != id {
			continue
		}
		c, err := r.Decode()
		if err != nil {
			continue // VerifyRevisions finds it; a page must not fail for it
		}
		if last != nil && !last.Hidden && (last.HTML != c.HTML || !same(last.HappenedAt, c.HappenedAt)) && !c.Hidden {
			e := Earlier{HTML: last.HTML, From: from, Until: r.RecordedAt.UTC()}
			if last.HappenedAt != nil {
				e.HappenedAt = last.HappenedAt.UTC()
			}
			out = append(out, e)
		}
		last, from = &c, r.RecordedAt.UTC()
	}
	slices.Reverse(out)
	return out
}

func mortem(s incidents.Story) *Postmortem {
	m := s.Postmortem
	if m == nil || m.PublishedAt == nil {
		return nil
	}
	return &Postmortem{
		Code: m.Code, HTML: m.HTML, Plain: m.Plain, Body: m.Body, PublishedAt: m.PublishedAt.UTC(), EditedAt: utc(m.EditedAt), AuthorName: m.AuthorName,
		Earlier: earlier(s.Revisions, incidents.OfPostmortem, m.ID), In: translated(s, incidents.OfPostmortem, m.ID, m.Body),
	}
}

func same(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
