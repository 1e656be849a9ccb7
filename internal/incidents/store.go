package incidents

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// Store asks for incidents. What readers may see is asked for by package
// snapshot through Public; the rest is for staff.
type Store struct{ DB *db.DB }

const (
	incidentColumns = `id, page_id, code, number, kind, title, state, impact, impact_override, started_at, monitoring_at, resolved_at, scheduled_for, scheduled_until, next_update_by, withdrawn_at, revision, changed_version, author_id, author_name, created_at, updated_at`
	updateColumns   = `id, page_id, incident_id, code, position, state, body, html, plain, happened_at, posted_at, next_update_by, notify, author_id, author_name, edited_at, withdrawn_at, revision`
	mortemColumns   = `id, page_id, incident_id, code, draft, draft_saved_at, body, html, plain, published_at, first_published_at, edited_at, author_id, author_name, revision`
	revisionColumns = `id, page_id, subject, subject_id, incident_id, revision, action, content, recorded_at, shown_at, author_id, author_name, prev_hash, hash`
)

// ByCode is one incident or maintenance of the page, withdrawn or not;
// fault.NotFound when there is none.
func (s Store) ByCode(ctx context.Context, page int64, code string) (Incident, error) {
	return byCode(s.DB.Read(ctx), page, code)
}

func byCode(g *gorm.DB, page int64, code string) (Incident, error) {
	var i Incident
	err := g.Raw(`select `+incidentColumns+` from incidents where page_id = ? and code = ?`, page, code).Take(&i).Error
	return i, notFound(err, "load incident")
}

