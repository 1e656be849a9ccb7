package incidents

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/pages"
)

// among is where an update stands among those of its incident.
type among struct {
	first  bool  // no other was there
	last   bool  // none that was there comes after it
	before State // of the update before it; empty for none
}

// tell hands the announcement of an update to the announcer, in the
// transaction of the post itself. What is told late, of a moment before the
// latest word, neither begins nor ends anything, and promises nothing.
func (d *Desk) tell(tx *db.Tx, s *Story, u *Update, doc markdown.Doc, at among) error {
	if d.Announce == nil {
		return nil
	}
	page, err := pages.Load(tx, u.PageID)
	if err != nil {
		return err
	}
	a, err := d.announcement(tx, s, doc)
	if err != nil {
		return err
	}
	a.Telling = telling(s.Incident.Kind, u.State, at)
	a.UpdateID, a.UpdateCode, a.State, a.HappenedAt = u.ID, u.Code, u.State, u.HappenedAt
	a.PostedAt = u.PostedAt
	a.Label = Label(at.before, u.State)
	if !at.first && at.before == "" {
		a.Label = labelUpdate
	}
	if at.last {
		a.NextUpdateBy = u.NextUpdateBy
		a.FellBack = FellBack(s.Incident.Kind, at.before, u.State)
	}
	a.Ends = at.first || (at.last && u.State.Done())
	return d.Announce.Announce(tx, page, a)
}

func telling(k Kind, state State, at among) Telling {
	switch {
	case k == KindMaintenance:
		return TellMaintenance
	case at.first:
		return TellNew
	case at.last && state.Done():
		return TellResolved
	}
	return TellUpdate
}

// announcement is what every message about an incident holds.
func (d *Desk) announcement(tx *db.Tx, s *Story, doc markdown.Doc) (Announcement, error) {
	i := s.Incident
	affected, err := affectedOf(tx, s)
	if err != nil {
		return Announcement{}, err
	}
	well, err := allWell(tx, i.PageID)
	return Announcement{
		IncidentID: i.ID, IncidentCode: i.Code, Title: i.Title, State: i.State,
		HTML: doc.HTML, Plain: doc.Text, Lead: doc.Lead,
		StartedAt: i.StartedAt, ResolvedAt: i.ResolvedAt, ScheduledFor: i.ScheduledFor, ScheduledUntil: i.ScheduledUntil,
		Affected: affected, PageAllWell: well,
	}, err
}

// affectedOf are the components of the incident that a reader may know of, in
// page order, each with the last status that the incident said of it.
func affectedOf(tx *db.Tx, s *Story) ([]AnnouncedComponent, error) {
	f := Fold(s.Incident.Kind, s.Updates)
	if len(f.Affected) == 0 {
		return nil, nil
	}
	groups, cs, err := components.ListIn(tx, s.Incident.PageID)
	if err != nil {
		return nil, err
	}
	names := map[int64]components.Group{}
	for _, g := range groups {
		names[g.ID] = g
	}
	var out []AnnouncedComponent
	slices.SortStableFunc(cs, func(a, b components.Component) int {
		return cmp.Or(cmp.Compare(placeOf(a, names), placeOf(b, names)), cmp.Compare(a.Position, b.Position))
	})
	for _, c := range cs {
		status, ok := f.Affected[c.ID]
		if !ok || !c.Visible() {
			continue
		}
		a := AnnouncedComponent{ID: c.ID, Name: c.Name, Status: status}
		if c.GroupID != nil {
			a.Group = names[*c.GroupID].Name
		}
		out = append(out, a)
	}
	return out, nil
}

// onPage says which of the components of an incident readers may know.
func onPage(tx *db.Tx, page int64, f Folded) (func(component int64) bool, error) {
	ids := slices.Collect(maps.Keys(f.Affected))
	cs, err := components.ByID(tx, page, ids)
	return func(id int64) bool { c, ok := cs[id]; return ok && !c.Hidden }, err
}

func placeOf(c components.Component, groups map[int64]components.Group) int {
	if c.GroupID == nil {
		return 0 // components without a group stand first
	}
	return groups[*c.GroupID].Position
}

func allWell(tx *db.Tx, page int64) (bool, error) {
	var bad int64
	err := tx.Raw(`select (select count(*) from components where page_id = ? and status <> 'operational' and not hidden and archived_at is null)
		+ (select count(*) from incidents where page_id = ? and kind = 'incident' and state <> 'resolved' and withdrawn_at is null)`, page, page).Scan(&bad).Error
	if err != nil {
		return false, fmt.Errorf("count what is wrong: %w", err)
	}
	return bad == 0, nil
}