func notFound(err error, doing string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Story is an incident with all that staff may see of it.
func (s Store) Story(ctx context.Context, page int64, code string) (Story, error) {
	i, err := s.ByCode(ctx, page, code)
	if err != nil {
		return Story{}, err
	}
	all, err := stories(s.DB.Read(ctx), page, []Incident{i})
	if err != nil {
		return Story{}, err
	}
	return all[0], nil
}

// OpenOnes are the stories that are not over, newest first.
func (s Store) OpenOnes(ctx context.Context, page int64) ([]Story, error) {
	g := s.DB.Read(ctx)
	var is []Incident
	// served by incidents_open
	err := g.Raw(`select `+incidentColumns+` from incidents where page_id = ? and state not in ('resolved','completed') and withdrawn_at is null order by id desc limit ?`, page, MaxOpen).Scan(&is).Error
	if err != nil {
		return nil, fmt.Errorf("load open incidents: %w", err)
	}
	return stories(g, page, is)
}

// List is one kind of incidents, newest first, before the row id (0 for the
// newest). An empty kind lists both.
func (s Store) List(ctx context.Context, page int64, kind Kind, before int64, limit int) ([]Incident, error) {
	if before == 0 {
		before = 1 << 62
	}
	where := ""
	args := []any{page, before}
	if kind != "" {
		where = ` and kind = ?`
		args = append(args, kind)
	}
	var is []Incident
	err := s.DB.Read(ctx).Raw(`select `+incidentColumns+` from incidents where page_id = ? and id < ?`+where+` order by id desc limit ?`, append(args, limit)...).Scan(&is).Error
	if err != nil {
		return nil, fmt.Errorf("list incidents: %w", err)
	}
	return is, nil
}

// Changed are the stories that moved after a page version, for the picture:
// withdrawn incidents too, so that they leave it.
func Changed(g *gorm.DB, page, after int64) ([]Story, error) {
	var is []Incident
	// served by incidents_changed
	err := g.Raw(`select `+incidentColumns+` from incidents where page_id = ? and changed_version > ? order by id`, page, after).Scan(&is).Error
	if err != nil {
		return nil, fmt.Errorf("load changed incidents: %w", err)
	}
	return withRevisions(g, page, is, replaced)
}

// stories collects the children of incidents.
func stories(g *gorm.DB, page int64, is []Incident) ([]Story, error) {
	return withRevisions(g, page, is, everyRevision)
}

// withRevisions does so with one query each kind, in chunks so that no statement gets
// too many values.
func withRevisions(g *gorm.DB, page int64, is []Incident, revisions revisionsOf) ([]Story, error) {
	out := make([]Story, len(is))
	where := make(map[int64]int, len(is))
	for n, i := range is {
		out[n].Incident = i
		where[i.ID] = n
	}
	const chunk = 500
	for from := 0; from < len(is); from += chunk {
		ids := make([]int64, 0, chunk)
		for _, i := range is[from:min(from+chunk, len(is))] {
			ids = append(ids, i.ID)
		}
		if err := fill(g, page, ids, out, where, revisions); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fill(g *gorm.DB, page int64, ids []int64, out []Story, where map[int64]int, revisions revisionsOf) error {
	us, err := updatesOf(g, page, ids)
	if err != nil {
		return err
	}
	for _, u := range us {
		s := &out[where[u.IncidentID]]
		s.Updates = append(s.Updates, u)
	}
	var ms []Postmortem
	if err := g.Raw(`select `+mortemColumns+` from postmortems where page_id = ? and incident_id in ? order by id`, page, ids).Scan(&ms).Error; err != nil {
		return fmt.Errorf("load postmortems: %w", err)
	}
	for _, m := range ms {
		out[where[m.IncidentID]].Postmortem = &m
	}
	var ts []Translation
	// served by translations_incident
	if err := g.Raw(`select `+translationColumns+` from translations where page_id = ? and incident_id in ? order by id`, page, ids).Scan(&ts).Error; err != nil {
		return fmt.Errorf("load translations: %w", err)
	}
	for _, t := range ts {
		s := &out[where[t.IncidentID]]
		s.Translations = append(s.Translations, t)
	}
	rs, err := revisions(g, page, ids, us, ms)
	if err != nil {
		return fmt.Errorf("load revisions: %w", err)
	}
	for _, r := range rs {
		s := &out[where[r.IncidentID]]
		s.Revisions = append(s.Revisions, r)
	}
	return nil
}

// revisionsOf loads revisions of incidents, oldest first.
type revisionsOf func(g *gorm.DB, page int64, incidents []int64, us []Update, ms []Postmortem) ([]Revision, error)

func everyRevision(g *gorm.DB, page int64, incidents []int64, _ []Update, _ []Postmortem) (rs []Revision, err error) {
	// served by revisions_incident
	err = g.Raw(`select `+revisionColumns+` from revisions where page_id = ? and incident_id in ? order by id`, page, incidents).Scan(&rs).Error
	return rs, err
}

// replaced are the revisions of what was said more than once: all that readers
// may ask for, and of ten years a small part.
func replaced(g *gorm.DB, page int64, _ []int64, us []Update, ms []Postmortem) (rs []Revision, err error) {
	ids := map[Subject][]int64{}
	for _, u := range us {
		if u.Revision > 1 {
			ids[OfUpdate] = append(ids[OfUpdate], u.ID)
		}
	}
	for _, m := range ms {
		if m.Revision > 1 {
			ids[OfPostmortem] = append(ids[OfPostmortem], m.ID)
		}
	}
	const chunk = 500
	for _, subject := range []Subject{OfUpdate, OfPostmortem} {
		for of := range slices.Chunk(ids[subject], chunk) {
			var some []Revision
			// served by the unique key
			err := g.Raw(`select `+revisionColumns+` from revisions where page_id = ? and subject = ? and subject_id in ? order by id`, page, subject, of).Scan(&some).Error
			if err != nil {
				return nil, err
			}
			rs = append(rs, some...)
		}
	}
	return rs, nil
}

// updatesOf are the updates of incidents in their order, with what they said
// of components.
func updatesOf(g *gorm.DB, page int64, incidents []int64) ([]Update, error) {
	var us []Update
	// served by updates_incident
	if err := g.Raw(`select `+updateColumns+` from updates where page_id = ? and incident_id in ? order by incident_id, position`, page, incidents).Scan(&us).Error; err != nil {
		return nil, fmt.Errorf("load updates: %w", err)
	}
	var cs []UpdateComponent
	err := g.Raw(`select c.page_id, c.update_id, c.component_id, c.old_status, c.new_status from update_components c join updates u on u.id = c.update_id
		where u.page_id = ? and u.incident_id in ? order by c.update_id, c.component_id`, page, incidents).Scan(&cs).Error
	if err != nil {
		return nil, fmt.Errorf("load components of updates: %w", err)
	}
	at := make(map[int64]int, len(us))
	for n, u := range us {
		at[u.ID] = n
	}
	for _, c := range cs {
		u := &us[at[c.UpdateID]]
		u.Components = append(u.Components, c)
	}
	return us, nil
}

// load is a story inside a transaction, without revisions.
func load(tx *db.Tx, page int64, code string) (Story, error) {
	i, err := byCode(tx.DB, page, code)
	if err != nil {
		return Story{}, err
	}
	us, err := updatesOf(tx.DB, page, []int64{i.ID})
	return Story{Incident: i, Updates: us}, err
}

// loadByUpdate is the story that an update belongs to.
func loadByUpdate(tx *db.Tx, page int64, update string) (Story, *Update, error) {
	var code string
	err := tx.Raw(`select i.code from incidents i join updates u on u.incident_id = i.id where u.page_id = ? and u.code = ?`, page, update).Take(&code).Error
	if err := notFound(err, "find the incident of an update"); err != nil {
		return Story{}, nil, err
	}
	s, err := load(tx, page, code)
	if err != nil {
		return s, nil, err
	}
	for n := range s.Updates {
		if s.Updates[n].Code == update {
			return s, &s.Updates[n], nil
		}
	}
	return s, nil, fault.New(fault.NotFound, "fault.notfound")
}

// UpdateByCode finds an update and its incident for staff.
func (s Store) UpdateByCode(ctx context.Context, page int64, code string) (Story, Update, error) {
	var inc string
	err := s.DB.Read(ctx).Raw(`select i.code from incidents i join updates u on u.incident_id = i.id where u.page_id = ? and u.code = ?`, page, code).Take(&inc).Error
	if err := notFound(err, "find the incident of an update"); err != nil {
		return Story{}, Update{}, err
	}
	st, err := s.Story(ctx, page, inc)
	if err != nil {
		return st, Update{}, err
	}
	for _, u := range st.Updates {
		if u.Code == code {
			return st, u, nil
		}
	}
	return st, Update{}, fault.New(fault.NotFound, "fault.notfound")
}

func insertIncident(tx *db.Tx, i *Incident) error {
	if err := tx.Raw(`select coalesce(max(number), 0) + 1 from incidents where page_id = ?`, i.PageID).Scan(&i.Number).Error; err != nil {
		return fmt.Errorf("number incident: %w", err)
	}
	if err := tx.Create(i).Error; err != nil {
		return fmt.Errorf("add incident: %w", err)
	}
	return nil
}

// saveIncident writes what can change of an incident and moves its revision.
func saveIncident(tx *db.Tx, i *Incident) error {
	i.Revision++
	i.ChangedVersion, i.UpdatedAt = tx.Version, tx.Now
	err := tx.Exec(`update incidents set title = ?, state = ?, impact = ?, impact_override = ?, started_at = ?, monitoring_at = ?, resolved_at = ?,
		scheduled_for = ?, scheduled_until = ?, next_update_by = ?, withdrawn_at = ?, revision = ?, changed_version = ?, updated_at = ? where page_id = ? and id = ?`,
		i.Title, i.State, i.Impact, i.ImpactOverride, i.StartedAt, i.MonitoringAt, i.ResolvedAt,
		i.ScheduledFor, i.ScheduledUntil, i.NextUpdateBy, i.WithdrawnAt, i.Revision, i.ChangedVersion, i.UpdatedAt, i.PageID, i.ID).Error
	if err != nil {
		return fmt.Errorf("save incident %d: %w", i.ID, err)
	}
	return nil
}

func insertUpdate(tx *db.Tx, u *Update) error {
	// Back-dated: those after it make room.
	if err := tx.Exec(`update updates set position = position + 1 where page_id = ? and incident_id = ? and position >= ?`, u.PageID, u.IncidentID, u.Position).Error; err != nil {
		return fmt.Errorf("make room for an update: %w", err)
	}
	if err := tx.Create(u).Error; err != nil {
		return fmt.Errorf("add update: %w", err)
	}
	return nil
}

func saveUpdate(tx *db.Tx, u *Update) error {
	u.Revision++
	err := tx.Exec(`update updates set position = ?, body = ?, html = ?, plain = ?, happened_at = ?, edited_at = ?, withdrawn_at = ?, revision = ? where page_id = ? and id = ?`,
		u.Position, u.Body, u.HTML, u.Plain, u.HappenedAt, u.EditedAt, u.WithdrawnAt, u.Revision, u.PageID, u.ID).Error
	if err != nil {
		return fmt.Errorf("save update %d: %w", u.ID, err)
	}
	return nil
}

// VerifyRevisions walks the hash chain of a page and returns the id of the
// first revision that does not fit, or 0.
func (s Store) VerifyRevisions(ctx context.Context, page int64) (int64, error) {
	prev, last := "", int64(0)
	for {
		var rows []Revision
		err := s.DB.Read(ctx).Raw(`select `+revisionColumns+` from revisions where page_id = ? and id > ? order by id limit 1000`, page, last).Scan(&rows).Error
		if err != nil {
			return 0, fmt.Errorf("load revisions: %w", err)
		}
		if len(rows) == 0 {
			return 0, nil
		}
		for _, r := range rows {
			if r.PrevHash != prev || r.digest() != r.Hash {
				return r.ID, nil
			}
			prev, last = r.Hash, r.ID
		}
	}
}
